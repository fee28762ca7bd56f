"""What can go wrong with a tenant's own roles."""

from stagify.errors import (
    ConflictError,
    InvalidInputError,
    Members,
    NotFoundError,
    PaymentRequiredError,
)


class RoleNotFoundError(NotFoundError):
    """This role does not exist among those that the workspace has made."""

    code = "role_not_found"


class RoleNameTakenError(ConflictError):
    """There is a role of this name already."""

    code = "role_name_taken"


class RoleInUseError(ConflictError):
    """Members have this role: give them another one first."""

    code = "role_in_use"


class TooManyRolesError(ConflictError):
    """This workspace has as many roles of its own as it may."""

    code = "too_many_roles"
    example = Members(limit=50)


class PermissionNotGrantableError(InvalidInputError):
    """Only owners can hand over a workspace, or connect their company's log-in: no other role includes it."""

    code = "permission_not_grantable"


class FeatureNotIncludedError(PaymentRequiredError):
    """The plan of this workspace does not include roles of its own."""

    code = "feature_not_included"
