"""A gateway on its own event loop, as in production, and a service behind it that tests control."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import uvloop
from opentelemetry.trace import Tracer
from prometheus_client.registry import CollectorRegistry

from gateway.app import Gateway
from gateway.fairness.limits import Limits, LimitSettings
from gateway.fairness.turns import Turns, TurnSettings
from gateway.hosts.routes import PREFIXES, Route, Routes, ServiceName
from gateway.settings import Settings
from gateway.testing.client import SESSION
from gateway.testing.identity import Identity
from gateway.testing.running import Running
from gateway.testing.service import FakeService
from gateway.testing.store import RealStore
from gateway.testing.web import build_web
from gateway.wire.service import Service
from gateway.wire.writes import Writes
from stagify.principal import Principal
from stagify.testing import ObjectStoreServer
from stagify.testing.context import ContextKeys
from stagify.tokens import TokenVerifier


@pytest.fixture(scope="module")
def gateway_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The event loop that production uses, in a thread."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="gateway")
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    # One more iteration, in which the loop closes what the tests have aborted.
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
async def service() -> AsyncIterator[FakeService]:
    """The service behind the gateway; knows no credential until told."""
    service = FakeService()
    await service.start()
    yield service
    await service.close()


MakeGateway = Callable[..., Awaitable[Running]]


@pytest.fixture
async def make_gateway(
    service: FakeService, gateway_loop: asyncio.AbstractEventLoop, context_keys: ContextKeys
) -> AsyncIterator[MakeGateway]:
    """Start a gateway with some settings of its own."""
    made: list[Running] = []

    async def make(tracer: Tracer | None = None, **changes: Any) -> Running:
        url = f"http://127.0.0.1:{service.port}"
        settings = Settings(
            **{
                "environment": "test",
                "base_domain": "stagify.test",
                "kafka_bootstrap_servers": "127.0.0.1:1",
                "gateway_port": 0,
                "access_log": "off",
                "tenant_svc_url": url,
                "identity_svc_url": url,
                "staging_svc_url": url,
                "usage_svc_url": url,
                **context_keys.settings("gateway"),
                **changes,
            }
        )

        async def compose() -> Gateway:
            return Gateway(settings, CollectorRegistry(), tracer)

        future = asyncio.run_coroutine_threadsafe(compose(), gateway_loop)
        running = Running(await asyncio.wrap_future(future), gateway_loop)
        made.append(running)
        await running.add_tenant()
        await running.run(running.gateway.listener.start)
        return running

    yield make
    for running in made:
        await running.stop()


@pytest.fixture
def identity(service: FakeService, context_keys: ContextKeys) -> Identity:
    """identity-svc without any credential."""
    return Identity(service, context_keys)


AddMember = Callable[..., Awaitable[UUID]]


@pytest.fixture
def add_member(identity: Identity) -> AddMember:
    """Give a tenant of a gateway a member, whose session is in the line MEMBER; its id."""

    async def add(live: Running, slug: str = "acme", **changes: Any) -> UUID:
        tenant_id = await live.add_tenant(slug)
        identity.add(tenant_id, SESSION, **changes)
        return tenant_id

    return add


@pytest.fixture
async def live(make_gateway: MakeGateway) -> Running:
    """A gateway with the usual settings and the tenant acme."""
    return await make_gateway()


@pytest.fixture
async def tenant(live: Running) -> UUID:
    """The tenant whose host the requests go to."""
    return await live.add_tenant("acme")


@pytest.fixture
def caller(service: FakeService, context_keys: ContextKeys) -> Callable[[], Principal]:
    """Read who the caller of the last request is for staging-svc."""
    verifier = TokenVerifier("staging-svc", context_keys.public)

    def read() -> Principal:
        received = [each for each in service.received if each.target.startswith("/v1/projects")]
        (token,) = received[-1].values("x-stagify-context")
        return verifier.verify(token)

    return read


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build of a web app."""
    return build_web(tmp_path / "dist")


@pytest.fixture
async def web(make_gateway: MakeGateway, build: Path) -> Running:
    """A gateway with the usual settings, the tenant acme, and a web app."""
    return await make_gateway(web_folder=build)


@pytest.fixture
def store(object_store: ObjectStoreServer) -> RealStore:
    """The real store."""
    return RealStore(object_store)


@pytest.fixture
async def door(make_gateway: MakeGateway, store: RealStore) -> Running:
    """A gateway in front of the real store."""
    return await make_gateway(objectstore_url=store.server.endpoint)


@pytest.fixture
def make_relay(make_gateway: MakeGateway, service: FakeService) -> MakeGateway:
    """Start a gateway in front of a store that the test controls."""

    async def make(**changes: Any) -> Running:
        return await make_gateway(objectstore_url=f"http://127.0.0.1:{service.port}", **changes)

    return make


@pytest.fixture
async def relay(make_relay: MakeGateway) -> Running:
    """One with the usual settings."""
    return await make_relay()


@pytest.fixture
def routes() -> Routes:
    """The table of routes, to services that nobody calls."""
    turns = Turns(TurnSettings(), Limits(LimitSettings()))

    def route(name: ServiceName) -> Route:
        service = Service(name, "h", 1, Writes(), connect_seconds=1, idle_seconds=1)
        return Route(name, service, turns)

    return Routes(route(name) for name in PREFIXES)
