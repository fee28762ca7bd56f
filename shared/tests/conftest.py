"""A database with the kit's own tables and one tenant table, made by the helpers under test."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from stagify.database import Database
from stagify.migrations import rls
from stagify.relay import Relay
from stagify.testing import DatabaseUrls, TestDatabases, running

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
