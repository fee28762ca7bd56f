"""What can go wrong with roles."""

from stagify.errors import ForbiddenError, InvalidInputError, Members


class UnknownRoleError(InvalidInputError):
    """This role does not exist: the workspace's roles list those that do."""

    code = "unknown_role"


class RoleNotAllowedError(ForbiddenError):
    """Nobody gives or takes a role that may do more than they may."""

    code = "role_not_allowed"
    example = Members(needed=["billing:manage"])
