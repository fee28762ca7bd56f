"""A photo or a wish that can never be furnished fails the project at once."""

import httpx
import pytest

from photos_testing import encoded, fields
from stagify.events.staging import ProjectCreated, StagingFailed
from stagify.events.usage import UsageRecorded
from stagify.tasks.runner import TaskRunner
from staging_engine.port import Hint, StagingRefusedError
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.photos import service as photos
from staging_testing import (
    Caller,
    Keys,
    Published,
    Rows,
    ScriptedEngine,
    huge_png,
    of_type,
    room_photo,
)


@pytest.mark.parametrize(
    ("photo", "declared", "expected"),
    [
        (huge_png(50_000, 50_000), "image/png", "photo_too_large"),
        (room_photo()[:3000], "image/jpeg", "photo_truncated"),
        (b"<html><script>alert(1)</script></html>", "image/jpeg", "photo_not_an_image"),
        (room_photo(399, 600), "image/jpeg", "photo_too_small"),
        (room_photo(12_000, 1_000), "image/jpeg", "photo_too_narrow"),
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


@pytest.mark.parametrize(
    ("kind", "content_type", "extension"),
    [
        ("PNG", "image/png", "png"),
        ("WEBP", "image/webp", "webp"),
        ("HEIF", "image/heic", "heic"),
        ("AVIF", "image/avif", "avif"),
    ],
)
async def test_content_decides_and_not_what_was_declared(
    caller: Caller, job_loop: JobLoop, rows: Rows, kind: str, content_type: str, extension: str
) -> None:
    photo = encoded(fields(), kind)
    accepted = await caller.project(photo, "image/jpeg", name="Attic")
    await job_loop.run_next()
    assert await caller.status_of(accepted["id"]) == "staged"
    source_id = await rows.value("SELECT id FROM images WHERE kind = 'source'")
    link = await caller.get(f"/v1/images/{source_id}")
    async with httpx.AsyncClient() as store:
        served = await store.get(link.headers["location"])
    assert served.content == photo
    assert served.headers["content-type"] == content_type
    assert f'filename="Attic-source.{extension}"' in served.headers["content-disposition"]


async def test_hints_are_told_with_the_result_and_with_a_refusal(
    caller: Caller, job_loop: JobLoop, engine: ScriptedEngine
) -> None:
    sideways = Hint("sideways", "It lies on its side.")
    moving = encoded(fields(), "PNG", save_all=True, append_images=[fields().rotate(180)])
    engine.errors = [StagingRefusedError("cannot_place", "No wall.", hints=(sideways,))]
    hints = []
    for photo in (moving, moving, room_photo()):
        accepted = await caller.project(photo, "image/png")
        assert accepted["hints"] == []
        await job_loop.run_next()
        hints.append((await caller.read(accepted["id"]))["hints"])
    first = {"code": "first_picture_only", "message": photos.FIRST_PICTURE_ONLY.message}
    assert hints == [[first, {"code": "sideways", "message": "It lies on its side."}], [first], []]


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
