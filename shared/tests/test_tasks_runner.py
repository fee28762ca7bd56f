"""A runner wakes on a commit, outlives its connections, and stops without losing a task."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from stagify.database import Database, driver_connection
from stagify.tasks.kinds import Task
from stagify.tasks.queue import enqueue
from stagify.testing import Clock, DatabaseUrls, next_turn, running
from stagify.testing.waiting import PATIENCE_SECONDS
from tasks_testing import MINUTE, Tasks, succeed, write_widget


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runners do not find tasks by looking now and then."""
    monkeypatch.setattr("stagify.tasks.runner.POLL_SECONDS", 3_600)


@pytest.mark.usefixtures("seldom")
async def test_a_commit_wakes_it(tasks: Tasks, tenant_id: UUID) -> None:
    arrived = asyncio.Event()

    async def handle(task: Task) -> None:
        arrived.set()

    async with running(tasks.runner(handle).run()):
        # Twice: the runner may find the first one as it starts, without being woken.
        for _ in range(2):
            arrived.clear()
            await tasks.add(tenant_id)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await arrived.wait()


@pytest.mark.usefixtures("seldom")
async def test_many_are_done_without_a_poll_between_them(tasks: Tasks, tenant_id: UUID) -> None:
    left = asyncio.Semaphore(0)

    async def handle(task: Task) -> None:
        left.release()

    async with running(tasks.runner(handle, concurrency=2).run()):
        await tasks.add(tenant_id, 20)
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(20):
                await left.acquire()


async def test_it_survives_the_loss_of_its_connections(
    tasks: Tasks, tenant_id: UUID, kit_urls: DatabaseUrls, postgres_admin_url: str
) -> None:
    arrived = asyncio.Event()

    async def handle(task: Task) -> None:
        arrived.set()

    async with running(tasks.runner(handle).run()):
        await tasks.add(tenant_id)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await arrived.wait()
        admin = await asyncpg.connect(postgres_admin_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = $1 AND usename LIKE '%_tasks'",
            kit_urls.name,
        )
        await admin.close()
        arrived.clear()
        await tasks.add(tenant_id)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await arrived.wait()


async def test_a_stop_lets_what_is_in_hand_end(tasks: Tasks, tenant_id: UUID) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def handle(task: Task) -> None:
        begun.set()
        await may_end.wait()
        await write_widget(task)

    await tasks.add(tenant_id)
    async with running(tasks.runner(handle).run()) as job:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await begun.wait()
        job.cancel()
        await next_turn()
        may_end.set()
    assert await tasks.left() == []
    assert await tasks.written(tenant_id) == ["made"]


async def test_a_stop_hands_back_what_does_not_end(
    tasks: Tasks, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def handle(task: Task) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("stagify.tasks.runner.FINISH_SECONDS", 0.05)
    await tasks.add(tenant_id)
    async with running(tasks.runner(handle).run()):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await begun.wait()
    # So nobody has to wait until the lease has run out.
    assert await tasks.run(write_widget) == 1


async def test_a_database_that_fails_under_a_handler_is_tried_again(
    clock: Clock, tasks: Tasks, tenant_id: UUID
) -> None:
    async def handle(task: Task) -> None:
        if task.lease.attempt > 1:
            await write_widget(task)
            return
        async with task.transaction() as session:
            connection = await driver_connection(session)
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    await tasks.add(tenant_id)
    runner = tasks.runner(handle)
    await runner.run_due()
    clock.advance(MINUTE)
    await runner.run_due()
    assert await tasks.written(tenant_id) == ["made"]


async def test_a_task_of_an_unknown_kind_waits(
    tasks: Tasks, database: Database, tenant_id: UUID
) -> None:
    async with database.tenant(tenant_id) as session:
        await enqueue(session, "of a later version")
    await tasks.add(tenant_id)
    assert await tasks.run(succeed) == 1
    row = await tasks.only()
    assert (row["kind"], row["state"], row["attempts"]) == ("of a later version", "ready", 0)
