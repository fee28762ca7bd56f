"""Tenants, lines of one key and kinds take turns, and two runners do no task twice."""

import asyncio
from uuid import UUID

import pytest

from stagify.clock import utc_now
from stagify.database import Database
from stagify.ids import new_id
from stagify.tasks import claims
from stagify.tasks.kinds import Kind, Task
from stagify.tasks.queue import enqueue
from stagify.tasks.runner import TaskRunner
from tasks_testing import Tasks, write_widget


async def test_tenants_take_turns(tasks: Tasks, tenant_id: UUID, other_tenant_id: UUID) -> None:
    order: list[UUID] = []

    async def handle(task: Task) -> None:
        order.append(task.tenant_id)

    await tasks.add(tenant_id, 20)
    await tasks.add(other_tenant_id, 3)
    await tasks.run(handle, concurrency=1)
    assert order[:6].count(other_tenant_id) == 3
    assert len(order) == 23


async def test_the_one_with_the_fewest_running_comes_first(
    tasks: Tasks, queue: Database, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    kinds = {"work": Kind(handler=write_widget)}
    await tasks.add(tenant_id, 5)

    async def take(places: int) -> list[UUID | None]:
        async with queue.tenant_connection(None) as connection:
            leases, _ = await claims.claim(
                connection, kinds, free={"work": places}, served=[], now=utc_now()
            )
        return [lease.tenant_id for lease in leases]

    assert await take(2) == [tenant_id, tenant_id]
    await tasks.add(other_tenant_id, 5)
    assert await take(3) == [other_tenant_id, other_tenant_id, tenant_id]


async def test_of_one_concurrency_key_one_runs_at_a_time(
    tasks: Tasks, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    now_running: set[tuple[UUID, str]] = set()
    most = 0

    async def handle(task: Task) -> None:
        nonlocal most
        line = (task.tenant_id, task.lease.concurrency_key)
        assert line not in now_running
        now_running.add(line)
        most = max(most, len(now_running))
        await asyncio.sleep(0.01)
        now_running.remove(line)

    for owner in (tenant_id, other_tenant_id):
        for key in ("a", "b"):
            await tasks.add(owner, 5, concurrency_key=key)
    runners = [tasks.runner(handle, concurrency=8) for _ in range(3)]
    while sum(await asyncio.gather(*(runner.run_due() for runner in runners))):
        pass
    assert 2 <= most <= 4


async def test_no_tenant_is_overlooked_when_there_are_more_lines_than_one_claim_looks_at(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[UUID] = []

    async def handle(task: Task) -> None:
        seen.append(task.tenant_id)

    monkeypatch.setattr(claims, "MAX_LINES", 3)
    tenants = [new_id() for _ in range(10)]
    for tenant_id in tenants:
        await tasks.add(tenant_id, 3)
    await tasks.run(handle, concurrency=2)
    assert sorted(seen) == sorted(tenants * 3)
    # All had their first turn before anybody had the third.
    assert set(seen[:20]) == set(tenants)


async def test_a_kind_has_its_own_places(
    tasks: Tasks, database: Database, queue: Database, tenant_id: UUID
) -> None:
    running_now, most = 0, 0

    async def handle(task: Task) -> None:
        nonlocal running_now, most
        running_now += 1
        most = max(most, running_now)
        await asyncio.sleep(0.01)
        running_now -= 1

    async def blocked(task: Task) -> None:
        await asyncio.sleep(0.01)

    await tasks.add(tenant_id, 9)
    async with database.tenant(tenant_id) as session:
        await enqueue(session, "slow")
    kinds = {"slow": Kind(handler=blocked), "work": Kind(handler=handle, concurrency=3)}
    assert await TaskRunner(queue, database, kinds).run_due() == 10
    assert most == 3


async def test_two_runners_do_each_task_once(tasks: Tasks, tenant_id: UUID) -> None:
    await tasks.add(tenant_id, 40)
    counts = await asyncio.gather(*(tasks.run(write_widget) for _ in range(4)))
    assert sum(counts) == 40
    assert len(await tasks.written(tenant_id)) == 40
