"""Memberships: a person's role in a tenant."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from identity_svc.members import queries
from identity_svc.members.errors import LastOwnerError, MemberNotFoundError
from identity_svc.members.models import FormerMember, Membership
from identity_svc.members.schemas import MemberPage, MemberRead
from identity_svc.people.service import Account, find_accounts
from identity_svc.roles import service as roles
from identity_svc.roles.service import OWNER, Role, require_covers
from identity_svc.seats.service import count_seat
from identity_svc.tenants.service import lock_tenant
from stagify.auth import MissingPermissionError
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import UnauthorizedError
from stagify.events.identity import (
    MemberJoined,
    MemberLoggedOut,
    MemberRemoved,
    MemberRestored,
    MemberRoleChanged,
)
from stagify.outbox import publish
from stagify.pagination import PageParams, encode_cursor
from stagify.principal import TenantPrincipal

__all__ = [
    "RESTORABLE",
    "LastOwnerError",
    "MemberNotFoundError",
    "add_member",
    "announce_role",
    "change_role",
    "count_members",
    "end_membership",
    "find_former",
    "find_member",
    "find_members",
    "find_own_roles",
    "find_owners",
    "find_removal",
    "find_role",
    "forget_former",
    "get_member",
    "hold_membership",
    "hold_role",
    "is_held",
    "is_logged_out_since",
    "list_members",
    "log_out_member",
    "put_back",
    "read_member",
    "require_actor",
    "require_other_owner",
    "role_of",
    "set_role",
]

# For so long somebody who was removed can be brought back as they were.
RESTORABLE = timedelta(days=30)


async def add_member(
    session: Session,
    *,
    tenant_id: UUID,
    user_id: UUID,
    role: Role,
    reservation_id: UUID | None = None,
) -> Membership:
    """Let a person into the tenant, in the seat that was reserved. Somebody who was removed gets their id
    back, and nothing else."""
    former = await queries.find_former(session, user_id)
    membership = Membership(
        tenant_id=tenant_id, user_id=user_id, role=role.name, custom_role_id=role.custom_id
    )
    if former is not None:
        membership.id = former.id
        await session.delete(former)
    session.add(membership)
    await session.flush()
    publish(session, MemberJoined(tenant_id=tenant_id, user_id=user_id, role=role.key))
    count_seat(
        session, tenant_id=tenant_id, user_id=user_id, change=1, reservation_id=reservation_id
    )
    return membership


async def find_own_roles(session: Session, user_id: UUID) -> dict[UUID, str]:
    """The person's role in each of their tenants, by its id; `custom` for one that the tenant has made. In
    a transaction of the person."""
    return await queries.find_own(session, user_id)


async def find_role(session: Session, user_id: UUID) -> Role | None:
    """The person's role in the session's tenant; None if they have none."""
    found = await queries.find_membership(session, user_id)
    return None if found is None else await role_of(session, found)


async def hold_role(session: Session, user_id: UUID) -> Role | None:
    """The same, and their membership cannot end until the transaction does. Whoever opens a session asks
    for this, or the session would survive a removal that came meanwhile."""
    found = await queries.find_membership(session, user_id, is_held=True)
    return None if found is None else await role_of(session, found)


async def role_of(session: Session, member: Membership) -> Role:
    """The role that a member has now."""
    return await roles.resolve(session, member.role, member.custom_role_id)


async def require_actor(session: Session, principal: TenantPrincipal, *needed: str) -> Role:
    """The role that the caller has at this moment, with all permissions that are `needed`. From here on
    nobody's role in the tenant changes but in this transaction: whoever has just lost a role can give
    nothing with it, and two who take from each other come one after the other."""
    await lock_tenant(session, principal.tenant_id)
    own = None if principal.user_id is None else await find_role(session, principal.user_id)
    if own is None:
        raise UnauthorizedError
    missing = sorted({*needed} - own.permissions)
    if missing:
        raise MissingPermissionError(needed=[*missing])
    return own


async def find_owners(session: Session) -> Sequence[UUID]:
    """The people who own the session's tenant."""
    return await queries.find_owner_ids(session)


async def count_members(session: Session) -> int:
    """How many people belong to the session's tenant."""
    return await queries.count_all(session)


async def get_member(session: Session, member_id: UUID) -> Membership:
    """The member with this id; MemberNotFoundError if there is none."""
    found = await session.get(Membership, (session.info["tenant_id"], member_id))
    if found is None:
        raise MemberNotFoundError
    return found


async def find_member(session: Session, user_id: UUID) -> Membership | None:
    """The person's membership in the session's tenant."""
    return await queries.find_membership(session, user_id)


async def find_members(session: Session, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people who belong to the session's tenant."""
    return await queries.find_members(session, user_ids)


async def is_held(session: Session, custom_role_id: UUID) -> bool:
    """Whether anybody has this role of the tenant's own."""
    return bool(await queries.find_holders(session, custom_role_id))


async def find_removal(session: Session, user_id: UUID) -> datetime | None:
    """When somebody was removed who belonged to the session's tenant lately."""
    former = await queries.find_former(session, user_id)
    return None if former is None else former.removed_at


async def require_other_owner(session: Session, member: Membership) -> None:
    """LastOwnerError if the member is the only owner; in a transaction that has locked the tenant."""
    if member.role == OWNER.name and await queries.count_owners(session) == 1:
        raise LastOwnerError


async def change_role(
    session: Session, *, principal: TenantPrincipal, member_id: UUID, key: str
) -> MemberRead:
    """Give a member another role, which counts everywhere within a second."""
    own = await require_actor(session, principal, "members:manage")
    member = await get_member(session, member_id)
    old, new = await role_of(session, member), await roles.find_role(session, key)
    require_covers(own, old.permissions | new.permissions)
    if new.key != old.key:
        await require_other_owner(session, member)
        set_role(session, member, new, previous=old)
    return await read_member(session, member)


def set_role(session: Session, member: Membership, role: Role, *, previous: Role) -> None:
    """Write a member's new role; whether that is allowed, the caller has decided."""
    member.role, member.custom_role_id = role.name, role.custom_id
    _announce(session, member, role.key, previous.key)


async def announce_role(session: Session, custom_role_id: UUID) -> None:
    """Tell that this role of the tenant's own has other permissions, for each who has it."""
    key = str(custom_role_id)
    for member in await queries.find_holders(session, custom_role_id):
        _announce(session, member, key, key)


def _announce(session: Session, member: Membership, role: str, previous: str) -> None:
    publish(
        session,
        MemberRoleChanged(
            tenant_id=member.tenant_id, user_id=member.user_id, role=role, previous_role=previous
        ),
    )


async def end_membership(session: Session, member: Membership, *, by: UUID) -> FormerMember:
    """Make somebody a former member; their row in `memberships` stays until the caller has ended what
    hangs on it, and deletes it. The person is locked before that, as at a log-in."""
    former = FormerMember(
        tenant_id=member.tenant_id,
        id=member.id,
        created_at=member.created_at,
        user_id=member.user_id,
        role=member.role,
        custom_role_id=member.custom_role_id,
        removed_by=by,
    )
    session.add(former)
    await session.flush()
    means = "left" if by == member.user_id else "removed"
    publish(session, MemberRemoved(tenant_id=member.tenant_id, user_id=member.user_id, means=means))
    count_seat(session, tenant_id=member.tenant_id, user_id=member.user_id, change=-1)
    return former


async def hold_membership(session: Session, member: Membership) -> None:
    """Wait for those who are about to open a session for a member, and let nobody begin to."""
    await session.refresh(member, with_for_update=True)


def log_out_member(session: Session, member: Membership) -> None:
    """Let no log-in of the member's from before this moment open a session; in a transaction that holds
    the membership."""
    member.logged_out_at = utc_now()
    publish(session, MemberLoggedOut(tenant_id=member.tenant_id, user_id=member.user_id))


async def is_logged_out_since(session: Session, user_id: UUID, auth_time: datetime) -> bool:
    """Whether all of the person's sessions in the tenant have been ended since they have logged in."""
    logged_out_at = await queries.find_logged_out_at(session, user_id)
    return logged_out_at is not None and logged_out_at >= auth_time


async def find_former(session: Session, member_id: UUID) -> FormerMember | None:
    """The former member with this id, if they can still be restored."""
    found = await session.get(FormerMember, (session.info["tenant_id"], member_id))
    return None if found is None or found.removed_at <= utc_now() - RESTORABLE else found


async def put_back(
    session: Session, former: FormerMember, role: Role, *, reservation_id: UUID
) -> MemberRead:
    """Make a former member one again, as they were but for the role, in the seat that was reserved."""
    member = Membership(
        tenant_id=former.tenant_id,
        id=former.id,
        created_at=former.created_at,
        user_id=former.user_id,
        role=role.name,
        custom_role_id=role.custom_id,
    )
    await session.delete(former)
    session.add(member)
    await session.flush()
    publish(
        session,
        MemberRestored(tenant_id=member.tenant_id, user_id=member.user_id, role=role.key),
    )
    count_seat(
        session,
        tenant_id=member.tenant_id,
        user_id=member.user_id,
        change=1,
        reservation_id=reservation_id,
    )
    return await read_member(session, member)


async def read_member(session: Session, member: Membership) -> MemberRead:
    """What is shown of a member."""
    return (await _read_all(session, [member]))[0]


async def list_members(session: Session, params: PageParams, *, with_removed: bool) -> MemberPage:
    """The members, newest first; also those who were removed lately, if asked for."""
    after, limit = params.after, params.limit + 1
    found: list[Membership | FormerMember] = [
        *await queries.find_page(session, after=after, limit=limit)
    ]
    if with_removed:
        since = utc_now() - RESTORABLE
        found += await queries.find_former_page(session, since=since, after=after, limit=limit)
        found = sorted(found, key=lambda each: each.id, reverse=True)[:limit]
    shown = found[: params.limit]
    next_cursor = encode_cursor(shown[-1].id) if len(found) > params.limit else None
    return MemberPage(items=await _read_all(session, shown), next_cursor=next_cursor)


async def _read_all(
    session: Session, found: Sequence[Membership | FormerMember]
) -> list[MemberRead]:
    accounts = await find_accounts(session, [each.user_id for each in found])
    known = {role.key for role in (await roles.list_roles(session)).items}
    return [_read(each, accounts[each.user_id], known) for each in found]


def _read(each: Membership | FormerMember, account: Account, known_roles: set[str]) -> MemberRead:
    role = each.role if each.custom_role_id is None else str(each.custom_role_id)
    former = each if isinstance(each, FormerMember) else None
    return MemberRead(
        id=each.id,
        user_id=each.user_id,
        name=account.name,
        email=account.email,
        role=role if role in known_roles else None,
        joined_at=each.created_at,
        removed_at=None if former is None else former.removed_at,
        removed_by=None if former is None else former.removed_by,
    )


async def forget_former(session: Session, limit: int) -> None:
    """Delete up to `limit` of the tenant's members who were removed so long ago that they cannot be
    restored."""
    await queries.delete_former(session, before=utc_now() - RESTORABLE, limit=limit)
