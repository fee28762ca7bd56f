"""What each role may do."""

from identity_svc.roles.schemas import Role
from stagify.permissions import ALL_PERMISSIONS

_VIEWER = frozenset({"tenant:read", "projects:read", "usage:read"})
_MEMBER = _VIEWER | {"projects:write"}
_ADMIN = _MEMBER | {"tenant:manage", "api_keys:manage", "members:manage"}

PERMISSIONS: dict[Role, frozenset[str]] = {
    "viewer": _VIEWER,
    "member": _MEMBER,
    "admin": _ADMIN,
    "owner": ALL_PERMISSIONS,
}
