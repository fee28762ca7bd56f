"""Refusals about projects."""

from stagify.errors import (
    ConflictError,
    InvalidInputError,
    Members,
    NotFoundError,
    RateLimitedError,
)


class ProjectNotFoundError(NotFoundError):
    """This project does not exist."""

    code = "project_not_found"


class ProjectInTrashError(ConflictError):
    """This project is in the trash: restore it first."""

    code = "project_in_trash"


class ProjectEndedError(ConflictError):
    """This project is neither waiting nor being staged, so there is nothing to cancel."""

    code = "project_ended"


class ProjectNotEndedError(ConflictError):
    """Only a project that has failed or was cancelled can be tried again."""

    code = "project_not_retryable"


class ProjectNotStagedError(ConflictError):
    """Only a project that is staged can be chosen."""

    code = "project_not_staged"


class PhotoGoneError(ConflictError):
    """The photo of this project could not be used and was deleted: upload another one."""

    code = "photo_gone"


class PhotoBusyError(ConflictError):
    """Too many variations of this photo are being made at this moment: try again soon."""

    code = "photo_busy"


class UnknownRoomTypeError(InvalidInputError):
    """This room type does not exist: the catalog lists them."""

    code = "unknown_room_type"
    example = Members(allowed=["living_room"])


class UnknownStyleError(InvalidInputError):
    """This style does not exist: the catalog lists them."""

    code = "unknown_style"
    example = Members(allowed=["modern"])


class UnknownQualityError(InvalidInputError):
    """This quality does not exist: the catalog lists them."""

    code = "unknown_quality"
    example = Members(allowed=["standard"])


class TenantProvisioningError(ConflictError):
    """This workspace is still being set up: try again in a few seconds."""

    code = "tenant_provisioning"


class TooManyStreamsError(RateLimitedError):
    """Too many live streams are open: close some, or poll the project instead."""

    code = "too_many_streams"
    example = Members(limit=20)
