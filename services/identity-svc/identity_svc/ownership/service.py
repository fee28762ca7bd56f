"""Handing over a tenant: an owner asks another member, who confirms; then the one is an owner, and the other
an admin, in one transaction. If either has another role since, nothing happens."""

from datetime import timedelta
from uuid import UUID

from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.members.service import (
    find_member,
    get_member,
    require_actor,
    role_of,
    set_role,
)
from identity_svc.ownership import queries
from identity_svc.ownership.errors import (
    AlreadyOwnerError,
    TransferForAnotherError,
    TransferNotFoundError,
    TransferObsoleteError,
    TransferOpenError,
)
from identity_svc.ownership.models import OwnershipTransfer
from identity_svc.ownership.schemas import TransferList, TransferRead
from identity_svc.roles.service import OWNER, built_in
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import (
    OwnershipTransferCancelled,
    OwnershipTransferred,
    OwnershipTransferRequested,
)
from stagify.outbox import publish
from stagify.principal import TenantPrincipal

LIFE = timedelta(days=7)
# What is over is kept this long, so that a refused call can be explained.
KEEP = timedelta(days=30)


async def request_transfer(
    session: Session, *, principal: TenantPrincipal, member_id: UUID
) -> TransferRead:
    """Ask a member to be the owner in the caller's place."""
    await require_actor(session, principal, "ownership:transfer")
    now = utc_now()
    await queries.expire(session, now)
    member = await get_member(session, member_id)
    if await queries.find_open(session, now) is not None:
        raise TransferOpenError
    role = await role_of(session, member)
    if role == OWNER:
        raise AlreadyOwnerError
    assert principal.user_id is not None
    transfer = OwnershipTransfer(
        tenant_id=principal.tenant_id,
        from_user_id=principal.user_id,
        to_user_id=member.user_id,
        to_role=role.key,
        expires_at=now + LIFE,
    )
    session.add(transfer)
    await session.flush()
    publish(
        session,
        OwnershipTransferRequested(
            tenant_id=transfer.tenant_id,
            transfer_id=transfer.id,
            from_user_id=transfer.from_user_id,
            to_user_id=transfer.to_user_id,
        ),
    )
    await queue_mail(
        session,
        kind=MailKind.OWNERSHIP,
        subject_id=transfer.id,
        give_up_at=transfer.expires_at,
    )
    return TransferRead.model_validate(transfer)


async def list_transfers(session: Session) -> TransferList:
    """The transfer that is open, if there is one."""
    found = await queries.find_open(session, utc_now())
    return TransferList(items=[] if found is None else [TransferRead.model_validate(found)])


async def confirm_transfer(
    session: Session, *, principal: TenantPrincipal, transfer_id: UUID
) -> None:
    """Become the owner; whoever asked becomes an admin."""
    await require_actor(session, principal)
    transfer = await _get(session, transfer_id)
    if transfer.to_user_id != principal.user_id:
        raise TransferForAnotherError
    giver = await find_member(session, transfer.from_user_id)
    taker = await find_member(session, transfer.to_user_id)
    if giver is None or taker is None:
        raise TransferObsoleteError
    role = await role_of(session, taker)
    if giver.role != OWNER.name or role.key != transfer.to_role:
        raise TransferObsoleteError
    transfer.state, transfer.decided_at = "confirmed", utc_now()
    set_role(session, taker, OWNER, previous=role)
    set_role(session, giver, built_in("admin"), previous=OWNER)
    publish(
        session,
        OwnershipTransferred(
            tenant_id=transfer.tenant_id,
            transfer_id=transfer.id,
            from_user_id=transfer.from_user_id,
            to_user_id=transfer.to_user_id,
        ),
    )


async def cancel_transfer(
    session: Session, *, principal: TenantPrincipal, transfer_id: UUID
) -> None:
    """Take it back, as an owner, or say no, as the one who was asked."""
    own = await require_actor(session, principal)
    transfer = await _get(session, transfer_id)
    if transfer.to_user_id != principal.user_id and own != OWNER:
        raise TransferForAnotherError
    transfer.state, transfer.decided_at = "cancelled", utc_now()
    publish(
        session,
        OwnershipTransferCancelled(tenant_id=transfer.tenant_id, transfer_id=transfer.id),
    )


async def _get(session: Session, transfer_id: UUID) -> OwnershipTransfer:
    found = await queries.lock_transfer(session, transfer_id)
    if found is None:
        raise TransferNotFoundError
    if found.state != "open" or found.expires_at <= utc_now():
        raise TransferObsoleteError
    return found


async def forget_transfers(session: Session, limit: int) -> None:
    """Delete up to `limit` of the tenant's transfers that were due long ago."""
    await queries.delete_old(session, before=utc_now() - KEEP, limit=limit)
