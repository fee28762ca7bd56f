"""Only the runner that holds the lease of a task ends it."""

import asyncio
from datetime import timedelta
from uuid import UUID

from stagify.tasks import claims
from stagify.tasks.kinds import LeaseLostError, Task, TryAgainError
from stagify.testing import Clock
from tasks_testing import Tasks, failing, write_widget


async def test_a_runner_that_has_lost_the_lease_changes_nothing(
    clock: Clock, tasks: Tasks, tenant_id: UUID
) -> None:
    lost = []

    async def slow(task: Task) -> None:
        clock.advance(claims.LEASE)
        await tasks.run(write_widget)
        try:
            await write_widget(task)
        except LeaseLostError:
            lost.append(task)
            raise

    await tasks.add(tenant_id)
    await tasks.run(slow)
    assert len(lost) == 1
    assert await tasks.written(tenant_id) == ["made"]
    assert await tasks.left() == []


async def test_a_lost_task_is_not_ended_by_its_late_handler(
    clock: Clock, tasks: Tasks, tenant_id: UUID
) -> None:
    async def slow(task: Task) -> None:
        clock.advance(claims.LEASE)
        await tasks.run(failing(TryAgainError("away")))

    await tasks.add(tenant_id)
    await tasks.run(slow)
    row = await tasks.only()
    assert (row["state"], row["attempts"]) == ("waiting", 2)


async def test_a_renewed_lease_is_kept(clock: Clock, tasks: Tasks, tenant_id: UUID) -> None:
    async def slow(task: Task) -> None:
        clock.advance(claims.LEASE - timedelta(seconds=1))
        await mine._renew()
        clock.advance(timedelta(seconds=2))
        assert await tasks.run(write_widget) == 0

    mine = tasks.runner(slow)
    await tasks.add(tenant_id)
    await mine.run_due()
    assert await tasks.left() == []


async def test_work_on_a_lost_task_is_cancelled(
    clock: Clock, tasks: Tasks, tenant_id: UUID
) -> None:
    ended: list[Task] = []

    async def slow(task: Task) -> None:
        clock.advance(claims.LEASE)
        await tasks.run(write_widget)
        await mine._renew()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(task)
            raise

    mine = tasks.runner(slow)
    await tasks.add(tenant_id)
    await mine.run_due()
    assert len(ended) == 1
