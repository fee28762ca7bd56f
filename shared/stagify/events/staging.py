"""Events of staging-svc. `reservation_id` names the quota reservation at usage-svc."""

from uuid import UUID

from stagify.events.base import TenantEvent
from stagify.topology import Topic


class UploadDeleted(TenantEvent):
    """An upload has ended, and its photo is deleted; `reservation_id` names the storage it held, which
    is released unless a project's use of it was recorded."""

    event_type = "stagify.upload.deleted.v1"
    topic = Topic.STAGING
    key_field = "upload_id"
    upload_id: UUID
    reservation_id: UUID


class ProjectEvent(TenantEvent):
    """Base of the events about one project."""

    key_field = "project_id"
    project_id: UUID
    reservation_id: UUID | None = None


class ProjectCreated(ProjectEvent):
    """A project was accepted and waits to be staged; its reservation lasts as long as the job."""

    event_type = "stagify.project.created.v1"
    topic = Topic.STAGING
    room_type: str
    style: str
    created_by: UUID | None = None


class StagingStarted(ProjectEvent):
    """A worker has begun to stage the photo."""

    event_type = "stagify.staging.started.v1"
    topic = Topic.STAGING
    job_id: UUID


class ProjectStaged(ProjectEvent):
    """The furnished photo is ready."""

    event_type = "stagify.project.staged.v1"
    topic = Topic.STAGING
    job_id: UUID
    image_id: UUID


class StagingFailed(ProjectEvent):
    """The project could not be staged; its reservation is released. `code` says why."""

    event_type = "stagify.staging.failed.v1"
    topic = Topic.STAGING
    job_id: UUID
    code: str


class ProjectDeleted(ProjectEvent):
    """The project and its images were deleted; an open reservation is released."""

    event_type = "stagify.project.deleted.v1"
    topic = Topic.STAGING
