"""A task is enqueued in the transaction of its caller, and may be replaced or withdrawn by its key."""

from uuid import UUID

import pytest

from stagify import cause
from stagify.clock import utc_now
from stagify.database import Database
from stagify.tasks.kinds import Task, TryAgainError
from stagify.tasks.queue import MAX_PAYLOAD_BYTES, enqueue, withdraw
from stagify.testing import Clock
from tasks_testing import MINUTE, Tasks, failing, succeed


async def test_it_is_done_if_and_only_if_the_transaction_commits(
    tasks: Tasks, database: Database, tenant_id: UUID
) -> None:
    done: list[Task] = []

    async def handle(task: Task) -> None:
        done.append(task)

    runner = tasks.runner(handle)
    with pytest.raises(ZeroDivisionError):
        async with database.tenant(tenant_id) as session:
            await enqueue(session, "work")
            raise ZeroDivisionError
    assert await runner.run_due() == 0
    async with database.tenant(tenant_id) as session:
        await enqueue(session, "work", {"name": "chair"})
        assert await runner.run_due() == 0
    assert await runner.run_due() == 1
    (task,) = done
    assert (task.tenant_id, task.payload) == (tenant_id, {"name": "chair"})


async def test_one_that_is_done_leaves_nothing(tasks: Tasks, tenant_id: UUID) -> None:
    await tasks.add(tenant_id)
    await tasks.run(succeed)
    assert await tasks.left() == []


async def test_it_waits_until_it_is_due(clock: Clock, tasks: Tasks, tenant_id: UUID) -> None:
    await tasks.add(tenant_id, due_at=utc_now() + MINUTE)
    assert await tasks.run(succeed) == 0
    clock.advance(MINUTE)
    assert await tasks.run(succeed) == 1


async def test_a_key_replaces_the_earlier_one_of_this_tenant_alone(
    tasks: Tasks, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    for name in ("old", "new"):
        await tasks.add(tenant_id, key="k", payload={"name": name})
    await tasks.add(other_tenant_id, key="k", payload={"name": "theirs"})
    await tasks.add(None, key="k", payload={"name": "nobody's"})
    assert {row["tenant_id"]: row["payload"]["name"] for row in await tasks.left()} == {
        tenant_id: "new",
        other_tenant_id: "theirs",
        UUID(int=0): "nobody's",
    }


async def test_one_replaced_while_it_runs_is_done_again(tasks: Tasks, tenant_id: UUID) -> None:
    seen = []

    async def handle(task: Task) -> None:
        seen.append(task.payload["name"])
        if len(seen) == 1:
            await tasks.add(tenant_id, key="k", payload={"name": "new"})

    await tasks.add(tenant_id, key="k", payload={"name": "old"})
    await tasks.run(handle)
    assert seen == ["old", "new"]
    assert await tasks.left() == []


async def test_one_that_has_not_begun_can_be_withdrawn(
    tasks: Tasks, database: Database, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    await tasks.add(tenant_id, key="k")
    async with database.tenant(other_tenant_id) as session:
        assert not await withdraw(session, "work", "k")
    async with database.system() as session:
        assert not await withdraw(session, "work", "k")
    async with database.tenant(tenant_id) as session:
        assert await withdraw(session, "work", "k")
    assert await tasks.run(succeed) == 0


async def test_one_that_has_begun_cannot(tasks: Tasks, database: Database, tenant_id: UUID) -> None:
    await tasks.add(tenant_id, key="k")
    await tasks.run(failing(TryAgainError("away")))
    async with database.tenant(tenant_id) as session:
        assert not await withdraw(session, "work", "k")


async def test_large_content_is_refused(tasks: Tasks, tenant_id: UUID) -> None:
    with pytest.raises(ValueError, match="too large"):
        await tasks.add(tenant_id, payload={"text": "x" * MAX_PAYLOAD_BYTES})


async def test_trace_and_cause_go_with_it(tasks: Tasks, tenant_id: UUID) -> None:
    seen = []

    async def handle(task: Task) -> None:
        seen.append(cause.current.get())

    with cause.scope("user:ada", "request-1"):
        await tasks.add(tenant_id)
    await tasks.add(tenant_id)
    await tasks.run(handle, concurrency=1)
    assert [each.actor for each in seen] == ["user:ada", "service:staging-svc"]
    assert seen[0].request_id == "request-1"
