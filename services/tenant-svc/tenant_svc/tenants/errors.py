"""Refusals about tenants."""

from stagify.errors import ConflictError, NotFoundError


class TenantNotFoundError(NotFoundError):
    """This workspace does not exist."""

    code = "tenant_not_found"


class TenantConflictError(ConflictError):
    """A different tenant with this id exists already."""

    code = "tenant_conflict"
