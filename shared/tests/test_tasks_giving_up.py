"""What cannot be done is given up in the end, and operators see it."""

import logging
from datetime import timedelta
from uuid import UUID

import pytest

from stagify.clock import utc_now
from stagify.database import Database
from stagify.tasks import claims
from stagify.tasks.kinds import GiveUpError, Task, TryAgainError
from stagify.testing import Clock
from tasks_testing import MINUTE, Tasks, failing


async def test_it_is_given_up_when_it_has_been_tried_long_enough(
    clock: Clock, tasks: Tasks, tenant_id: UUID
) -> None:
    policy = {"first_wait": MINUTE, "longest_wait": MINUTE, "give_up_after": 2.5 * MINUTE}
    runner = tasks.runner(failing(TryAgainError("away")), **policy)
    # No runner worked for a day: the task is tried all the same.
    await tasks.add(tenant_id)
    clock.advance(timedelta(days=1))
    states = []
    for _ in range(4):
        await runner.run_due()
        states += [row["state"] for row in await tasks.left()]
        clock.advance(MINUTE)
    assert states == ["waiting", "waiting", "given_up", "given_up"]
    row = await tasks.only()
    assert (row["attempts"], row["last_error"]) == (3, "away")


async def test_its_own_deadline_comes_before_that_of_its_kind(tasks: Tasks) -> None:
    done: list[Task] = []

    async def handle(task: Task) -> None:
        done.append(task)

    await tasks.add(None, give_up_at=utc_now())
    await tasks.run(handle)
    assert done == []
    row = await tasks.only()
    assert (row["state"], row["last_error"]) == ("given_up", "too late")


async def test_a_handler_can_give_up(
    tasks: Tasks, tenant_id: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    await tasks.add(tenant_id)
    await tasks.run(failing(GiveUpError("no such place")))
    row = await tasks.only()
    assert (row["state"], row["last_error"]) == ("given_up", "no such place")
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert record.message == "tasks.given_up"
    assert record.__dict__["reason"] == "no such place"


async def test_what_was_given_up_is_listed_retried_and_discarded(
    tasks: Tasks, queue: Database, tenant_id: UUID
) -> None:
    runner = tasks.runner(failing(GiveUpError("nobody home")))
    await tasks.add(tenant_id, 2)
    await runner.run_due()
    async with queue.tenant_connection(None) as connection:
        first, second = await claims.given_up(connection)
        assert (first.tenant_id, first.reason) == (tenant_id, "nobody home")
        assert await claims.retry(connection, first.id, utc_now()) == 1
    assert await runner.run_due() == 1
    async with queue.tenant_connection(None) as connection:
        assert await claims.discard(connection, second.id)
        assert not await claims.discard(connection, second.id)
        assert [each.id for each in await claims.given_up(connection)] == [first.id]
        await claims.forget_old(connection, utc_now() + claims.RETENTION - MINUTE)
        assert len(await claims.given_up(connection)) == 1
        await claims.forget_old(connection, utc_now() + claims.RETENTION + MINUTE)
        assert await claims.given_up(connection) == []
