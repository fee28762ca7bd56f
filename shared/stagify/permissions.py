"""Roles and what they may do. A role is a named set of permissions; routes ask for permissions."""

from typing import Literal, get_args

Role = Literal["owner", "admin", "member", "viewer"]

Permission = Literal[
    "tenant:read",
    "tenant:manage",
    "projects:read",
    "projects:write",
    "usage:read",
    "billing:manage",
    "api_keys:manage",
    "members:manage",
]

ALL_PERMISSIONS: frozenset[str] = frozenset(get_args(Permission))

_VIEWER = frozenset({"tenant:read", "projects:read", "usage:read"})
_MEMBER = _VIEWER | {"projects:write"}
_ADMIN = _MEMBER | {"tenant:manage", "api_keys:manage", "members:manage"}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "member": _MEMBER,
    "admin": _ADMIN,
    "owner": ALL_PERMISSIONS,
}
