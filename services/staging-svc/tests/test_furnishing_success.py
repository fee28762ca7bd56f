"""A project is furnished, metered, and recorded."""

import asyncio
from contextlib import aclosing
from uuid import UUID

from stagify.database import Database
from stagify.events.staging import ProjectCreated, ProjectStaged, StagingFailed, StagingStarted
from stagify.events.usage import UsageRecorded
from stagify.testing import running
from stagify.testing.waiting import PATIENCE_SECONDS
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.jobs import StagingProcess
from staging_svc.parts import make_parts
from staging_testing import (
    STAGED,
    Caller,
    Keys,
    MakeSettings,
    Published,
    Rows,
    ScriptedEngine,
    of_type,
    room_photo,
)


async def test_photo_is_furnished_and_metered(
    caller: Caller, job_loop: JobLoop, published: Published, keys: Keys
) -> None:
    accepted = await caller.project()
    assert await job_loop.run_next()
    project = await caller.read(accepted["id"])
    assert (project["status"], project["progress"]) == ("staged", 1.0)
    assert project["failure"] is None
    assert project["original"]["content_type"] == "image/jpeg"
    assert (project["staged"]["width"], project["staged"]["height"]) == (800, 600)

    created, started, stored, staged, counted, stored_too = await published(caller.tenant_id)
    assert isinstance(created, ProjectCreated)
    assert isinstance(started, StagingStarted)
    assert isinstance(staged, ProjectStaged)
    assert staged.image_id == UUID(project["staged"]["id"])
    assert isinstance(counted, UsageRecorded)
    assert (counted.meter, counted.quantity) == ("staging", 1)
    assert counted.reservation_id == staged.reservation_id == created.reservation_id
    assert counted.dimensions == {
        "project_id": project["id"],
        "user_id": str(caller.user_id),
    }
    assert isinstance(stored, UsageRecorded)
    assert isinstance(stored_too, UsageRecorded)
    assert stored.quantity == len(room_photo()) + project["original"]["size"]
    assert stored_too.quantity == project["staged"]["size"]
    # The other forms have objects, but are not counted.
    assert len(keys(caller.tenant_id)) == STAGED


async def test_the_customer_is_the_actor_of_all_that_follows(
    caller: Caller, job_loop: JobLoop, published: Published
) -> None:
    headers = {"x-request-id": "request-0001"}
    await caller.project(headers=headers)
    await job_loop.run_next()
    await caller.project(b"not a photo at all", headers=headers)
    await job_loop.run_next()
    events = await published(caller.tenant_id)
    assert of_type(events, ProjectStaged)
    assert of_type(events, StagingFailed)
    assert {(event.actor, event.request_id) for event in events} == {
        (f"user:{caller.user_id}", "request-0001")
    }
    assert {event.source for event in events} == {"staging-svc"}


async def test_record_of_what_was_placed_is_kept(
    caller: Caller, job_loop: JobLoop, rows: Rows
) -> None:
    await caller.project()
    await job_loop.run_next()
    record = await rows.value("SELECT record::text FROM projects")
    assert "engine" in record


async def test_intents_to_delete_are_withdrawn(
    caller: Caller, job_loop: JobLoop, rows: Rows
) -> None:
    await caller.project()
    await job_loop.run_next()
    count = await rows.value("SELECT count(*) FROM tasks WHERE kind = 'object.delete'")
    assert count == 0


async def test_accepted_project_wakes_the_process(
    caller: Caller, make_settings: MakeSettings, engine: ScriptedEngine, claims: Database
) -> None:
    async with (
        # It is not to find work by looking now and then.
        aclosing(make_parts(make_settings(job_poll_seconds=3_600))) as parts,
        aclosing(StagingProcess(parts, lambda _: engine)) as process,
        running(process.listener.run()),
    ):
        await process.listener.connected.wait()
        async with running(process.loops[0].run()):
            await caller.project()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await engine.started.wait()
