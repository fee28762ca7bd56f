"""A photo or a wish that can never be furnished fails the project at once."""

import pytest

from stagify.events.staging import ProjectCreated, StagingFailed
from stagify.events.usage import UsageRecorded
from stagify.tasks.runner import TaskRunner
from staging_engine.port import StagingRefusedError
from staging_svc.furnishing.job_loop import JobLoop
from staging_testing import Caller, Keys, Published, ScriptedEngine, huge_png, of_type, room_photo


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
    assert failed.code == expected
    assert failed.reservation_id == created.reservation_id
    assert not of_type(events, UsageRecorded)
    assert engine.runs == 0


async def test_useless_upload_is_deleted(
    caller: Caller, job_loop: JobLoop, runner: TaskRunner, keys: Keys
) -> None:
    await caller.project(b"not a photo at all")
    await job_loop.run_next()
    await runner.run_due()
    assert keys(caller.tenant_id) == set()


async def test_engine_may_refuse(caller: Caller, job_loop: JobLoop, engine: ScriptedEngine) -> None:
    engine.errors = [StagingRefusedError("cannot_place", "No free wall was found.")]
    accepted = await caller.project()
    await job_loop.run_next()
    project = await caller.read(accepted["id"])
    assert project["failure"] == {
        "code": "cannot_place",
        "message": "No free wall was found.",
    }
    assert project["original"] is not None
