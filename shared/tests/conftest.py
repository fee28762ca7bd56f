"""A database with the kit's own tables and one tenant table, made by the helpers under test."""

from collections.abc import AsyncIterator, Callable
from uuid import UUID

import asyncpg
import httpx
import pytest

from kit_testing import SERVICE, add_routes, kit_client
from stagify.database import Database
from stagify.migrations import rls
from stagify.relay import Relay
from stagify.testing import ContextKeys, DatabaseUrls, TestDatabases, running
from tasks_testing import Tasks

WIDGETS = """
CREATE TABLE widgets (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    PRIMARY KEY (tenant_id, id)
)
"""


class Statements:
    """Collects what the migration helpers would execute."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def execute(self, sqltext: str) -> None:
        self.all.append(sqltext)


@pytest.fixture(scope="session")
async def kit_urls(test_databases: TestDatabases) -> DatabaseUrls:
    urls = await test_databases.empty("staging")
    statements = Statements()
    rls.create_outbox(statements)
    rls.create_tasks(statements)
    rls.create_inbox(statements)
    rls.create_idempotency(statements)
    statements.execute(WIDGETS)
    rls.enable_tenant_rls(statements, "widgets")
    rls.grant(statements, "widgets", "SELECT, INSERT, UPDATE, DELETE")
    owner = await asyncpg.connect(urls.owner)
    try:
        for statement in statements.all:
            await owner.execute(statement)
    finally:
        await owner.close()
    return urls


@pytest.fixture
async def database(kit_urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(kit_urls.app, service="staging-svc", pool_size=4)
    yield database
    await database.close()


@pytest.fixture
async def queue(kit_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The database as the tasks role, with no task of another test in it."""
    queue = Database(kit_urls.tasks, service="staging-svc", pool_size=2)
    async with queue.tenant_connection(None) as connection:
        await connection.execute("DELETE FROM tasks")
    yield queue
    await queue.close()


@pytest.fixture
def tasks(database: Database, queue: Database) -> Tasks:
    """Tasks of this test alone."""
    return Tasks(database, queue)


@pytest.fixture
def make_relay(kit_urls: DatabaseUrls, kafka_server: str) -> Callable[[], Relay]:
    """A relay of the kit's database."""

    def make() -> Relay:
        return Relay(kit_urls.relay, service="staging-svc", bootstrap_servers=kafka_server)

    return make


@pytest.fixture
async def relay(make_relay: Callable[[], Relay]) -> AsyncIterator[None]:
    """A relay that runs during the test."""
    async with running(make_relay().run()):
        yield


@pytest.fixture
async def client(
    kit_urls: DatabaseUrls, context_keys: ContextKeys
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app with the routes of `kit_testing`."""
    async with kit_client(kit_urls, context_keys, add_routes) as client:
        yield client


@pytest.fixture
def member(context_keys: ContextKeys, tenant_id: UUID) -> dict[str, str]:
    """The headers of a member who may write."""
    return context_keys.headers(
        SERVICE, tenant_id=tenant_id, subject="user-1", permissions={"projects:write"}
    )
