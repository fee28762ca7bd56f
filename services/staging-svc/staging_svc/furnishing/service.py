"""What becomes of a project while it is staged. Every step names the lease of its job: a process
that has lost the lease gets LeaseLostError and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from stagify.database import Session
from stagify.events.staging import ProjectStaged, StagingFailed, StagingStarted
from stagify.events.usage import UsageRecorded
from stagify.outbox import publish
from staging_engine.port import Check, Hint
from staging_svc.images import service as images
from staging_svc.images.service import Forms, StoredPhoto
from staging_svc.objects import service as objects
from staging_svc.projects import service as projects
from staging_svc.projects.service import storage_changed, touch
from staging_svc.queue import service as queue
from staging_svc.queue.service import Lease
from staging_svc.quota.service import storage_reservation
from staging_svc.uploads import service as uploads

if TYPE_CHECKING:
    from staging_svc.projects.models import Project

# Shares of the progress: the photo is checked before the engine works, and the result stored after.
CHECKED = 0.1
FURNISHED = 0.95


async def locked_project(session: Session, lease: Lease) -> Project:
    """The leased project; first its job is locked, then the project itself."""
    await queue.locked(session, lease)
    return await projects.lock_project(session, lease.project_id)


async def begin(session: Session, lease: Lease, project: Project) -> None:
    """A process has begun; only the first attempt publishes an event."""
    if await queue.mark_started(session, lease):
        publish(
            session,
            StagingStarted(
                tenant_id=lease.tenant_id,
                project_id=lease.project_id,
                job_id=lease.job_id,
                reservation_id=project.reservation_id,
            ),
        )
    project.status = "processing"
    await touch(session, project)


async def report_progress(session: Session, lease: Lease, share: float) -> None:
    """Record how far the engine is, from 0 to 1; progress never goes backwards."""
    project = await locked_project(session, lease)
    progress = round(CHECKED + (FURNISHED - CHECKED) * min(max(share, 0.0), 1.0), 2)
    if progress > project.progress:
        project.progress = progress
        await touch(session, project)


async def keep_original(
    session: Session,
    lease: Lease,
    *,
    source: StoredPhoto,
    cleaned: StoredPhoto,
    forms: Forms,
    hints: Sequence[Hint],
) -> None:
    """The photo is good: the upload and its cleaned derivative become images of its first project,
    unless the job of another project of the photo was quicker. Then ours is deleted in time."""
    project = await locked_project(session, lease)
    photo = await projects.lock_photo(session, project)
    project.progress = CHECKED
    _give_hints(project, hints)
    await touch(session, project)
    if await images.image_of_project(session, photo.id, "original") is not None:
        return
    await images.add_image(session, projects.owner(photo), "source", source)
    await _own(session, photo, "original", cleaned, forms)
    upload = await uploads.upload_of_project(session, photo.id)
    size = source.size + cleaned.size
    if upload is not None and upload.is_counted_alone:
        # From now on the image stands for it.
        size -= source.size
        upload.is_counted_alone = False
    storage_changed(
        session,
        project,
        size,
        reservation_id=storage_reservation(upload.id) if upload is not None else None,
    )
    if photo is not project:
        await touch(session, photo)


async def complete(
    session: Session,
    lease: Lease,
    *,
    staged: StoredPhoto,
    forms: Forms,
    record: dict[str, Any],
    confidence: float,
    checks: Sequence[Check],
    hints: Sequence[Hint],
) -> None:
    """The furnished photo is ready: record project, job, image, events and usage, all or nothing."""
    project = await locked_project(session, lease)
    await queue.finish(session, lease, is_done=True)
    await _own(session, project, "staged", staged, forms)
    project.status = "staged"
    project.progress = 1.0
    project.record = record
    project.confidence = confidence
    project.checks = [asdict(check) for check in checks]
    _give_hints(project, hints)
    await touch(session, project)
    publish(
        session,
        ProjectStaged(
            tenant_id=lease.tenant_id,
            project_id=project.id,
            job_id=lease.job_id,
            image_id=staged.id,
            confidence=confidence,
            failed_checks=_failed(checks),
            reservation_id=project.reservation_id,
        ),
    )
    publish(
        session,
        UsageRecorded(
            tenant_id=lease.tenant_id,
            meter="staging",
            quantity=1,
            dimensions=projects.usage_dimensions(project),
            reservation_id=project.reservation_id,
        ),
    )
    storage_changed(session, project, staged.size)


async def fail(
    session: Session,
    lease: Lease,
    *,
    code: str,
    message: str,
    is_photo_useless: bool,
    checks: Sequence[Check],
    hints: Sequence[Hint],
) -> None:
    """The project cannot be staged: its reservation is released, and a useless upload deleted. One that
    is kept counts from now on, also if its photo was never checked."""
    project = await locked_project(session, lease)
    await queue.finish(session, lease, is_done=False)
    project.status = "failed"
    project.failure_code = code
    project.failure_message = message
    project.checks = [asdict(check) for check in checks]
    _give_hints(project, hints)
    await touch(session, project)
    if is_photo_useless:
        await _discard_photo(session, project)
    else:
        await projects.count_unchecked(session, project)
    publish(
        session,
        StagingFailed(
            tenant_id=lease.tenant_id,
            project_id=project.id,
            job_id=lease.job_id,
            code=code,
            failed_checks=_failed(checks),
            reservation_id=project.reservation_id,
        ),
    )


async def _discard_photo(session: Session, project: Project) -> None:
    photo = await projects.lock_photo(session, project)
    upload = await uploads.upload_of_project(session, photo.id)
    if upload is None:
        return
    if upload.is_counted_alone:
        storage_changed(session, project, -upload.size)
    await uploads.discard(session, upload)


async def wait_again(
    session: Session, lease: Lease, *, delay_seconds: float, is_counted: bool
) -> None:
    """The job goes back into the queue, and the project says so."""
    project = await locked_project(session, lease)
    await queue.requeue(session, lease, delay_seconds=delay_seconds, is_counted=is_counted)
    project.status = "queued"
    project.progress = 0.0
    await touch(session, project)


def _failed(checks: Sequence[Check]) -> list[str]:
    return [check.code for check in checks if not check.passed]


def _give_hints(project: Project, hints: Sequence[Hint]) -> None:
    """Add the hints that the project does not have yet."""
    given = {hint["code"] for hint in project.hints}
    new = [asdict(hint) for hint in hints if hint.code not in given]
    project.hints = [*project.hints, *new]


async def _own(
    session: Session,
    project: Project,
    kind: Literal["original", "staged"],
    unowned: StoredPhoto,
    forms: Forms,
) -> None:
    for each in (unowned, *forms.photos):
        await objects.withdraw(session, each.stored)
    await images.add_image(session, projects.owner(project), kind, unowned, forms)
