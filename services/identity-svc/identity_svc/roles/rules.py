"""What each role may do: the only table of it."""

from collections.abc import Iterator
from typing import get_args

from identity_svc.roles.schemas import BuiltInRole
from stagify.permissions import ALL_PERMISSIONS, Permission

_VIEWER = frozenset({"tenant:read", "projects:read", "usage:read", "members:read"})
_MEMBER = _VIEWER | {"projects:write", "shares:manage"}
_ADMIN = _MEMBER | {
    "tenant:manage",
    "domains:manage",
    "members:manage",
    "api_keys:manage",
    "webhooks:manage",
    "audit:read",
    "billing:read",
}

PERMISSIONS: dict[BuiltInRole, frozenset[str]] = {
    "owner": ALL_PERMISSIONS,
    "admin": _ADMIN,
    "member": _MEMBER,
    "viewer": _VIEWER,
}
# What only an owner can have: to hand it on as a whole, and to say who speaks for its people.
OWNERS_ALONE = frozenset({"ownership:transfer", "sso:manage"})


def table() -> Iterator[str]:
    """The lines of the table in docs/roles.md."""
    yield f"| permission | {' | '.join(PERMISSIONS)} |"
    yield "|---" * (len(PERMISSIONS) + 1) + "|"
    for permission in get_args(Permission):
        marks = ("●" if permission in may else " " for may in PERMISSIONS.values())
        yield f"| `{permission}` | {' | '.join(marks)} |"
