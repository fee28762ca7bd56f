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
