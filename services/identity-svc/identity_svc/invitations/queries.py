"""SQL of invitations and their links."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, func, select

from identity_svc.invitations.models import (
    Invitation,
    InvitationAsk,
    InvitationLink,
    InvitationToken,
)
from stagify.database import Session


async def find_token(session: Session, token_hash: bytes) -> InvitationToken | None:
    """What the secret with this hash belongs to."""
    return await session.get(InvitationToken, token_hash)


async def delete_tokens(session: Session, invitation_id: UUID, *, before: int) -> None:
    """Delete the secrets that went out with earlier mails of an invitation."""
    await session.execute(
        delete(InvitationToken).where(
            col(InvitationToken.tenant_id) == session.info["tenant_id"],
            col(InvitationToken.invitation_id) == invitation_id,
            col(InvitationToken.send) < before,
        )
    )


async def expire(session: Session, now: datetime) -> None:
    """Write of the tenant's invitations that were not accepted in time that they were not."""
    await session.execute(
        update(Invitation)
        .where(col(Invitation.state) == "pending", col(Invitation.expires_at) <= now)
        .values(state="expired", decided_at=now)
    )


async def find_pending(session: Session, email_keys: Collection[str]) -> dict[str, UUID]:
    """The ids of pending invitations by the address."""
    query = select(Invitation.email_key, Invitation.id).where(
        col(Invitation.state) == "pending", col(Invitation.email_key).in_(email_keys)
    )
    return {email_key: id_ for email_key, id_ in await session.exec(query)}


async def count_sent(session: Session, since: datetime) -> int:
    """How many mails the tenant's members have asked for; each counts until its invitation's last one is
    older than `since`."""
    query = select(func.coalesce(func.sum(Invitation.sends), 0)).where(
        col(Invitation.sent_at) > since, col(Invitation.link_id).is_(None)
    )
    return (await session.exec(query)).one()


async def find_page(
    session: Session, *, state: str | None, now: datetime, after: UUID | None, limit: int
) -> Sequence[Invitation]:
    """The tenant's invitations, newest first, beginning after the id `after`."""
    query = select(Invitation)
    is_over = col(Invitation.expires_at) <= now
    if state == "expired":
        query = query.where(
            (col(Invitation.state) == "expired") | ((col(Invitation.state) == "pending") & is_over)
        )
    elif state is not None:
        query = query.where(col(Invitation.state) == state)
    if state == "pending":
        query = query.where(~is_over)
    if after is not None:
        query = query.where(col(Invitation.id) < after)
    return (await session.exec(query.order_by(col(Invitation.id).desc()).limit(limit))).all()


async def lock_invitation(session: Session, invitation_id: UUID) -> Invitation | None:
    """The tenant's invitation, which nobody else changes until the transaction ends."""
    return await session.get(
        Invitation, (session.info["tenant_id"], invitation_id), with_for_update=True
    )


async def find_addressed(session: Session, email_key: str, now: datetime) -> list[Invitation]:
    """The pending invitations to an address, in all tenants that the transaction sees; newest first."""
    query = select(Invitation).where(
        col(Invitation.email_key) == email_key,
        col(Invitation.state) == "pending",
        col(Invitation.expires_at) > now,
    )
    return list(await session.exec(query.order_by(col(Invitation.id).desc()).limit(100)))


async def find_any(session: Session, invitation_id: UUID) -> Invitation | None:
    """The invitation with this id, if the transaction sees it, in whichever tenant."""
    query = select(Invitation).where(col(Invitation.id) == invitation_id)
    return (await session.exec(query)).one_or_none()


async def revoke_all_of(
    session: Session, user_id: UUID, email_key: str, now: datetime
) -> list[UUID]:
    """Revoke the pending invitations that somebody has sent, or was sent; their ids."""
    revoked = await session.execute(
        update(Invitation)
        .where(
            col(Invitation.state) == "pending",
            (col(Invitation.invited_by) == user_id) | (col(Invitation.email_key) == email_key),
        )
        .values(state="revoked", decided_at=now)
        .returning(col(Invitation.id))
    )
    return list(revoked.scalars())


async def lock_link(session: Session, link_id: UUID) -> InvitationLink | None:
    """The tenant's link, which nobody else changes until the transaction ends."""
    return await session.get(
        InvitationLink, (session.info["tenant_id"], link_id), with_for_update=True
    )


async def take_ask(session: Session, ask_id: UUID) -> InvitationAsk | None:
    """What somebody has asked for; deleted in this transaction."""
    found = await session.get(InvitationAsk, (session.info["tenant_id"], ask_id))
    if found is not None:
        await session.delete(found)
    return found


async def revoke_links_of(session: Session, user_id: UUID, now: datetime) -> list[UUID]:
    """Revoke the links that somebody has made; their ids."""
    revoked = await session.execute(
        update(InvitationLink)
        .where(col(InvitationLink.created_by) == user_id, col(InvitationLink.revoked_at).is_(None))
        .values(revoked_at=now)
        .returning(col(InvitationLink.id))
    )
    return list(revoked.scalars())


async def find_links(
    session: Session, *, after: UUID | None, limit: int
) -> Sequence[InvitationLink]:
    """The tenant's links that were not revoked, newest first, beginning after the id `after`."""
    query = select(InvitationLink).where(col(InvitationLink.revoked_at).is_(None))
    if after is not None:
        query = query.where(col(InvitationLink.id) < after)
    return (await session.exec(query.order_by(col(InvitationLink.id).desc()).limit(limit))).all()


async def delete_closed(session: Session, *, before: datetime, limit: int) -> None:
    """Delete up to `limit` of the tenant's invitations that ended `before`, and as many links, and wishes
    that were never answered."""
    over = (
        select(Invitation.id)
        .where(
            (col(Invitation.decided_at) <= before)
            | ((col(Invitation.state) == "pending") & (col(Invitation.expires_at) <= before))
        )
        .limit(limit)
    )
    await session.execute(delete(Invitation).where(col(Invitation.id).in_(over)))
    ended = (
        select(InvitationLink.id)
        .where(
            (col(InvitationLink.revoked_at) <= before) | (col(InvitationLink.expires_at) <= before)
        )
        .limit(limit)
    )
    await session.execute(delete(InvitationLink).where(col(InvitationLink.id).in_(ended)))
    unanswered = (
        select(InvitationAsk.id).where(col(InvitationAsk.created_at) <= before).limit(limit)
    )
    await session.execute(delete(InvitationAsk).where(col(InvitationAsk.id).in_(unanswered)))
