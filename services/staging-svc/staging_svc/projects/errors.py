"""Refusals about projects."""

from stagify.errors import ConflictError, InvalidInputError, NotFoundError, RateLimitedError


class ProjectNotFoundError(NotFoundError):
    """There is no such project here."""

    code = "project_not_found"


class UnknownRoomTypeError(InvalidInputError):
    """There is no such room type: the catalog names them."""

    code = "unknown_room_type"


class UnknownStyleError(InvalidInputError):
    """There is no such style: the catalog names them."""

    code = "unknown_style"


class UnknownQualityError(InvalidInputError):
    """There is no such quality: the catalog names them."""

    code = "unknown_quality"


class TenantProvisioningError(ConflictError):
    """Your account is still being set up: try again in a few seconds."""

    code = "tenant_provisioning"


class TooManyStreamsError(RateLimitedError):
    """Too many live streams are open: close some or poll the project."""

    code = "too_many_streams"
