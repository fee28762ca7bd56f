"""A handler that fails is called again later, and keeps no other task from running."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

import pytest

from stagify.clock import utc_now
from stagify.database import driver_connection
from stagify.tasks.kinds import Task, TryAgainError
from stagify.testing import Clock
from tasks_testing import MINUTE, Tasks, failing


async def test_the_wait_doubles_up_to_the_longest(
    clock: Clock, tasks: Tasks, tenant_id: UUID
) -> None:
    runner = tasks.runner(
        failing(TryAgainError("away")), first_wait=MINUTE, longest_wait=3 * MINUTE
    )
    await tasks.add(tenant_id)
    for wait in (1, 2, 3, 3):
        assert await runner.run_due() == 1
        row = await tasks.only()
        assert (row["state"], row["last_error"]) == ("waiting", "away")
        assert timedelta(0) <= utc_now() + wait * MINUTE - row["due_at"] < MINUTE / 2
        assert await runner.run_due() == 0
        clock.advance(wait * MINUTE)


async def test_an_error_is_kept_without_its_text(
    tasks: Tasks, tenant_id: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    await tasks.add(tenant_id)
    await tasks.run(failing(RuntimeError("ada@example.com")))
    row = await tasks.only()
    assert row["last_error"] == "RuntimeError"
    # A bug is logged with its traceback.
    assert [each.message for each in caplog.records if each.levelno >= logging.ERROR] == [
        "tasks.broken"
    ]


async def test_one_that_takes_too_long_is_cancelled(tasks: Tasks, tenant_id: UUID) -> None:
    async def handle(task: Task) -> None:
        await asyncio.Event().wait()

    await tasks.add(tenant_id)
    await tasks.run(handle, timeout=timedelta(seconds=0.05))
    row = await tasks.only()
    assert row["last_error"] == "TimeoutError"


async def test_one_failure_does_not_keep_the_others(tasks: Tasks, tenant_id: UUID) -> None:
    async def handle(task: Task) -> None:
        if task.payload:
            raise TryAgainError("broken")

    await tasks.add(tenant_id, payload={"is": "broken"})
    await tasks.add(tenant_id, 3)
    assert await tasks.run(handle, concurrency=1) == 4
    assert len(await tasks.left()) == 1


async def test_a_failure_after_the_effect_undoes_the_effect(tasks: Tasks, tenant_id: UUID) -> None:
    async def broken(task: Task) -> None:
        async with task.transaction() as session:
            await (await driver_connection(session)).execute(
                "INSERT INTO widgets (tenant_id, name) VALUES ($1, 'half')", task.tenant_id
            )
            await task.complete(session)
            raise TryAgainError("after all")

    await tasks.add(tenant_id)
    await tasks.run(broken)
    assert await tasks.written(tenant_id) == []
    row = await tasks.only()
    assert row["last_error"] == "after all"
