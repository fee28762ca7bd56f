"""Databases made by the real migrations, one for each service and session."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from alembic import command

from stagify.bootstrap import create_database, create_role
from stagify.migrations.runner import alembic_config, upgrade
from stagify.topology import DATABASES, ServiceDatabase

ROLE_PASSWORD = "only-for-tests"


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """The URLs of one database, one for each of its roles; `extra` has those of the additional roles,
    by their short names (claim, ingest)."""

    name: str
    owner: str
    app: str
    relay: str
    tasks: str
    extra: dict[str, str]


class TestDatabases:
    """Makes databases on the session's server, and drops them at its end."""

    __test__ = False

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._run = uuid4().hex[:8]
        self._made: list[str] = []
        self._migrated: dict[str, DatabaseUrls] = {}

    async def migrated(self, service: str, package: str) -> DatabaseUrls:
        """The session's database of `service` (such as "tenant"), at its newest revision."""
        if service not in self._migrated:
            urls = await self.empty(service)
            await asyncio.to_thread(upgrade, package, urls.owner)
            self._migrated[service] = urls
        return self._migrated[service]

    async def empty(self, service: str) -> DatabaseUrls:
        """A new database with the roles of `service` and no tables."""
        database = next(item for item in DATABASES if item.name == service)
        name = f"test_{self._run}_{service}_{len(self._made)}"
        async with self._admin() as connection:
            for role in database.roles:
                await create_role(connection, role, ROLE_PASSWORD)
            await create_database(connection, name, database)
        self._made.append(name)
        return self._urls(name, database)

    async def drop_all(self) -> None:
        """Drop every database made here."""
        async with self._admin() as connection:
            for name in self._made:
                await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _urls(self, name: str, database: ServiceDatabase) -> DatabaseUrls:
        def url(kind: str) -> str:
            location = urlsplit(self._admin_url)
            role = f"{database.name}_{kind}"
            return f"postgresql://{role}:{ROLE_PASSWORD}@{location.hostname}:{location.port}/{name}"

        extra = {kind: url(kind) for kind in database.extra_roles}
        return DatabaseUrls(name, url("owner"), url("app"), url("relay"), url("tasks"), extra)

    @contextlib.asynccontextmanager
    async def _admin(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self._admin_url)
        try:
            yield connection
        finally:
            await connection.close()


@pytest.fixture(scope="session")
async def test_databases(postgres_admin_url: str) -> AsyncIterator[TestDatabases]:
    """The factory of this session's databases."""
    databases = TestDatabases(postgres_admin_url)
    yield databases
    await databases.drop_all()


async def check_migrations(databases: TestDatabases, service: str, package: str) -> None:
    """Check that migrations go up, leave no difference between models and tables, go all the way down
    and up again."""
    urls = await databases.empty(service)
    config = alembic_config(package, urls.owner)

    def there_and_back() -> None:
        command.upgrade(config, "head")
        command.check(config)
        command.downgrade(config, "base")
        command.upgrade(config, "head")

    await asyncio.to_thread(there_and_back)
