"""Roles: the built-in ones, and those that a tenant makes of their permissions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import get_args
from uuid import UUID

from identity_svc.roles import queries
from identity_svc.roles.errors import RoleNotAllowedError, UnknownRoleError
from identity_svc.roles.models import CustomRole
from identity_svc.roles.rules import OWNERS_ALONE, PERMISSIONS
from identity_svc.roles.schemas import BuiltInRole, RoleList, RoleRead
from stagify.database import Session

__all__ = [
    "CUSTOM",
    "GRANT_ERRORS",
    "OWNER",
    "OWNERS_ALONE",
    "Role",
    "RoleNotAllowedError",
    "UnknownRoleError",
    "add_role",
    "built_in",
    "change_role",
    "delete_role",
    "find_custom",
    "find_role",
    "list_roles",
    "permissions_of",
    "require_covers",
    "resolve",
    "stored_role",
]

# What may be wrong with a role that is to be given.
GRANT_ERRORS = (UnknownRoleError, RoleNotAllowedError)
# What stands for any role of the tenant's own in the column of the role.
CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Role:
    """A role as somebody has it. `key` names it for clients: a built-in name, or the id of the tenant's
    own role, which is also its `custom_id`."""

    key: str
    permissions: frozenset[str]
    custom_id: UUID | None = None

    @property
    def name(self) -> str:
        """What the column of the role holds."""
        return self.key if self.custom_id is None else CUSTOM


def built_in(name: BuiltInRole) -> Role:
    """The built-in role of this name."""
    return Role(name, PERMISSIONS[name])


OWNER = built_in("owner")
_BUILT_IN: dict[str, Role] = {name: built_in(name) for name in get_args(BuiltInRole)}


def permissions_of(name: BuiltInRole) -> frozenset[str]:
    """The permissions of a built-in role."""
    return PERMISSIONS[name]


def stored_role(name: str, custom_id: UUID | None, permissions: Sequence[str] | None) -> Role:
    """A role as it is stored: `permissions` are those of the tenant's own role, if it is one."""
    if custom_id is None:
        return _BUILT_IN[name]
    return Role(str(custom_id), frozenset(permissions or ()), custom_id)


async def resolve(session: Session, name: str, custom_id: UUID | None) -> Role:
    """The same, with the permissions that the tenant's own role has now."""
    if custom_id is None:
        return _BUILT_IN[name]
    tenant_id = session.info["tenant_id"]
    found = await session.get_one(CustomRole, (tenant_id, custom_id))
    return stored_role(name, custom_id, found.permissions)


async def find_role(session: Session, key: str) -> Role:
    """The role that a client means by `key`; UnknownRoleError if there is none."""
    if key in _BUILT_IN:
        return _BUILT_IN[key]
    try:
        custom_id = UUID(key)
    except ValueError:
        raise UnknownRoleError from None
    found = await session.get(CustomRole, (session.info["tenant_id"], custom_id))
    if found is None:
        raise UnknownRoleError
    return stored_role(CUSTOM, custom_id, found.permissions)


def require_covers(own: Role, permissions: Collection[str]) -> None:
    """RoleNotAllowedError unless `own` has all of `permissions`: nobody grants what they do not have, nor
    decides about somebody who may do more."""
    missing = sorted(set(permissions) - own.permissions)
    if missing:
        raise RoleNotAllowedError(needed=[*missing])


async def list_roles(session: Session) -> RoleList:
    """The built-in roles, and the tenant's own by name."""
    ours = [
        RoleRead(key=role.key, name=role.key, is_custom=False, permissions=sorted(role.permissions))
        for role in _BUILT_IN.values()
    ]
    theirs = [read_role(each) for each in await queries.find_all(session)]
    return RoleList(items=[*ours, *theirs])


async def add_role(session: Session, *, name: str, permissions: Collection[str]) -> RoleRead:
    """Store a role of the session's tenant."""
    role = CustomRole(
        tenant_id=session.info["tenant_id"], name=name, permissions=sorted(set(permissions))
    )
    session.add(role)
    await session.flush()
    return read_role(role)


async def find_custom(session: Session, role_id: UUID) -> RoleRead | None:
    """The tenant's own role with this id."""
    found = await session.get(CustomRole, (session.info["tenant_id"], role_id))
    return None if found is None else read_role(found)


async def change_role(
    session: Session, role_id: UUID, *, name: str | None, permissions: Collection[str] | None
) -> RoleRead:
    """Change a role of the tenant's own; what is None stays."""
    role = await session.get_one(CustomRole, (session.info["tenant_id"], role_id))
    role.name = role.name if name is None else name
    role.permissions = role.permissions if permissions is None else sorted(set(permissions))
    return read_role(role)


async def delete_role(session: Session, role_id: UUID) -> None:
    """Delete a role of the tenant's own, which nobody has."""
    await session.delete(await session.get_one(CustomRole, (session.info["tenant_id"], role_id)))


def read_role(role: CustomRole) -> RoleRead:
    """What is shown of a tenant's own role."""
    return RoleRead(
        key=str(role.id), name=role.name, is_custom=True, permissions=sorted(role.permissions)
    )
