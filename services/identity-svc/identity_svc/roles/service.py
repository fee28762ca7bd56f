"""What a person with a role may do."""

from identity_svc.roles.rules import PERMISSIONS
from identity_svc.roles.schemas import Role


def permissions_of(role: Role) -> frozenset[str]:
    """The permissions of `role`."""
    return PERMISSIONS[role]
