"""The composition root: everything the gateway is made of, and its life from start to stop."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka.structs import ConsumerRecord
from opentelemetry.trace import Tracer
from prometheus_client import REGISTRY
from prometheus_client.registry import CollectorRegistry
from pydantic import AnyHttpUrl

from gateway.callers.credentials import Credentials, CredentialSettings
from gateway.callers.revocations import revocation_of
from gateway.callers.tokens import ContextTokens
from gateway.decide import Admission
from gateway.edge import Edge
from gateway.fairness.limits import Limits
from gateway.fairness.turns import Turns
from gateway.follower import Follower
from gateway.hosts.directory import Directory
from gateway.hosts.routes import Routes, Service, ServiceName
from gateway.observe.access_log import AccessLog
from gateway.observe.log_writer import LogWriter
from gateway.observe.metering import Metering
from gateway.observe.metrics import Metrics
from gateway.observe.tracing import Tracing
from gateway.pages.documents import Pages
from gateway.pages.openapi import OpenApi
from gateway.settings import Settings
from gateway.wire.door import Door
from gateway.wire.listener import Listener
from gateway.wire.peers import Peers
from gateway.wire.pool import Pool
from gateway.wire.writes import Writes
from stagify.calls.client import InternalClient
from stagify.calls.identity import CredentialLookUp, CredentialRead, look_up_credential
from stagify.errors import UnavailableError
from stagify.events import Topic, UndecodableEventError, decode
from stagify.tokens import TokenSigner

logger = logging.getLogger(__name__)

_WATCH_SECONDS = 0.5
# Of the time to stop, what is kept for sending the last counts after the last request.
_LAST_COUNTS_SECONDS = 3.0
_LAST_LINES_SECONDS = 1.0


class Gateway:
    """One gateway. `run` serves until it is cancelled, then drains."""

    def __init__(
        self,
        settings: Settings,
        registry: CollectorRegistry = REGISTRY,
        tracer: Tracer | None = None,
    ) -> None:
        self._settings = settings
        signer = TokenSigner.from_settings(settings)
        self._clients = _clients(settings, signer)
        writes = Writes()
        routes = Routes(_services(settings, writes))
        limits = Limits(settings.limits())
        self.directory = Directory(settings.base_host, limits)
        self.credentials = Credentials(
            self._ask,
            CredentialSettings(
                settings.credential_lifetime_seconds,
                settings.credential_lifetime_without_kafka_seconds,
                settings.unknown_credential_seconds,
            ),
        )
        self.metering = Metering(settings.kafka_bootstrap_servers)
        self.access_log = _access_log(settings.access_log)
        self._openapi = OpenApi(self._fetch_openapi, routes)
        self._edge = Edge(
            admission=Admission(
                directory=self.directory,
                routes=routes,
                credentials=self.credentials,
                tokens=ContextTokens(signer),
                limits=limits,
                pages=Pages(self._openapi.document),
            ),
            limits=limits,
            metering=self.metering,
            metrics=Metrics(routes.services),
            access_log=self.access_log,
            tracing=None if tracer is None else Tracing(tracer),
            peers=Peers(settings.trusted_proxies, settings.public_scheme),
            writes=writes,
            head_limits=settings.head_limits(),
            timeouts=settings.timeouts(),
            max_body_bytes=settings.max_body_bytes,
            max_connections=settings.max_connections,
        )
        pools = [service.pool for service in routes.services.values()]
        self.listener = Listener(
            self._edge,
            pools,
            host=settings.gateway_host,
            port=settings.gateway_port,
            door=Door(settings.gateway_door) if settings.gateway_door else None,
        )
        self._news = Follower(
            settings.kafka_bootstrap_servers,
            Topic.DIRECTORY,
            self._on_directory,
            from_beginning=True,
        )
        self._revocations = Follower(
            settings.kafka_bootstrap_servers,
            Topic.IDENTITY,
            self._on_identity,
            from_beginning=False,
        )
        self._watch(registry, pools, [service.turns for service in routes.services.values()])
        self.started = asyncio.Event()

    async def check_ready(self) -> None:
        """Raise unless requests are served; stays ready while Kafka is away."""
        if not self.started.is_set() or self._edge.is_draining:
            raise UnavailableError("The gateway does not serve yet, or no longer.")

    async def run(self) -> None:
        """Serve until cancelled; then let requests under way end, and send the last counts."""
        async with asyncio.TaskGroup() as background:
            background.create_task(self._news.run(), name="directory")
            background.create_task(self._revocations.run(), name="revocations")
            background.create_task(self._watch_feed(), name="feed")
            background.create_task(self._openapi.run(), name="openapi")
            await self._news.wait_until_caught_up()
            await self._revocations.wait_until_caught_up()
            logger.info("directory.loaded", extra={"tenants": len(self.directory)})
            await self.listener.start()
            sweep = background.create_task(self.listener.sweep_for_ever(), name="sweep")
            meter = background.create_task(self.metering.run(), name="metering")
            if self.access_log is not None:
                background.create_task(self.access_log.run(), name="access log")
            # What is there now stays: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            self.started.set()
            try:
                await asyncio.Event().wait()
            finally:
                sweep.cancel()
                await self._stop(meter)

    async def _stop(self, meter: asyncio.Task[None]) -> None:
        grace = self._settings.shutdown_grace_seconds
        await self.listener.drain(max(grace - _LAST_COUNTS_SECONDS - 1, grace / 2))
        meter.cancel()
        await asyncio.wait({meter})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_COUNTS_SECONDS):
                await self.metering.close()
        await self.close()

    async def close(self) -> None:
        """Close the connections for look-ups, and the access log."""
        if self.access_log is not None:
            await self.access_log.close(_LAST_LINES_SECONDS)
        await self.credentials.close()
        for client in self._clients.values():
            await client.close()

    async def _watch_feed(self) -> None:
        while True:
            self.credentials.follow_feed(is_current=self._revocations.is_current())
            await asyncio.sleep(_WATCH_SECONDS)

    def _on_directory(self, record: ConsumerRecord) -> None:
        self.directory.apply(record.key, record.value)

    def _on_identity(self, record: ConsumerRecord) -> None:
        try:
            revocation = revocation_of(decode(record.value))
        except UndecodableEventError as error:
            logger.error("revocations.event_not_understood", extra={"reason": str(error)})
            return
        if revocation is not None:
            self.credentials.revoke(revocation)

    async def _ask(self, tenant_id: UUID, shown: CredentialLookUp) -> CredentialRead:
        return await look_up_credential(self._clients["identity-svc"], tenant_id, shown)

    async def _fetch_openapi(self, service: ServiceName) -> dict[str, Any] | None:
        answer = await self._clients[service].request("GET", "/openapi.json")
        return answer.body if answer.is_success and isinstance(answer.body, dict) else None

    def _watch(self, registry: CollectorRegistry, pools: list[Pool], turns: list[Turns]) -> None:
        metrics, edge = self._edge.metrics, self._edge
        gauge, counter = metrics.watch_gauge, metrics.watch_counter
        gauge("connections", "Connections of clients.", lambda: len(edge.connections))
        gauge("in_flight", "Requests running.", lambda: edge.limits.in_flight)
        gauge(
            "waiting", "Requests waiting for a turn.", lambda: sum(each.waiting for each in turns)
        )
        gauge("streams", "Event streams open.", lambda: edge.limits.streams)
        gauge("directory_tenants", "Tenants known.", lambda: len(self.directory))
        gauge("credentials", "Verdicts cached.", lambda: len(self.credentials))
        gauge("revocations_current", "Whether revocations arrive.", self._revocations.is_current)
        gauge(
            "upstream_connections",
            "Connections to services.",
            lambda: sum(pool.open_connections for pool in pools),
        )
        counter("credential_hits", "Verdicts served.", lambda: self.credentials.hits)
        counter("credential_lookups", "Look-ups made.", lambda: self.credentials.lookups)
        counter("api_calls_recorded", "Calls sent to Kafka.", lambda: self.metering.recorded)
        counter("api_calls_lost", "Calls never sent to Kafka.", lambda: self.metering.lost)
        counter("metering_failures", "Batches to send again.", lambda: self.metering.failures)
        if self.access_log is not None:
            log = self.access_log
            counter("access_log_lost", "Lines of the access log never written.", lambda: log.lost)
        metrics.register(registry)


def _access_log(target: str | Path) -> AccessLog | None:
    if target == "off":
        return None
    return AccessLog(LogWriter(target if isinstance(target, Path) else None))


def _urls(settings: Settings) -> Mapping[ServiceName, AnyHttpUrl]:
    return {
        "identity-svc": settings.identity_svc_url,
        "tenant-svc": settings.tenant_svc_url,
        "staging-svc": settings.staging_svc_url,
        "usage-svc": settings.usage_svc_url,
    }


def _services(settings: Settings, writes: Writes) -> dict[ServiceName, Service]:
    return {name: _service(name, url, settings, writes) for name, url in _urls(settings).items()}


def _service(name: ServiceName, url: AnyHttpUrl, settings: Settings, writes: Writes) -> Service:
    host, port = url.host or "", url.port or 80
    pool = Pool(
        name,
        host,
        port,
        writes,
        connect_seconds=settings.connect_timeout_seconds,
        idle_seconds=settings.upstream_idle_seconds,
    )
    host_line = f" HTTP/1.1\r\nhost: {host}:{port}\r\n".encode()
    return Service(name, pool, host_line, Turns(settings.turns()))


def _clients(settings: Settings, signer: TokenSigner) -> dict[ServiceName, InternalClient]:
    return {
        name: InternalClient(
            str(url),
            audience=name,
            signer=signer,
            timeout_seconds=settings.credential_timeout_seconds,
        )
        for name, url in _urls(settings).items()
    }
