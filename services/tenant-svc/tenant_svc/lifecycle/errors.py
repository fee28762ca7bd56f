"""Refusals of changes that a tenant's status does not allow."""

from stagify.errors import ConflictError


class TenantStatusError(ConflictError):
    """The tenant's status does not allow this."""

    code = "tenant_status"
