"""What can be wrong with a tenant."""

from stagify.errors import ForbiddenError


class TenantSuspendedError(ForbiddenError):
    """This workspace is suspended."""

    code = "tenant_suspended"
