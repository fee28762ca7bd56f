"""A job that is interrupted, by a stop, a lost lease or a deletion, leaves nothing behind."""

import asyncio
from contextlib import aclosing
from uuid import UUID

import pytest

from stagify.database import Database
from stagify.tasks.runner import TaskRunner
from stagify.testing import eventually, running
from stagify.testing.waiting import PATIENCE_SECONDS
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.jobs import StagingProcess
from staging_svc.parts import make_parts
from staging_testing import (
    ATTEMPTED,
    STAGED,
    Caller,
    Keys,
    MakeSettings,
    Published,
    Rows,
    ScriptedEngine,
    metered,
    start_and_hold,
)


async def test_stop_hands_the_job_back_uncounted(
    caller: Caller, job_loop: JobLoop, engine: ScriptedEngine, rows: Rows
) -> None:
    engine.waits = True
    accepted = await caller.project()
    working = asyncio.create_task(job_loop.run())
    await engine.started.wait()
    working.cancel()
    await asyncio.wait([working])
    assert await caller.status_of(accepted["id"]) == "queued"
    assert await rows.value("SELECT attempts FROM jobs") == 0
    engine.waits = False
    assert await job_loop.run_next()
    assert await caller.status_of(accepted["id"]) == "staged"


async def test_process_that_lost_its_lease_changes_nothing(
    caller: Caller,
    job_loop: JobLoop,
    engine: ScriptedEngine,
    runner: TaskRunner,
    published: Published,
    keys: Keys,
    rows: Rows,
) -> None:
    accepted = await caller.project()
    slow = await start_and_hold(job_loop, engine)
    await rows.expire_lease()
    engine.waits = False
    assert await job_loop.run_next()
    first = await caller.read(accepted["id"])
    engine.may_go_on.set()
    assert await slow
    assert await caller.read(accepted["id"]) == first
    counted = metered(await published(caller.tenant_id), "staging")
    assert len(counted) == 1
    # The intent deletes what the slow process had stored.
    assert len(keys(caller.tenant_id)) == STAGED + ATTEMPTED
    await rows.end_waits_of_tasks()
    await runner.run_due()
    assert len(keys(caller.tenant_id)) == STAGED


async def test_heartbeat_stops_the_work_once_the_lease_is_lost(
    caller: Caller,
    make_settings: MakeSettings,
    engine: ScriptedEngine,
    claims: Database,
    rows: Rows,
) -> None:
    async with (
        aclosing(make_parts(make_settings(job_lease_seconds=0.3))) as parts,
        aclosing(StagingProcess(parts, lambda _: engine)) as process,
    ):
        await caller.project()
        attempt = await start_and_hold(process.loops[0], engine)
        await rows.take_lease_away()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await attempt


async def test_deleted_project_stops_the_work_at_once(
    caller: Caller, process: StagingProcess, engine: ScriptedEngine, keys: Keys, runner: TaskRunner
) -> None:
    async with running(process.listener.run()):
        await process.listener.connected.wait()
        accepted = await caller.project()
        attempt = await start_and_hold(process.loops[0], engine)
        assert (await caller.trash(accepted["id"], permanently=True)).status_code == 204
        async with asyncio.timeout(PATIENCE_SECONDS):
            await attempt
    await runner.run_due()
    assert keys(caller.tenant_id) == set()


async def test_deleting_another_project_stops_nothing(
    caller: Caller,
    process: StagingProcess,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = asyncio.Event()
    cancel = JobLoop.cancel

    def cancel_and_tell(loop: JobLoop, job_id: UUID) -> None:
        cancel(loop, job_id)
        heard.set()

    monkeypatch.setattr(JobLoop, "cancel", cancel_and_tell)
    async with running(process.listener.run()):
        await process.listener.connected.wait()
        going_on = await caller.project()
        attempt = await start_and_hold(process.loops[0], engine)
        deleted = await caller.project()
        assert (await caller.delete(f"/v1/projects/{deleted['id']}")).status_code == 204
        async with asyncio.timeout(PATIENCE_SECONDS):
            await heard.wait()
        engine.may_go_on.set()
        assert await attempt
    assert await caller.status_of(going_on["id"]) == "staged"


async def test_of_two_jobs_in_hand_only_the_deleted_one_stops(
    caller: Caller,
    make_settings: MakeSettings,
    engine: ScriptedEngine,
    claims: Database,
) -> None:
    engine.waits = True
    async with (
        aclosing(make_parts(make_settings(job_concurrency=2))) as parts,
        aclosing(StagingProcess(parts, lambda _: engine)) as process,
        running(process.listener.run()),
    ):
        await process.listener.connected.wait()
        going_on, deleted = [await caller.project() for _ in range(2)]
        first = asyncio.create_task(process.loops[0].run_next())
        await eventually(lambda: engine.runs == 1)
        second = asyncio.create_task(process.loops[1].run_next())
        await eventually(lambda: engine.runs == 2)
        assert (await caller.delete(f"/v1/projects/{deleted['id']}")).status_code == 204
        async with asyncio.timeout(PATIENCE_SECONDS):
            done, _ = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
        assert done == {second}
        engine.may_go_on.set()
        assert await first
    assert await caller.status_of(going_on["id"]) == "staged"


async def test_between_putting_the_result_and_the_commit_no_orphan_stays(
    caller: Caller,
    job_loop: JobLoop,
    engine: ScriptedEngine,
    database: Database,
    runner: TaskRunner,
    keys: Keys,
    rows: Rows,
) -> None:
    # The lease is taken away while the engine works: everything is put, nothing committed.
    accepted = await caller.project()
    attempt = await start_and_hold(job_loop, engine)
    await rows.take_lease_away()
    engine.may_go_on.set()
    await attempt
    assert (await caller.read(accepted["id"]))["staged"] is None
    assert len(keys(caller.tenant_id)) == STAGED
    await rows.end_waits_of_tasks()
    await runner.run_due()
    query = "SELECT object_key FROM images UNION SELECT object_key FROM renditions"
    owned = {row["object_key"] for row in await database.fetch(caller.tenant_id, query)}
    assert keys(caller.tenant_id) == owned
