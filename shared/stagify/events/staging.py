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
    # The first project of the same photo, if this is a variation of it.
    variation_of: UUID | None = None


class ProjectRetried(ProjectEvent):
    """A project that had failed or was cancelled waits to be staged once more, with a new reservation."""

    event_type = "stagify.project.retried.v1"
    topic = Topic.STAGING


class ProjectCancelled(ProjectEvent):
    """The project is not staged, because someone said so; its reservation is released."""

    event_type = "stagify.project.cancelled.v1"
    topic = Topic.STAGING


class ProjectRenamed(ProjectEvent):
    """The project has another name, which the event does not tell."""

    event_type = "stagify.project.renamed.v1"
    topic = Topic.STAGING


class ProjectFavoured(ProjectEvent):
    """The project is a favourite of the workspace, or not any more."""

    event_type = "stagify.project.favoured.v1"
    topic = Topic.STAGING
    is_favourite: bool


class ProjectChosen(ProjectEvent):
    """Of all projects of the photo, this one is final. `photo_id` is the first of them."""

    event_type = "stagify.project.chosen.v1"
    topic = Topic.STAGING
    photo_id: UUID


class ProjectTrashed(ProjectEvent):
    """The project is in the trash; it can be restored until it is deleted."""

    event_type = "stagify.project.trashed.v1"
    topic = Topic.STAGING


class ProjectRestored(ProjectEvent):
    """The project was taken out of the trash."""

    event_type = "stagify.project.restored.v1"
    topic = Topic.STAGING


class StagingStarted(ProjectEvent):
    """A worker has begun to stage the photo."""

    event_type = "stagify.staging.started.v1"
    topic = Topic.STAGING
    job_id: UUID


class ProjectStaged(ProjectEvent):
    """The furnished photo is ready. `confidence`, from 0 to 1, is how likely it is that it can be
    published as it is; `failed_checks` are the codes of what the engine was not sure of."""

    event_type = "stagify.project.staged.v1"
    topic = Topic.STAGING
    job_id: UUID
    image_id: UUID
    confidence: float | None = None
    failed_checks: list[str] | None = None


class StagingFailed(ProjectEvent):
    """The project could not be staged; its reservation is released. `code` says why, and
    `failed_checks`, by their codes, what the engine saw."""

    event_type = "stagify.staging.failed.v1"
    topic = Topic.STAGING
    job_id: UUID
    code: str
    failed_checks: list[str] | None = None


class ProjectDeleted(ProjectEvent):
    """The project and its images were deleted for good; an open reservation is released."""

    event_type = "stagify.project.deleted.v1"
    topic = Topic.STAGING
