"""The roles that a tenant makes for itself: made, changed and deleted by whoever has every permission in
them, before and after. A change counts for those who have the role within a second, as another role would."""

from collections.abc import Collection
from uuid import UUID

from identity_svc.custom_roles.errors import (
    PermissionNotGrantableError,
    RoleInUseError,
    RoleNameTakenError,
    RoleNotFoundError,
    TooManyRolesError,
)
from identity_svc.custom_roles.schemas import RoleCreate, RoleUpdate
from identity_svc.members import service as members
from identity_svc.members.service import require_actor
from identity_svc.roles import service as roles
from identity_svc.roles.schemas import RoleRead
from identity_svc.roles.service import OWNERS_ALONE, Role, require_covers
from identity_svc.service_accounts import service as service_accounts
from stagify.database import Session
from stagify.events.identity import RoleCreated, RoleDeleted, RoleUpdated
from stagify.outbox import publish
from stagify.principal import TenantPrincipal


async def create_role(
    session: Session, *, principal: TenantPrincipal, wanted: RoleCreate, max_roles: int
) -> RoleRead:
    """Make a role of the caller's permissions; a tenant has at most `max_roles` of its own."""
    own = await require_actor(session, principal, "roles:manage")
    _require_grantable(own, wanted.permissions)
    others = (await roles.list_roles(session)).items
    if sum(each.is_custom for each in others) >= max_roles:
        raise TooManyRolesError(limit=max_roles)
    _require_free(wanted.name, others)
    made = await roles.add_role(session, name=wanted.name, permissions=wanted.permissions)
    publish(
        session,
        RoleCreated(
            tenant_id=principal.tenant_id, role_id=UUID(made.key), permissions=made.permissions
        ),
    )
    return made


async def update_role(
    session: Session, *, principal: TenantPrincipal, role_id: UUID, wanted: RoleUpdate
) -> RoleRead:
    """Give a role another name, or other permissions."""
    own = await require_actor(session, principal, "roles:manage")
    old = await _get(session, role_id)
    _require_grantable(own, {*old.permissions, *(wanted.permissions or ())})
    if wanted.name is not None:
        others = (await roles.list_roles(session)).items
        _require_free(wanted.name, [each for each in others if each.key != old.key])
    new = await roles.change_role(
        session, role_id, name=wanted.name, permissions=wanted.permissions
    )
    if new != old:
        publish(
            session,
            RoleUpdated(
                tenant_id=principal.tenant_id, role_id=role_id, permissions=new.permissions
            ),
        )
    if new.permissions != old.permissions:
        await members.announce_role(session, role_id)
        await service_accounts.announce_role(session, role_id)
    return new


async def delete_role(session: Session, *, principal: TenantPrincipal, role_id: UUID) -> None:
    """Delete a role that nobody has. Invitations with it are worth nothing any more."""
    own = await require_actor(session, principal, "roles:manage")
    old = await _get(session, role_id)
    require_covers(own, old.permissions)
    if await members.is_held(session, role_id) or await service_accounts.is_held(session, role_id):
        raise RoleInUseError
    await roles.delete_role(session, role_id)
    publish(session, RoleDeleted(tenant_id=principal.tenant_id, role_id=role_id))


async def _get(session: Session, role_id: UUID) -> RoleRead:
    found = await roles.find_custom(session, role_id)
    if found is None:
        raise RoleNotFoundError
    return found


def _require_grantable(own: Role, permissions: Collection[str]) -> None:
    if OWNERS_ALONE & set(permissions):
        raise PermissionNotGrantableError
    require_covers(own, permissions)


def _require_free(name: str, others: Collection[RoleRead]) -> None:
    if name.casefold() in {each.name.casefold() for each in others}:
        raise RoleNameTakenError
