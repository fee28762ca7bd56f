"""What is no fault of the photo is tried again, up to three times."""

import asyncio

from stagify.events.staging import StagingFailed, StagingStarted
from staging_engine.port import EngineFailedError
from staging_svc.furnishing.job_loop import JobLoop
from staging_testing import (
    STAGED,
    Caller,
    Keys,
    Published,
    Rows,
    ScriptedEngine,
    cleaning_child,
    of_type,
)

CRASH = EngineFailedError("engine_crashed", "The engine stopped.")


async def test_it_is_tried_again_without_cleaning_the_photo_twice(
    caller: Caller,
    job_loop: JobLoop,
    engine: ScriptedEngine,
    published: Published,
    keys: Keys,
    rows: Rows,
) -> None:
    engine.errors = [CRASH]
    accepted = await caller.project()
    assert await job_loop.run_next()
    assert await caller.status_of(accepted["id"]) == "queued"
    assert not await job_loop.run_next()
    await rows.end_waits_of_jobs()
    assert await job_loop.run_next()
    assert await caller.status_of(accepted["id"]) == "staged"
    events = await published(caller.tenant_id)
    assert len(of_type(events, StagingStarted)) == 1
    assert len(keys(caller.tenant_id)) == STAGED


async def test_photo_is_not_blamed_for_a_killed_child(
    caller: Caller, job_loop: JobLoop, rows: Rows
) -> None:
    accepted = await caller.project()
    attempt = asyncio.create_task(job_loop.run_next())
    (await cleaning_child()).kill()
    assert await attempt
    assert await caller.status_of(accepted["id"]) == "queued"
    await rows.end_waits_of_jobs()
    assert await job_loop.run_next()
    assert await caller.status_of(accepted["id"]) == "staged"


async def test_three_failures_are_the_end(
    caller: Caller, job_loop: JobLoop, engine: ScriptedEngine, published: Published, rows: Rows
) -> None:
    engine.errors = [CRASH] * 3
    accepted = await caller.project()
    for _ in range(3):
        assert await job_loop.run_next()
        await rows.end_waits_of_jobs()
    assert not await job_loop.run_next()
    project = await caller.read(accepted["id"])
    assert (project["status"], project["failure"]["code"]) == ("failed", "engine_crashed")
    assert len(of_type(await published(caller.tenant_id), StagingFailed)) == 1


async def test_processes_that_die_on_it_are_the_end_too(
    caller: Caller, job_loop: JobLoop, engine: ScriptedEngine, rows: Rows
) -> None:
    accepted = await caller.project()
    await rows.change("UPDATE jobs SET attempts = 3")
    await job_loop.run_next()
    project = await caller.read(accepted["id"])
    assert project["failure"]["code"] == "staging_interrupted"
    assert engine.runs == 0
