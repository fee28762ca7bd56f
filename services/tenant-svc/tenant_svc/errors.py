"""What tenant-svc refuses, and why."""

from stagify.errors import ConflictError, InvalidInputError, NotFoundError


class SlugInvalidError(InvalidInputError):
    """A slug has 3 to 40 characters, a-z, 0-9 and single hyphens, and starts with a letter."""

    code = "slug_invalid"


class SlugReservedError(InvalidInputError):
    """This slug is reserved."""

    code = "slug_reserved"


class SlugTakenError(ConflictError):
    """Someone else has this slug."""

    code = "slug_taken"


class TenantNotFoundError(NotFoundError):
    """There is no such tenant."""

    code = "tenant_not_found"


class TenantConflictError(ConflictError):
    """A tenant with this id exists and differs."""

    code = "tenant_conflict"


class TenantExpiredError(ConflictError):
    """The sign-up behind this tenant was not finished in time."""

    code = "tenant_expired"


class TenantStatusError(ConflictError):
    """The tenant's status does not allow this."""

    code = "tenant_status"
