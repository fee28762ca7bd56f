"""Row-level security in sessions, whichever way a transaction ends."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stagify.database import Database, TransactionFailedError, driver_connection
from stagify.testing import DatabaseUrls

INSERT = text("INSERT INTO widgets (tenant_id, name) VALUES (:tenant, :name)")
COUNT = text("SELECT count(*) FROM widgets")


async def add(database: Database, tenant: UUID, name: str = "lamp") -> None:
    async with database.tenant(tenant) as session:
        await session.execute(INSERT, {"tenant": tenant, "name": name})


async def count(database: Database, tenant: UUID) -> int:
    async with database.tenant(tenant) as session:
        return int((await session.execute(COUNT)).scalar_one())


class TestTenant:
    async def test_sees_its_own_rows_only(
        self, database: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        await add(database, tenant_id)
        assert await count(database, tenant_id) == 1
        assert await count(database, other_tenant_id) == 0

    async def test_cannot_write_for_another(
        self, database: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.tenant(tenant_id) as session:
                await session.execute(INSERT, {"tenant": other_tenant_id, "name": "lamp"})
        assert await count(database, other_tenant_id) == 0

    async def test_an_error_rolls_everything_back(
        self, database: Database, tenant_id: UUID
    ) -> None:
        with pytest.raises(LookupError):
            async with database.tenant(tenant_id) as session:
                await session.execute(INSERT, {"tenant": tenant_id, "name": "lamp"})
                raise LookupError
        assert await count(database, tenant_id) == 0

    async def test_an_ignored_error_is_not_taken_for_success(
        self, database: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        with pytest.raises(TransactionFailedError):
            async with database.tenant(tenant_id) as session:
                await session.execute(INSERT, {"tenant": tenant_id, "name": "lamp"})
                with pytest.raises(DBAPIError):
                    await session.execute(INSERT, {"tenant": other_tenant_id, "name": "lamp"})
        assert await count(database, tenant_id) == 0

    async def test_a_savepoint_can_fail_alone(
        self, database: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        async with database.tenant(tenant_id) as session:
            await session.execute(INSERT, {"tenant": tenant_id, "name": "lamp"})
            with pytest.raises(DBAPIError):
                async with session.begin_nested():
                    await session.execute(INSERT, {"tenant": other_tenant_id, "name": "lamp"})
        assert await count(database, tenant_id) == 1

    async def test_ends_by_its_block_alone(self, database: Database, tenant_id: UUID) -> None:
        async with database.tenant(tenant_id) as session:
            for end in (session.commit, session.rollback):
                with pytest.raises(TypeError):
                    await end()


async def test_an_error_does_not_repeat_what_was_typed(database: Database, tenant_id: UUID) -> None:
    with pytest.raises(DBAPIError) as error:
        await add(database, tenant_id, "a name that is \x00 nobody's business")
    assert "business" not in str(error.value)


class TestNoTenant:
    async def test_sees_nothing(self, database: Database, tenant_id: UUID) -> None:
        await add(database, tenant_id)
        async with database.system() as session:
            assert (await session.execute(COUNT)).scalar_one() == 0

    async def test_nothing_is_left_on_the_connection(
        self, kit_urls: DatabaseUrls, tenant_id: UUID
    ) -> None:
        database = Database(kit_urls.app, service="staging-svc", pool_size=1)
        await add(database, tenant_id)
        async with database.system() as session:
            setting = await session.execute(
                text("SELECT coalesce(current_setting('app.tenant_id', true), '')")
            )
            assert setting.scalar_one() == ""
        await database.close()


class TestTenantConnection:
    async def test_is_bound_to_the_tenant_and_commits(
        self, database: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        async with database.tenant_connection(tenant_id) as connection:
            await connection.execute("INSERT INTO widgets VALUES ($1, $1, 'rug')", tenant_id)
        assert len(await database.fetch(tenant_id, "SELECT * FROM widgets")) == 1
        assert await database.fetch(other_tenant_id, "SELECT * FROM widgets") == []

    async def test_without_a_tenant_it_has_none(
        self, kit_urls: DatabaseUrls, tenant_id: UUID
    ) -> None:
        database = Database(kit_urls.app, service="staging-svc", pool_size=1)
        try:
            await add(database, tenant_id)
            async with database.tenant_connection(None) as connection:
                assert await connection.fetchval("SELECT count(*) FROM widgets") == 0
            assert await count(database, tenant_id) == 1
        finally:
            await database.close()

    async def test_rolls_back_on_an_error(self, database: Database, tenant_id: UUID) -> None:
        with pytest.raises(asyncpg.DataError):
            async with database.tenant_connection(tenant_id) as connection:
                await connection.execute("INSERT INTO widgets VALUES ($1, $1, 'rug')", tenant_id)
                await connection.execute("SELECT 1 / 0")
        assert await database.fetch(tenant_id, "SELECT * FROM widgets") == []


async def test_cancelled_work_leaks_neither_connections_nor_tenants(
    kit_urls: DatabaseUrls, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    database = Database(kit_urls.app, service="staging-svc", pool_size=2)
    started = asyncio.Semaphore(0)

    async def slow() -> None:
        async with database.tenant(tenant_id) as session:
            await session.execute(INSERT, {"tenant": tenant_id, "name": "lamp"})
            started.release()
            await session.execute(text("SELECT pg_sleep(30)"))

    for _ in range(6):
        task = asyncio.create_task(slow())
        await started.acquire()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    # Both connections are free again, and neither has kept its tenant.
    counts = await asyncio.gather(*(count(database, other_tenant_id) for _ in range(8)))
    assert counts == [0] * 8
    assert await count(database, tenant_id) == 0
    await database.close()


@pytest.mark.parametrize("is_bare", [True, False])
async def test_cancelled_twice_the_connection_still_comes_back_clean(
    kit_urls: DatabaseUrls, tenant_id: UUID, is_bare: bool
) -> None:
    database = Database(kit_urls.app, service="staging-svc", pool_size=1)
    inside = asyncio.Event()

    async def wait() -> None:
        scope = database.tenant_connection if is_bare else database.tenant
        async with scope(tenant_id):
            inside.set()
            await asyncio.Event().wait()

    for _ in range(5):
        inside.clear()
        task = asyncio.create_task(wait())
        await inside.wait()
        task.cancel()
        # Now it rolls back; the second cancel meets it there.
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await add(database, tenant_id)
    assert await count(database, tenant_id) == 5
    await database.close()


async def test_a_powerful_role_is_refused(postgres_admin_url: str) -> None:
    database = Database(postgres_admin_url, service="staging-svc", pool_size=1)
    with pytest.raises(RuntimeError, match="bypass row-level security"):
        await database.assert_least_privilege()
    await database.close()


async def test_the_app_role_is_accepted(database: Database) -> None:
    await database.assert_least_privilege()


async def test_the_bare_connection_of_a_session_is_in_its_transaction(
    database: Database, tenant_id: UUID
) -> None:
    with pytest.raises(LookupError):
        async with database.tenant(tenant_id) as session:
            connection = await driver_connection(session)
            await connection.execute("INSERT INTO widgets VALUES ($1, $1, 'rug')", tenant_id)
            assert (await session.execute(COUNT)).scalar_one() == 1
            raise LookupError
    assert await count(database, tenant_id) == 0
