"""usage-svc on a real database: its app, its ledger and its handlers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any
from uuid import UUID

import httpx
import pytest

from stagify.consumer import BatchHandlers, Handlers, Rejection
from stagify.database import Database
from stagify.events import Event
from stagify.events.tenant import TenantCreated
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.testing import ContextKeys, DatabaseUrls, TestDatabases, app_client
from stagify.testing.events import in_outbox
from usage_svc.app import create_app
from usage_svc.handlers import make_batch_handlers, make_handlers
from usage_svc.metering.service import Ledger
from usage_svc.parts import Parts, make_parts
from usage_svc.plans.schemas import PlanCatalog, load_plans
from usage_svc.quotas import service as quotas
from usage_svc.settings import Settings


@pytest.fixture(scope="session")
async def urls(test_databases: TestDatabases) -> DatabaseUrls:
    return await test_databases.migrated("usage", "usage_svc")


@pytest.fixture(scope="session")
def settings(urls: DatabaseUrls, context_keys: ContextKeys) -> Settings:
    return Settings.model_validate(
        {
            "environment": "test",
            "kafka_bootstrap_servers": "unused:9092",
            "database_url": urls.app,
            "relay_database_url": urls.relay,
            "tasks_database_url": urls.tasks,
            "ingest_database_url": urls.extra["ingest"],
            "idempotency_secret": "only-for-tests",
            **context_keys.settings("usage-svc"),
        }
    )


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with app_client(create_app(settings)) as client:
        yield client


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(urls.app, service="usage-svc", pool_size=5)
    yield database
    await database.close()


@pytest.fixture
async def ingest_database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(urls.extra["ingest"], service="usage-svc", pool_size=5)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def plans() -> PlanCatalog:
    return load_plans(None)


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    async with aclosing(make_parts(settings)) as parts:
        yield parts


@pytest.fixture
def handlers(plans: PlanCatalog) -> Handlers:
    return make_handlers(plans)


@pytest.fixture
def ledger(ingest_database: Database, plans: PlanCatalog) -> Ledger:
    return Ledger(ingest_database, plans)


@pytest.fixture
def ingest(ledger: Ledger) -> Callable[[list[UsageRecorded]], Awaitable[list[Rejection]]]:
    """Ingest one batch, as the consumer does."""
    return ledger.ingest


@pytest.fixture
def batch_handlers(ledger: Ledger, ingest_database: Database, settings: Settings) -> BatchHandlers:
    return make_batch_handlers(ledger, ingest_database, settings.attached_ttl)


@pytest.fixture
def deliver(
    database: Database, handlers: Handlers, batch_handlers: BatchHandlers
) -> Callable[[Event], Awaitable[None]]:
    """Call the handler of an event: in a transaction of its tenant without the inbox, or as a
    batch of one."""

    async def run(event: Event) -> None:
        assert event.tenant_id is not None
        if type(event) in batch_handlers:
            await batch_handlers[type(event)]([event])
            return
        async with database.tenant(event.tenant_id) as session:
            await handlers[type(event)](session, event)

    return run


@pytest.fixture
def subscribe(
    database: Database,
    deliver: Callable[[Event], Awaitable[None]],
    plans: PlanCatalog,
) -> Callable[[UUID, str], Awaitable[None]]:
    """Let a tenant be created and put on a plan."""

    async def run(tenant_id: UUID, plan: str) -> None:
        created = TenantCreated(
            tenant_id=tenant_id,
            slug=f"t{tenant_id.hex[-12:]}",
            name="Acme Homes",
            type="organization",
            plan="free",
            region="eu",
            owner_user_id=new_id(),
        )
        await deliver(created)
        async with database.tenant(tenant_id) as session:
            await quotas.change_plan(session, tenant_id=tenant_id, plan=plan, plans=plans)

    return run


@pytest.fixture
def usage(
    client: httpx.AsyncClient, context_keys: ContextKeys
) -> Callable[[UUID, str], Awaitable[dict[str, Any]]]:
    """One meter of a tenant as its members see it."""

    async def read(tenant_id: UUID, meter: str = "staging") -> dict[str, Any]:
        headers = context_keys.headers("usage-svc", tenant_id=tenant_id, permissions={"usage:read"})
        answer = await client.get("/v1/usage", headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any]
        (found,) = (item for item in answer.json()["meters"] if item["meter"] == meter)
        return found

    return read


@pytest.fixture
def published(urls: DatabaseUrls) -> Callable[[UUID], Awaitable[list[Event]]]:
    """The events of a tenant in the outbox, in the order in which they will be sent."""

    return lambda tenant_id: in_outbox(urls.relay, tenant_id)


@pytest.fixture
def reserve(
    client: httpx.AsyncClient, context_keys: ContextKeys
) -> Callable[..., Awaitable[httpx.Response]]:
    """Reserve for a tenant, one photo unless told otherwise."""

    async def call(tenant_id: UUID, **body: Any) -> httpx.Response:
        wanted = {"reservation_id": str(new_id()), "meter": "staging", "quantity": 1}
        headers = context_keys.service_headers("usage-svc", "staging-svc", tenant_id=tenant_id)
        return await client.post("/internal/reservations", json=wanted | body, headers=headers)

    return call
