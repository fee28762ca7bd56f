"""The end of a membership, or of all its sessions, at once and everywhere, and its return.

What hangs on a membership ends in the transaction that ends it. Rows are locked in one order, that of a
log-in: the tenant, the person, their hand-offs, the membership, their sessions. A service account ends
with its keys.
"""

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from identity_svc.api_keys.service import (
    resume_keys_of,
    revoke_keys_of_account,
    suspend_keys_of,
)
from identity_svc.invitations.service import revoke_all_of
from identity_svc.members import service as members
from identity_svc.members.schemas import MemberRead
from identity_svc.members.service import (
    MemberNotFoundError,
    end_membership,
    find_former,
    find_member,
    get_member,
    hold_membership,
    require_actor,
    require_other_owner,
    role_of,
)
from identity_svc.parts import Parts
from identity_svc.people.service import get_account, hold_account, is_erased
from identity_svc.roles import service as roles
from identity_svc.roles.service import Role, require_covers
from identity_svc.seats.service import reserve_seat
from identity_svc.service_accounts import service as service_accounts
from identity_svc.sessions.service import end_handoffs_of, end_sessions_of
from identity_svc.tenants.service import lock_tenant
from stagify.database import Session
from stagify.principal import TenantPrincipal

if TYPE_CHECKING:
    from identity_svc.members.models import FormerMember, Membership


async def remove_member(session: Session, *, principal: TenantPrincipal, member_id: UUID) -> None:
    """End a membership: somebody else's, for which one needs the permission, or one's own.

    Their sessions, open streams, hand-offs and keys end with it. What they made stays: it belongs to the
    tenant.
    """
    own = await require_actor(session, principal)
    member = await get_member(session, member_id)
    if member.user_id != principal.user_id:
        await require_actor(session, principal, "members:manage")
        require_covers(own, (await role_of(session, member)).permissions)
    assert principal.user_id is not None
    await _end(session, member, by=principal.user_id)


async def log_out_member(session: Session, *, principal: TenantPrincipal, member_id: UUID) -> None:
    """End all of a member's sessions in the tenant, with open streams and hand-offs; they are a member as
    before, and their keys go on.

    A log-in on the platform's host from before does not lead back in: whoever has it, it may be the
    reason.
    """
    own = await require_actor(session, principal, "members:manage")
    member = await get_member(session, member_id)
    require_covers(own, (await role_of(session, member)).permissions)
    await end_handoffs_of(session, member.user_id)
    await hold_membership(session, member)
    members.log_out_member(session, member)
    await end_sessions_of(session, member.user_id)


async def leave(session: Session, *, tenant_id: UUID, user_id: UUID) -> None:
    """End a person's own membership, in a transaction of the tenant; nothing happens if there is none.
    LastOwnerError if the tenant would be left without an owner."""
    await lock_tenant(session, tenant_id)
    member = await find_member(session, user_id)
    if member is not None:
        await _end(session, member, by=user_id)


async def require_not_last_owner(session: Session, *, tenant_id: UUID, user_id: UUID) -> None:
    """LastOwnerError if the tenant would be left without an owner by the person's departure."""
    await lock_tenant(session, tenant_id)
    member = await find_member(session, user_id)
    if member is not None:
        await require_other_owner(session, member)


async def _end(session: Session, member: "Membership", *, by: UUID) -> None:
    await require_other_owner(session, member)
    former = await end_membership(session, member, by=by)
    await end_handoffs_of(session, member.user_id)
    await hold_membership(session, member)
    await end_sessions_of(session, member.user_id)
    email = (await get_account(session, member.user_id)).email
    await revoke_all_of(session, tenant_id=member.tenant_id, user_id=member.user_id, email=email)
    await suspend_keys_of(
        session, tenant_id=member.tenant_id, user_id=member.user_id, at=former.removed_at
    )
    await session.delete(member)


async def restore_member(
    parts: Parts,
    *,
    principal: TenantPrincipal,
    member_id: UUID,
    key: str | None,
    resumes_keys: bool,
) -> MemberRead:
    """Bring somebody back within 30 days, under the same id, if there is a seat. No session comes back with
    them; the API keys that their removal has suspended do if it is wished, as far as their role allows."""
    async with parts.database.tenant(principal.tenant_id) as session:
        former, _ = await _returning(session, principal, member_id, key)
    # The same for each attempt to undo this removal.
    reservation_id = uuid5(former.id, former.removed_at.isoformat())
    await reserve_seat(parts.usage_svc, principal.tenant_id, reservation_id)
    async with parts.database.tenant(principal.tenant_id) as session:
        former, role = await _returning(session, principal, member_id, key)
        if resumes_keys:
            await require_actor(session, principal, "api_keys:manage")
            await resume_keys_of(
                session,
                tenant_id=former.tenant_id,
                user_id=former.user_id,
                suspended_at=former.removed_at,
            )
        return await members.put_back(session, former, role, reservation_id=reservation_id)


async def _returning(
    session: Session, principal: TenantPrincipal, member_id: UUID, key: str | None
) -> "tuple[FormerMember, Role]":
    own = await require_actor(session, principal, "members:manage")
    former = await find_former(session, member_id)
    if former is None or is_erased(await hold_account(session, former.user_id)):
        raise MemberNotFoundError
    wanted = key or (str(former.custom_role_id) if former.custom_role_id else former.role)
    role = await roles.find_role(session, wanted)
    require_covers(own, role.permissions)
    return former, role


async def remove_service_account(
    session: Session, *, principal: TenantPrincipal, account_id: UUID
) -> None:
    """End a service account and its keys, for good."""
    own = await require_actor(session, principal, "members:manage")
    account = await service_accounts.get_account(session, account_id)
    require_covers(own, (await service_accounts.role_of(session, account)).permissions)
    await revoke_keys_of_account(session, account.id)
    await service_accounts.delete_account(session, account)
