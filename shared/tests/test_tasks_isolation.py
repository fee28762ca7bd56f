"""Neither callers nor handlers reach the tasks and rows of another tenant."""

from uuid import UUID

import asyncpg
import pytest

from stagify.database import Database, driver_connection
from stagify.ids import new_id
from stagify.tasks.kinds import Task
from tasks_testing import Tasks


async def test_a_tenant_sees_its_own_tasks_only(
    tasks: Tasks, database: Database, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    for owner in (tenant_id, other_tenant_id, None):
        await tasks.add(owner)
    assert len(await tasks.left()) == 3
    for owner in (tenant_id, None):
        async with database.tenant_connection(owner) as connection:
            (row,) = await connection.fetch("SELECT tenant_id FROM tasks")
        assert row["tenant_id"] == (owner or UUID(int=0))


@pytest.mark.parametrize("is_tenant", [True, False])
async def test_a_tenant_cannot_write_for_another(
    database: Database, tenant_id: UUID, other_tenant_id: UUID, is_tenant: bool
) -> None:
    target = other_tenant_id if is_tenant else UUID(int=0)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.tenant_connection(tenant_id) as connection:
            await connection.execute(
                "INSERT INTO tasks (tenant_id, id, created_at, kind, concurrency_key, payload,"
                " state, due_at, attempts) VALUES ($1, $2, now(), 'x', '', '{}', 'ready',"
                " now(), 0)",
                target,
                new_id(),
            )


async def test_the_tasks_role_sees_nothing_else(queue: Database) -> None:
    for table in ("widgets", "outbox", "inbox"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with queue.tenant_connection(None) as connection:
                await connection.fetch(f"SELECT * FROM {table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with queue.tenant_connection(None) as connection:
            await connection.execute("UPDATE tasks SET payload = '{}'")
    await queue.assert_least_privilege()


async def test_a_handler_works_as_its_tenant(
    tasks: Tasks, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    async def handle(task: Task) -> None:
        async with task.transaction() as session:
            connection = await driver_connection(session)
            await connection.execute(
                "INSERT INTO widgets (tenant_id, name) VALUES ($1, 'stray')", other_tenant_id
            )

    await tasks.add(tenant_id)
    await tasks.run(handle)
    assert await tasks.written(other_tenant_id) == []


async def test_work_of_no_tenant_sees_no_tenants_rows(
    tasks: Tasks, database: Database, tenant_id: UUID
) -> None:
    async def handle(task: Task) -> None:
        assert task.lease.tenant_id is None
        async with task.transaction() as session:
            connection = await driver_connection(session)
            seen.append(await connection.fetchval("SELECT count(*) FROM widgets"))

    seen: list[int] = []
    async with database.tenant_connection(tenant_id) as connection:
        await connection.execute(
            "INSERT INTO widgets (tenant_id, name) VALUES ($1, 'mine')", tenant_id
        )
    await tasks.add(None)
    await tasks.run(handle)
    assert seen == [0]
