"""What cannot happen to a tenant now, and why."""

from stagify.errors import ConflictError


class TenantStatusError(ConflictError):
    """The tenant's status does not allow this."""

    code = "tenant_status"
