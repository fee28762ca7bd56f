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

from gateway import large_pages
from gateway.callers.callers import Visitors
from gateway.callers.credentials import Ask, Credentials, CredentialSettings
from gateway.callers.lasting import LastingAnswers
from gateway.callers.passes import Passes
from gateway.callers.revocations import changed_member_of, revocation_of
from gateway.callers.uses import Uses
from gateway.decide import Decider
from gateway.fairness.limits import Limits
from gateway.fairness.turns import Turns
from gateway.follower import Follower
from gateway.hosts.directory import Directory
from gateway.hosts.routes import Route, Routes, ServiceName
from gateway.observe.access_log import AccessLog
from gateway.observe.log_writer import LogWriter
from gateway.observe.metering import Metering
from gateway.observe.metrics import Metrics
from gateway.observe.tracing import Tracing
from gateway.pages import web
from gateway.pages.documents import Documents
from gateway.pages.entries import Addresses
from gateway.pages.notices import Notices
from gateway.pages.openapi import OpenApi
from gateway.settings import Settings
from gateway.store.host import LABEL, StoreHost
from gateway.store.origins import Origins
from gateway.store.places import Places
from gateway.wire.connections import Connections
from gateway.wire.door import Door
from gateway.wire.listener import Listener
from gateway.wire.parts import Parts, own_lines
from gateway.wire.peers import Peers
from gateway.wire.request import Request
from gateway.wire.service import Service
from gateway.wire.sources import Sources
from gateway.wire.writes import Writes
from stagify.calls.client import InternalClient
from stagify.calls.identity import (
    ApiKeyUse,
    CredentialLookUp,
    CredentialRead,
    look_up_credential,
    tell_uses,
)
from stagify.errors import UnavailableError
from stagify.events import Topic, UndecodableEventError, decode
from stagify.tokens import TokenSigner

logger = logging.getLogger(__name__)

_WATCH_SECONDS = 0.5
# The part of the time to stop that is reserved for sending the last counts.
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
        self.writes = Writes()
        self.limits = Limits(settings.limits())
        self.sources = Sources(settings.limits().source)
        self.routes = _routes(settings, self.writes, self.limits)
        self.lasting = LastingAnswers()
        self.directory = Directory(
            settings.base_host,
            self.limits,
            self._on_tenant_changed,
            reserved=frozenset((f"{LABEL}.{settings.base_host}".encode(),)),
        )
        self.store = _store(settings, self.writes, self.limits, self.directory)
        self.uses = Uses(self._tell_uses)
        self.credentials = _credentials(settings, self._ask, self.lasting, self.uses)
        self.metering = Metering(settings.brokers)
        self.services = [route.service for route in self.routes.all]
        if self.store is not None:
            self.services.append(self.store.service)
        self.metrics = Metrics([service.name for service in self.services])
        self.access_log = _access_log(settings.access_log)
        self.connections = Connections(settings.max_connections)
        self.openapi = OpenApi(self._fetch_openapi)
        self.listener = self._listener(signer, None if tracer is None else Tracing(tracer))
        kafka = settings.brokers
        self._directory_feed = Follower(
            kafka, Topic.DIRECTORY, self._on_directory, from_beginning=True
        )
        self._identity_feed = Follower(
            kafka, Topic.IDENTITY, self._on_identity, from_beginning=False
        )
        self._show_figures()
        self.metrics.register(registry)
        self.started = asyncio.Event()

    def _listener(self, signer: TokenSigner, tracing: Tracing | None) -> Listener:
        settings = self._settings
        decider = Decider(
            directory=self.directory,
            routes=self.routes,
            credentials=self.credentials,
            visitors=Visitors(),
            passes=Passes(signer, self.lasting),
            limits=self.limits,
            documents=Documents(self.openapi.rendered, _web(settings)),
            notices=Notices(settings.app_url),
            store=self.store,
        )
        ending = (self.access_log, tracing)
        parts = Parts(
            decide=decider.decide,
            answered=(self.metrics.answered, self.metering.answered),
            ended=tuple(observer.ended for observer in ending if observer is not None),
            track=None if tracing is None else tracing.track,
            connections=self.connections,
            peers=Peers(settings.trusted_proxies, settings.public_scheme, self.sources),
            writes=self.writes,
            head_limits=settings.head_limits(),
            timeouts=settings.timeouts(),
            max_body_bytes=settings.max_body_bytes,
            own_lines=own_lines(settings.hsts()),
            is_transfer=_nothing if self.store is None else self.store.takes,
        )
        return Listener(
            parts,
            self.services,
            host=settings.gateway_host,
            port=settings.gateway_port,
            door=Door(settings.gateway_door) if settings.gateway_door else None,
        )

    async def check_ready(self) -> None:
        """Raise unless requests are served; stays ready while Kafka is away."""
        if not self.started.is_set() or self.connections.is_draining:
            raise UnavailableError("The gateway is starting or stopping.")

    async def run(self) -> None:
        """Serve until cancelled; then let requests under way end, and send the last counts."""
        async with asyncio.TaskGroup() as background:
            background.create_task(self._directory_feed.run(), name="directory")
            background.create_task(self._identity_feed.run(), name="revocations")
            background.create_task(self._watch_identity_feed(), name="feed")
            background.create_task(self.uses.run(), name="uses")
            background.create_task(self.openapi.run(), name="openapi")
            background.create_task(large_pages.keep_asking(), name="large pages")
            await self._directory_feed.wait_until_caught_up()
            await self._identity_feed.wait_until_caught_up()
            logger.info("directory.loaded", extra={"tenants": len(self.directory)})
            await self.listener.start()
            sweep = background.create_task(self.listener.sweep_for_ever(), name="sweep")
            meter = background.create_task(self.metering.run(), name="metering")
            if self.access_log is not None:
                background.create_task(self.access_log.run(), name="access log")
            # All of this lives as long as the process: the collector need not look at it again.
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

    async def _watch_identity_feed(self) -> None:
        while True:
            self.credentials.follow_feed(is_current=self._identity_feed.is_current())
            self.credentials.check_lasting()
            await asyncio.sleep(_WATCH_SECONDS)

    def _on_directory(self, record: ConsumerRecord) -> None:
        self.directory.apply(record.key, record.value)

    def _on_tenant_changed(self, tenant_id: UUID) -> None:
        self.lasting.end_at_tenant(
            tenant_id, lambda request: self.directory.is_open(request.host, tenant_id)
        )

    def _on_identity(self, record: ConsumerRecord) -> None:
        try:
            event = decode(record.value)
        except UndecodableEventError as error:
            logger.error("revocations.event_not_understood", extra={"reason": str(error)})
            return
        revocation, member = revocation_of(event), changed_member_of(event)
        if revocation is not None:
            self.credentials.revoke(revocation)
        if member is not None:
            self.credentials.reconsider(member)

    async def _ask(self, tenant_id: UUID, shown: CredentialLookUp) -> CredentialRead:
        return await look_up_credential(self._clients["identity-svc"], tenant_id, shown)

    async def _tell_uses(self, uses: list[ApiKeyUse]) -> None:
        await tell_uses(self._clients["identity-svc"], uses)

    async def _fetch_openapi(self, service: ServiceName) -> dict[str, Any] | None:
        answer = await self._clients[service].request("GET", "/openapi.json")
        return answer.body if answer.is_success and isinstance(answer.body, dict) else None

    def _show_figures(self) -> None:
        gauge, counter = self.metrics.watch_gauge, self.metrics.watch_counter
        limits, routes = self.limits, self.routes.all
        gauge("connections", "Connections of clients.", lambda: len(self.connections))
        gauge("in_flight", "Requests running.", lambda: limits.in_flight)
        gauge(
            "waiting",
            "Requests waiting for a turn.",
            lambda: sum(route.turns.waiting for route in routes),
        )
        gauge("visitors", "Requests without a credential running.", lambda: limits.visitors)
        gauge("streams", "Event streams open.", lambda: limits.streams)
        gauge("lasting", "Answers under way.", lambda: len(self.lasting))
        gauge("directory_tenants", "Tenants known.", lambda: len(self.directory))
        gauge("credentials", "Verdicts cached.", lambda: len(self.credentials))
        gauge("revocations_current", "Whether revocations arrive.", self._identity_feed.is_current)
        gauge(
            "upstream_connections",
            "Connections to services.",
            lambda: sum(service.open_connections for service in self.services),
        )
        sources = self.sources
        gauge("sources", "Addresses and networks remembered.", lambda: len(sources))
        counter(
            "crowded_out", "Unfinished requests given up for others.", lambda: sources.crowded_out
        )
        counter("cut_off", "Connections ended without an answer.", lambda: sources.cut_off)
        if (store := self.store) is not None:
            gauge("transfers", "Photos being transferred.", lambda: len(store.places))
        counter("credential_hits", "Verdicts served.", lambda: self.credentials.hits)
        counter("credential_lookups", "Look-ups made.", lambda: self.credentials.lookups)
        counter("api_calls_recorded", "Calls sent to Kafka.", lambda: self.metering.recorded)
        counter("api_calls_lost", "Calls never sent to Kafka.", lambda: self.metering.lost)
        counter("metering_failures", "Batches to send again.", lambda: self.metering.failures)
        if self.access_log is not None:
            log = self.access_log
            counter("access_log_lost", "Lines of the access log never written.", lambda: log.lost)


def _access_log(target: str | Path) -> AccessLog | None:
    if target == "off":
        return None
    return AccessLog(LogWriter(target if isinstance(target, Path) else None))


def _credentials(settings: Settings, ask: Ask, lasting: LastingAnswers, uses: Uses) -> Credentials:
    return Credentials(
        ask,
        CredentialSettings(
            settings.credential_lifetime_seconds,
            settings.credential_lifetime_without_kafka_seconds,
            settings.unknown_credential_seconds,
        ),
        lasting,
        uses,
    )


def _urls(settings: Settings) -> Mapping[ServiceName, AnyHttpUrl]:
    return {
        "identity-svc": settings.identity_svc_url,
        "tenant-svc": settings.tenant_svc_url,
        "staging-svc": settings.staging_svc_url,
        "usage-svc": settings.usage_svc_url,
    }


def _routes(settings: Settings, writes: Writes, limits: Limits) -> Routes:
    return Routes(
        Route(name, _service(name, url, settings, writes), Turns(settings.turns(), limits))
        for name, url in _urls(settings).items()
    )


def _service(name: str, url: AnyHttpUrl, settings: Settings, writes: Writes) -> Service:
    return Service(
        name,
        url.host or "",
        url.port or 80,
        writes,
        connect_seconds=settings.connect_timeout_seconds,
        idle_seconds=settings.upstream_idle_seconds,
    )


def _store(
    settings: Settings, writes: Writes, limits: Limits, directory: Directory
) -> StoreHost | None:
    if settings.objectstore_url is None:
        return None
    return StoreHost(
        f"{LABEL}.{settings.base_domain}",
        _service("objectstore", settings.objectstore_url, settings, writes),
        limits=limits,
        origins=Origins(directory, scheme=settings.public_scheme, base_domain=settings.base_domain),
        places=Places(settings.max_transfers, settings.address_max_transfers),
        pace=settings.pace(),
    )


def _web(settings: Settings) -> web.WebApp | None:
    addresses = Addresses(settings.base_domain, settings.app_url, settings.upload_origin)
    return web.load(settings.web_folder, settings.web_previous_folder, addresses)


def _nothing(request: Request) -> bool:
    return False


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
