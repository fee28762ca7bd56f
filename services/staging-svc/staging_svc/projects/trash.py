"""The trash: what is deleted can be restored for `trash_days`, then it is deleted for good.

Of a project that is deleted for good, a row without a name stays for a week, so that the live stream of
a workspace can tell whoever was away. What is stored of a photo goes with the last project of the photo.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from stagify.clock import utc_now
from stagify.database import Session, driver_connection
from stagify.events.staging import ProjectDeleted, ProjectRestored, ProjectTrashed
from stagify.outbox import publish
from stagify.tasks import queue as tasks
from staging_svc.images import service as images
from staging_svc.projects import queries, service
from staging_svc.projects.attempts import UNFINISHED, end
from staging_svc.projects.errors import ProjectNotFoundError
from staging_svc.queue import service as queue
from staging_svc.uploads import service as uploads

if TYPE_CHECKING:
    from staging_svc.projects.models import Project

# Tasks: delete what has been in the trash for long enough; delete the row of what was deleted.
PURGE = "project.purge"
FORGET = "project.forget"

# Longer than a live stream can be resumed (`changes.RESUMABLE`).
REMEMBERED = timedelta(days=7)


async def trash_project(session: Session, project_id: UUID, *, kept: timedelta) -> None:
    """Put a project into the trash, and cancel its job; nothing happens if it is there."""
    await queries.take_turns(await driver_connection(session), project_id)
    await queue.cancel(session, project_id)
    project = await _lock(session, project_id)
    if project.deleted_at is not None:
        return
    if project.status in UNFINISHED:
        await end(session, project)
    project.deleted_at = utc_now()
    await service.touch(session, project)
    await tasks.enqueue(
        session,
        PURGE,
        {"project_id": str(project.id)},
        key=str(project.id),
        due_at=project.deleted_at + kept,
    )
    publish(session, ProjectTrashed(tenant_id=project.tenant_id, project_id=project.id))


async def restore_project(session: Session, project_id: UUID) -> None:
    """Take a project out of the trash; nothing happens if it is not there."""
    project = await _lock(session, project_id)
    if project.deleted_at is None:
        return
    project.deleted_at = None
    await service.touch(session, project)
    # If the task has begun, it finds the project outside the trash.
    await tasks.withdraw(session, PURGE, str(project.id))
    publish(session, ProjectRestored(tenant_id=project.tenant_id, project_id=project.id))


async def purge_project(session: Session, project_id: UUID) -> None:
    """Delete a project for good, in the trash or not; its job is cancelled, its reservation released."""
    await queries.take_turns(await driver_connection(session), project_id)
    await queue.cancel(session, project_id)
    project = await _lock(session, project_id)
    await tasks.withdraw(session, PURGE, str(project.id))
    await _purge(session, project)


async def purge_trashed(session: Session, project_id: UUID, *, kept: timedelta) -> None:
    """Delete a project for good if it has been in the trash for as long as it is `kept`."""
    await queries.take_turns(await driver_connection(session), project_id)
    project = await queries.lock_project(session, project_id)
    if project is None or project.purged_at is not None or project.deleted_at is None:
        return
    if project.deleted_at + kept <= utc_now():
        await _purge(session, project)


async def forget_project(session: Session, project_id: UUID) -> None:
    """Delete the row of a project that was deleted for good, unless its photo has variations; and
    the row of the first project of its photo, if this was what it was kept for."""
    project = await queries.lock_project(session, project_id)
    if project is None or not await _is_forgettable(session, project):
        return
    photo = await service.lock_photo(session, project)
    await session.delete(project)
    await session.flush()
    if photo is not project and await _is_forgettable(session, photo):
        await session.delete(photo)


async def _is_forgettable(session: Session, project: Project) -> bool:
    if project.purged_at is None or project.purged_at + REMEMBERED > utc_now():
        return False
    return not await queries.has_variations(session, project.id)


async def _lock(session: Session, project_id: UUID) -> Project:
    project = await queries.lock_project(session, project_id)
    if project is None or project.purged_at is not None:
        raise ProjectNotFoundError
    return project


async def _purge(session: Session, project: Project) -> None:
    now = utc_now()
    await queue.forget(session, project.id)
    photo = await service.lock_photo(session, project)
    is_photo_used = await queries.is_photo_used(session, photo.id, besides=project.id)
    freed = await images.delete_images(session, project.id, due_at=now, is_photo_kept=is_photo_used)
    if not is_photo_used:
        if photo is not project:
            freed += await images.delete_images(session, photo.id, due_at=now)
        freed += await _discard_upload(session, photo)
    service.storage_changed(session, project, -freed)
    publish(
        session,
        ProjectDeleted(
            tenant_id=project.tenant_id,
            project_id=project.id,
            reservation_id=project.reservation_id,
        ),
    )
    await _leave_row(session, project)


async def _discard_upload(session: Session, photo: Project) -> int:
    """Delete the photo as it was uploaded; returns the bytes that no image stood for."""
    upload = await uploads.upload_of_project(session, photo.id)
    if upload is None:
        return 0
    counted = upload.size if upload.is_counted_alone else 0
    await uploads.discard(session, upload)
    return counted


async def _leave_row(session: Session, project: Project) -> None:
    """Nothing that was typed, and nobody who did something, stays."""
    project.purged_at = utc_now()
    project.deleted_at = project.deleted_at or project.purged_at
    project.name = ""
    project.status = "cancelled" if project.status in UNFINISHED else project.status
    project.failure_message = project.record = project.created_by = None
    project.hints, project.usage_dimensions = [], {}
    project.is_final = project.is_favourite = False
    # Files of the photo that other projects need.
    await images.rename(session, service.owner(project))
    await service.touch(session, project)
    await tasks.enqueue(
        session,
        FORGET,
        {"project_id": str(project.id)},
        key=str(project.id),
        due_at=project.purged_at + REMEMBERED,
    )
