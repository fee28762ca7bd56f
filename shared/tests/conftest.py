"""A database with the kit's own tables and one tenant table, made by the helpers under test."""

import asyncpg
import pytest

from stagify.database import Database
from stagify.migrations import rls
from stagify.testing import DatabaseUrls, TestDatabases

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
async def database(kit_urls: DatabaseUrls):
    database = Database(kit_urls.app, service="staging-svc", pool_size=4)
    yield database
    await database.close()
