"""The staging process: the way of a job from the queue to its end."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from stagify.database import Database
from stagify.events import Event
from stagify.events.staging import ProjectCreated, ProjectStaged, StagingFailed, StagingStarted
from stagify.events.usage import UsageRecorded
from stagify.tasks.runner import TaskRunner
from staging_engine.port import EngineFailedError, StagingRefusedError
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.jobs import StagingProcess
from staging_testing import (
    Caller,
    Keys,
    MakeSettings,
    Published,
    ScriptedEngine,
    UsageService,
    cleaning_child,
    huge_png,
    room_photo,
)

CRASH = EngineFailedError("engine_crashed", "The engine stopped.")


def of_type(events: list[Event], *types: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, types)]


async def column(database: Database, tenant_id: UUID, query: str, *args: Any) -> Any:
    async with database.tenant_connection(tenant_id) as connection:
        return await connection.fetchval(query, *args)


async def make_due(database: Database, tenant_id: UUID) -> None:
    """End the wait before the next attempt at the tenant's jobs."""
    async with database.tenant_connection(tenant_id) as connection:
        await connection.execute("UPDATE jobs SET due_at = now()")


async def expire_lease(database: Database, tenant_id: UUID) -> None:
    """Make it look as if the process with the tenant's job has long given no sign of life."""
    async with database.tenant_connection(tenant_id) as connection:
        await connection.execute("UPDATE jobs SET lease_expires_at = now() - interval '1s'")


class TestSuccess:
    async def test_photo_is_furnished_and_metered(
        self, caller: Caller, job_loop: JobLoop, published: Published, keys: Keys
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
        assert len(keys(caller.tenant_id)) == 3

    async def test_the_customer_is_the_actor_of_all_that_follows(
        self, caller: Caller, job_loop: JobLoop, published: Published
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
        self, caller: Caller, job_loop: JobLoop, database: Database
    ) -> None:
        await caller.project()
        await job_loop.run_next()
        record = await column(database, caller.tenant_id, "SELECT record::text FROM projects")
        assert "engine" in record

    async def test_intents_to_delete_are_withdrawn(
        self, caller: Caller, job_loop: JobLoop, database: Database
    ) -> None:
        await caller.project()
        await job_loop.run_next()
        count = await column(database, caller.tenant_id, "SELECT count(*) FROM tasks")
        assert count == 0

    async def test_accepted_project_wakes_the_process(
        self, caller: Caller, process: StagingProcess, engine: ScriptedEngine
    ) -> None:
        listening = asyncio.create_task(process.listener.run())
        await process.listener.connected.wait()
        working = asyncio.create_task(process.loops[0].run())
        try:
            await caller.project()
            async with asyncio.timeout(4):
                await engine.started.wait()
        finally:
            for task in (working, listening):
                task.cancel()
            await asyncio.wait([working, listening])


class TestRefusal:
    @pytest.mark.parametrize(
        ("photo", "declared", "expected"),
        [
            (huge_png(50_000, 50_000), "image/png", "photo_too_large"),
            (room_photo()[:3000], "image/jpeg", "photo_truncated"),
            (b"<html><script>alert(1)</script></html>", "image/jpeg", "photo_not_an_image"),
            (room_photo(), "image/png", "photo_type_mismatch"),
            (room_photo(400, 400), "image/jpeg", "photo_too_small"),
        ],
    )
    async def test_bad_photo_fails_the_project_at_once(
        self,
        caller: Caller,
        job_loop: JobLoop,
        engine: ScriptedEngine,
        published: Published,
        photo: bytes,
        declared: str,
        expected: str,
    ) -> None:
        accepted = await caller.project(photo, declared)
        await job_loop.run_next()
        project = await caller.read(accepted["id"])
        assert (project["status"], project["failure"]["code"]) == ("failed", expected)
        assert project["failure"]["message"]
        events = await published(caller.tenant_id)
        [created], [failed] = of_type(events, ProjectCreated), of_type(events, StagingFailed)
        assert isinstance(created, ProjectCreated)
        assert isinstance(failed, StagingFailed)
        assert failed.code == expected
        assert failed.reservation_id == created.reservation_id
        assert not of_type(events, UsageRecorded)
        assert engine.runs == 0

    async def test_useless_upload_is_deleted(
        self, caller: Caller, job_loop: JobLoop, runner: TaskRunner, keys: Keys
    ) -> None:
        await caller.project(b"not a photo at all")
        await job_loop.run_next()
        await runner.run_due()
        assert keys(caller.tenant_id) == set()

    async def test_engine_may_refuse(
        self, caller: Caller, job_loop: JobLoop, engine: ScriptedEngine
    ) -> None:
        engine.errors = [StagingRefusedError("cannot_place", "No free wall was found.")]
        accepted = await caller.project()
        await job_loop.run_next()
        project = await caller.read(accepted["id"])
        assert project["failure"] == {
            "code": "cannot_place",
            "message": "No free wall was found.",
        }
        assert project["original"] is not None


class TestMachineFailure:
    async def test_it_is_tried_again_without_cleaning_the_photo_twice(
        self,
        caller: Caller,
        job_loop: JobLoop,
        engine: ScriptedEngine,
        database: Database,
        published: Published,
        keys: Keys,
    ) -> None:
        engine.errors = [CRASH]
        accepted = await caller.project()
        assert await job_loop.run_next()
        assert (await caller.read(accepted["id"]))["status"] == "queued"
        assert not await job_loop.run_next()
        await make_due(database, caller.tenant_id)
        assert await job_loop.run_next()
        assert (await caller.read(accepted["id"]))["status"] == "staged"
        events = await published(caller.tenant_id)
        assert len(of_type(events, StagingStarted)) == 1
        assert len(keys(caller.tenant_id)) == 3

    async def test_photo_is_not_blamed_for_a_killed_child(
        self, caller: Caller, job_loop: JobLoop, database: Database
    ) -> None:
        accepted = await caller.project()
        attempt = asyncio.create_task(job_loop.run_next())
        (await cleaning_child()).kill()
        assert await attempt
        assert (await caller.read(accepted["id"]))["status"] == "queued"
        await make_due(database, caller.tenant_id)
        assert await job_loop.run_next()
        assert (await caller.read(accepted["id"]))["status"] == "staged"

    async def test_three_failures_are_the_end(
        self,
        caller: Caller,
        job_loop: JobLoop,
        engine: ScriptedEngine,
        database: Database,
        published: Published,
    ) -> None:
        engine.errors = [CRASH] * 3
        accepted = await caller.project()
        for _ in range(3):
            assert await job_loop.run_next()
            await make_due(database, caller.tenant_id)
        assert not await job_loop.run_next()
        project = await caller.read(accepted["id"])
        assert (project["status"], project["failure"]["code"]) == ("failed", "engine_crashed")
        assert len(of_type(await published(caller.tenant_id), StagingFailed)) == 1

    async def test_processes_that_die_on_it_are_the_end_too(
        self, caller: Caller, job_loop: JobLoop, engine: ScriptedEngine, database: Database
    ) -> None:
        accepted = await caller.project()
        async with database.tenant_connection(caller.tenant_id) as connection:
            await connection.execute("UPDATE jobs SET attempts = 3")
        await job_loop.run_next()
        project = await caller.read(accepted["id"])
        assert project["failure"]["code"] == "staging_interrupted"
        assert engine.runs == 0


class TestQuotaLater:
    async def test_worker_reserves_what_the_request_could_not(
        self,
        caller: Caller,
        job_loop: JobLoop,
        usage_svc: UsageService,
        database: Database,
        published: Published,
    ) -> None:
        await usage_svc.stop()
        accepted = await caller.project()
        await job_loop.run_next()
        assert (await caller.read(accepted["id"]))["status"] == "queued"
        await usage_svc.start()
        await make_due(database, caller.tenant_id)
        await job_loop.run_next()
        assert (await caller.read(accepted["id"]))["status"] == "staged"
        [held] = usage_svc.held_by(caller.tenant_id)
        events = await published(caller.tenant_id)
        [counted] = [e for e in events if isinstance(e, UsageRecorded) and e.meter == "staging"]
        assert counted.reservation_id == held

    async def test_wait_for_usage_svc_is_no_attempt(
        self, caller: Caller, job_loop: JobLoop, usage_svc: UsageService, database: Database
    ) -> None:
        await usage_svc.stop()
        await caller.project()
        for _ in range(5):
            assert await job_loop.run_next()
            await make_due(database, caller.tenant_id)
        assert await column(database, caller.tenant_id, "SELECT attempts FROM jobs") == 0

    async def test_quota_that_is_used_up_by_then_fails_the_project(
        self, caller: Caller, job_loop: JobLoop, usage_svc: UsageService, published: Published
    ) -> None:
        await usage_svc.stop()
        accepted = await caller.project()
        await usage_svc.start()
        usage_svc.limit = 0
        await job_loop.run_next()
        project = await caller.read(accepted["id"])
        assert project["failure"]["code"] == "quota_exceeded"
        assert len(of_type(await published(caller.tenant_id), StagingFailed)) == 1


class TestInterruption:
    async def test_stop_hands_the_job_back_uncounted(
        self, caller: Caller, job_loop: JobLoop, engine: ScriptedEngine, database: Database
    ) -> None:
        engine.waits = True
        accepted = await caller.project()
        running = asyncio.create_task(job_loop.run())
        await engine.started.wait()
        running.cancel()
        await asyncio.wait([running])
        assert (await caller.read(accepted["id"]))["status"] == "queued"
        assert await column(database, caller.tenant_id, "SELECT attempts FROM jobs") == 0
        engine.waits = False
        assert await job_loop.run_next()
        assert (await caller.read(accepted["id"]))["status"] == "staged"

    async def test_process_that_lost_its_lease_changes_nothing(
        self,
        caller: Caller,
        job_loop: JobLoop,
        engine: ScriptedEngine,
        database: Database,
        runner: TaskRunner,
        published: Published,
        keys: Keys,
    ) -> None:
        engine.waits = True
        accepted = await caller.project()
        slow = asyncio.create_task(job_loop.run_next())
        await engine.started.wait()
        await expire_lease(database, caller.tenant_id)
        engine.waits = False
        assert await job_loop.run_next()
        first = await caller.read(accepted["id"])
        engine.may_go_on.set()
        assert await slow
        assert await caller.read(accepted["id"]) == first
        counted = [
            e
            for e in await published(caller.tenant_id)
            if isinstance(e, UsageRecorded) and e.meter == "staging"
        ]
        assert len(counted) == 1
        # The intent deletes what the slow process had stored.
        assert len(keys(caller.tenant_id)) == 4
        await _all_due(database, caller.tenant_id)
        await runner.run_due()
        assert len(keys(caller.tenant_id)) == 3

    async def test_heartbeat_stops_the_work_once_the_lease_is_lost(
        self,
        caller: Caller,
        make_settings: MakeSettings,
        engine: ScriptedEngine,
        database: Database,
        claims: Database,
    ) -> None:
        engine.waits = True
        process = StagingProcess(make_settings(job_lease_seconds=0.3), lambda _: engine)
        try:
            await caller.project()
            running = asyncio.create_task(process.loops[0].run_next())
            await engine.started.wait()
            async with database.tenant_connection(caller.tenant_id) as connection:
                await connection.execute("UPDATE jobs SET lease_token = gen_random_uuid()")
            async with asyncio.timeout(10):
                await running
        finally:
            await process.close()

    async def test_deleted_project_stops_the_work_at_once(
        self,
        caller: Caller,
        process: StagingProcess,
        engine: ScriptedEngine,
        keys: Keys,
        runner: TaskRunner,
    ) -> None:
        engine.waits = True
        listening = asyncio.create_task(process.listener.run())
        await process.listener.connected.wait()
        accepted = await caller.project()
        running = asyncio.create_task(process.loops[0].run_next())
        await engine.started.wait()
        assert (await caller.delete(f"/v1/projects/{accepted['id']}")).status_code == 204
        async with asyncio.timeout(5):
            await running
        listening.cancel()
        await asyncio.wait([listening])
        await runner.run_due()
        assert keys(caller.tenant_id) == set()


class TestCrashPoints:
    """A crash between two steps, each time by an error where the process would have died."""

    async def test_between_putting_the_result_and_the_commit_no_orphan_stays(
        self,
        caller: Caller,
        job_loop: JobLoop,
        engine: ScriptedEngine,
        database: Database,
        runner: TaskRunner,
        keys: Keys,
    ) -> None:
        # The lease is taken away while the engine works: everything is put, nothing committed.
        engine.waits = True
        accepted = await caller.project()
        running = asyncio.create_task(job_loop.run_next())
        await engine.started.wait()
        async with database.tenant_connection(caller.tenant_id) as connection:
            await connection.execute("UPDATE jobs SET lease_token = gen_random_uuid()")
        engine.may_go_on.set()
        await running
        assert (await caller.read(accepted["id"]))["staged"] is None
        assert len(keys(caller.tenant_id)) == 3
        await _all_due(database, caller.tenant_id)
        await runner.run_due()
        owned = {
            row["object_key"]
            for row in await database.fetch(caller.tenant_id, "SELECT object_key FROM images")
        }
        assert keys(caller.tenant_id) == owned


async def _all_due(database: Database, tenant_id: UUID) -> None:
    async with database.tenant_connection(tenant_id) as connection:
        await connection.execute("UPDATE tasks SET due_at = now()")
