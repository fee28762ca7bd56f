"""What is refused about a tenant, and why."""

from stagify.errors import ConflictError, NotFoundError


class TenantNotFoundError(NotFoundError):
    """There is no such tenant."""

    code = "tenant_not_found"


class TenantConflictError(ConflictError):
    """A tenant with this id exists and differs."""

    code = "tenant_conflict"
