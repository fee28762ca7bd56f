"""No step of a job changes anything once its lease is lost, and none works on a row that another
transaction may be changing."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from stagify.database import Database, Session
from stagify.ids import new_id
from stagify.testing import eventually
from staging_engine.port import Check, Hint
from staging_svc.furnishing import service
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.images.service import Forms, StoredPhoto
from staging_svc.objects.service import StoredObject
from staging_svc.photos import service as photos
from staging_svc.projects import service as projects
from staging_svc.queue import service as queue
from staging_svc.queue.service import Lease, LeaseLostError, claim_next
from staging_svc.quota.service import Quota
from staging_testing import Caller, Published, Rows, ScriptedEngine, UsageService

Step = Callable[[Session, Lease], Awaitable[object]]

PHOTO = StoredPhoto(
    id=new_id(),
    stored=StoredObject("bucket", "key"),
    content_type="image/jpeg",
    width=800,
    height=600,
    size=1000,
    sha256="0" * 64,
)
FORMS = Forms(smaller=(PHOTO,), other_label=PHOTO, has_label=True, placeholder="x")
HINTS = (Hint("sideways", "It lies on its side."),)
CHECKS = (Check("room_shape", False, "No wall was seen."),)

STEPS: dict[str, Step] = {
    "report_progress": partial(service.report_progress, share=0.5),
    "keep_original": partial(
        service.keep_original, source=PHOTO, cleaned=PHOTO, forms=FORMS, hints=HINTS
    ),
    "complete": partial(
        service.complete,
        staged=PHOTO,
        forms=FORMS,
        record={},
        confidence=0.5,
        checks=CHECKS,
        hints=HINTS,
    ),
    "fail": partial(
        service.fail, code="x", message="x", is_photo_useless=True, checks=CHECKS, hints=HINTS
    ),
    "wait_again": partial(service.wait_again, delay_seconds=0, is_counted=True),
}
STATE = """
SELECT json_build_object(
    'projects', (SELECT json_agg(p) FROM projects p), 'images', (SELECT json_agg(i) FROM images i),
    'uploads', (SELECT json_agg(u) FROM uploads u), 'tasks', (SELECT json_agg(id) FROM tasks),
    'jobs', (SELECT json_agg(json_build_object('state', state, 'due', due_at)) FROM jobs))::text
"""


async def claimed(claims: Database) -> Lease:
    async with claims.tenant_connection(None) as connection:
        lease = await claim_next(connection, lease_seconds=30)
    assert lease is not None
    return lease


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
async def test_step_after_the_loss_changes_nothing(
    caller: Caller,
    claims: Database,
    database: Database,
    rows: Rows,
    published: Published,
    step: Step,
) -> None:
    await caller.project()
    lease = await claimed(claims)
    await rows.take_lease_away()
    before, events = await rows.value(STATE), await published(caller.tenant_id)
    with pytest.raises(LeaseLostError):
        async with database.tenant(lease.tenant_id) as session:
            await step(session, lease)
    assert await rows.value(STATE) == before
    assert await published(caller.tenant_id) == events


@pytest.mark.parametrize("table", ["jobs", "projects"])
async def test_rows_are_locked_from_the_look_to_the_write(
    caller: Caller, claims: Database, database: Database, table: str
) -> None:
    await caller.project()
    lease = await claimed(claims)
    async with database.tenant(lease.tenant_id) as session:
        await service.locked_project(session, lease)
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with database.tenant_connection(lease.tenant_id) as connection:
                await connection.execute(f"SELECT 1 FROM {table} FOR UPDATE NOWAIT")


async def test_progress_never_goes_backwards(
    caller: Caller, claims: Database, database: Database, rows: Rows
) -> None:
    await caller.project()
    lease = await claimed(claims)
    for share in (0.8, 0.2, -1.0):
        async with database.tenant(lease.tenant_id) as session:
            await service.report_progress(session, lease, share)
    assert await rows.value("SELECT progress FROM projects") == 0.78


async def test_lease_that_is_lost_while_usage_svc_answers(
    caller: Caller,
    job_loop: JobLoop,
    engine: ScriptedEngine,
    usage_svc: UsageService,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await usage_svc.stop()
    await caller.project()
    await usage_svc.start()
    reserve = Quota.reserve

    async def slowly(quota: Quota, *args: Any, **options: Any) -> bool:
        is_reserved = await reserve(quota, *args, **options)
        await rows.take_lease_away()
        return is_reserved

    monkeypatch.setattr(Quota, "reserve", slowly)
    assert await job_loop.run_next()
    assert not await rows.value("SELECT is_reserved FROM projects")
    assert await rows.value("SELECT status FROM projects") == "queued"
    assert engine.runs == 0


async def test_lease_that_is_lost_while_the_photo_is_cleaned(
    caller: Caller,
    job_loop: JobLoop,
    engine: ScriptedEngine,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clean = photos.clean_photo

    async def slowly(source: Path, target: Path) -> photos.CleanedPhoto:
        cleaned = await clean(source, target)
        await rows.take_lease_away()
        return cleaned

    monkeypatch.setattr(photos, "clean_photo", slowly)
    await caller.project()
    assert await job_loop.run_next()
    assert await rows.value("SELECT count(*) FROM images") == 0
    assert engine.runs == 0


async def test_deletion_waits_for_the_step_in_hand(
    caller: Caller, claims: Database, database: Database
) -> None:
    """Both lock the job first, so neither can wait for the other."""
    accepted = await caller.project()
    lease = await claimed(claims)

    async def is_waiting() -> bool:
        async with database.tenant_connection(None) as connection:
            return bool(
                await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
            )

    async with database.tenant(lease.tenant_id) as session:
        await queue.locked(session, lease)
        deleting = asyncio.create_task(caller.delete(f"/v1/projects/{accepted['id']}"))
        await eventually(is_waiting)
        await projects.lock_project(session, lease.project_id)
    assert (await deleting).status_code == 204
