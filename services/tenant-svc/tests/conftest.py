"""tenant-svc on a real database, and callers with genuine tokens."""

import base64
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from stagify.clock import utc_now
from stagify.database import Database
from stagify.events import Event
from stagify.ids import new_id
from stagify.testing import ContextKeys, DatabaseUrls, TestDatabases, app_client
from stagify.testing.events import in_outbox
from tenant_svc import worker
from tenant_svc.app import create_app
from tenant_svc.handlers import HANDLERS
from tenant_svc.parts import Parts
from tenant_svc.settings import Settings
from tenant_testing import (
    AskForSlug,
    AskForTenant,
    CreateTenant,
    Deliver,
    Published,
    Tenant,
    Upkeep,
)

BASE_DOMAIN = "example.test:8080"


@pytest.fixture(scope="session")
async def urls(test_databases: TestDatabases) -> DatabaseUrls:
    return await test_databases.migrated("tenant", "tenant_svc")


@pytest.fixture(scope="session")
def settings(urls: DatabaseUrls, context_keys: ContextKeys) -> Settings:
    return Settings.model_validate(
        {
            "environment": "test",
            "base_domain": BASE_DOMAIN,
            "kafka_bootstrap_servers": "unused:9092",
            "database_url": urls.app,
            "relay_database_url": urls.relay,
            "tasks_database_url": urls.tasks,
            "idempotency_secret": "only-for-tests",
            **context_keys.settings("tenant-svc"),
        }
    )


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with app_client(create_app(settings)) as client:
        yield client


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database.from_settings(settings, service="tenant-svc")
    yield database
    await database.close()


@pytest.fixture
def parts(settings: Settings, database: Database) -> Parts:
    return Parts(settings, database)


@pytest.fixture
def deliver(database: Database) -> Deliver:
    """Call the handler of an event in a transaction of its tenant, without the inbox."""

    async def run(event: Event) -> None:
        assert event.tenant_id is not None
        async with database.tenant(event.tenant_id) as session:
            await HANDLERS[type(event)](session, event)

    return run


@pytest.fixture
def published(urls: DatabaseUrls) -> Published:
    """The events of a tenant in the outbox, in the order in which they will be sent."""

    return lambda tenant_id: in_outbox(urls.relay, tenant_id)


@pytest.fixture
def slug() -> str:
    """A name that no other test has."""
    return "t" + base64.b32encode(new_id().bytes[-10:]).decode().lower()


@pytest.fixture
def identity_headers(context_keys: ContextKeys) -> dict[str, str]:
    return context_keys.service_headers("tenant-svc", "identity-svc")


@pytest.fixture
def platform_headers(context_keys: ContextKeys) -> dict[str, str]:
    return context_keys.headers("tenant-svc", kind="platform")


@pytest.fixture
def wanted(slug: str) -> dict[str, Any]:
    """The body of a call that creates a tenant."""
    return {
        "signup_id": str(new_id()),
        "slug": slug,
        "name": "Acme Homes",
        "type": "organization",
        "owner_user_id": str(new_id()),
    }


@pytest.fixture
def ask_for_slug(client: httpx.AsyncClient, identity_headers: dict[str, str]) -> AskForSlug:
    """The answer to the call that asks for a slug, for one sign-up."""
    expires_at = utc_now() + timedelta(minutes=30)
    wish = {"signup_id": str(new_id()), "expires_at": expires_at.isoformat()}

    async def run(slug: str, headers: dict[str, str] = identity_headers) -> httpx.Response:
        return await client.put(f"/internal/slugs/{slug}", json=wish, headers=headers)

    return run


@pytest.fixture
def ask_for_tenant(
    client: httpx.AsyncClient, identity_headers: dict[str, str], wanted: dict[str, Any]
) -> AskForTenant:
    """The answer to the call that creates `wanted`, with other values where they are given."""

    async def ask(tenant_id: UUID, **other: Any) -> httpx.Response:
        return await client.put(
            f"/internal/tenants/{tenant_id}", json=wanted | other, headers=identity_headers
        )

    return ask


@pytest.fixture
def create_tenant(ask_for_tenant: AskForTenant) -> CreateTenant:
    """Create the tenant `wanted`, with other values where they are given."""

    async def create(tenant_id: UUID, **other: Any) -> dict[str, Any]:
        answer = await ask_for_tenant(tenant_id, **other)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return create


@pytest.fixture
async def tenant(
    create_tenant: CreateTenant,
    database: Database,
    deliver: Deliver,
    published: Published,
    tenant_id: UUID,
) -> Tenant:
    """The tenant `wanted`, for which no service has issued a receipt."""
    await create_tenant(tenant_id)
    return Tenant(tenant_id, database, deliver, published)


@pytest.fixture
def upkeep(parts: Parts) -> Upkeep:
    """A round of upkeep that finds a slug due as soon as its tenant has expired."""
    settings = parts.settings.model_copy(update={"slug_grace_hours": 0})

    async def run() -> None:
        await worker.upkeep(dataclasses.replace(parts, settings=settings))

    return run
