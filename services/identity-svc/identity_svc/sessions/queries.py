"""SQL of sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from identity_svc.sessions import models
from stagify.database import Session


async def delete_session(session: Session, session_id: UUID) -> UUID | None:
    """Delete a session, and return whose it was; None if there is none."""
    ended = await session.execute(
        delete(models.Session)
        .where(col(models.Session.id) == session_id)
        .returning(col(models.Session.user_id))
    )
    user_id: UUID | None = ended.scalar_one_or_none()
    return user_id


async def find_own(
    session: Session, user_id: UUID, *, now: datetime, unused_since: datetime, limit: int
) -> list[models.Session]:
    """The person's sessions that are not over, last used first."""
    query = (
        select(models.Session)
        .where(
            # The policy says so too, but only this finds the rows by an index.
            col(models.Session.user_id) == user_id,
            col(models.Session.expires_at) > now,
            col(models.Session.last_seen_at) > unused_since,
        )
        .order_by(col(models.Session.last_seen_at).desc(), col(models.Session.id).desc())
        .limit(limit)
    )
    return list(await session.exec(query))


async def delete_own(
    session: Session, user_id: UUID, *, only: UUID | None = None, keep: UUID | None = None
) -> list[tuple[UUID, UUID]]:
    """Delete the person's sessions, or one of them, or all but one; the tenants and ids of those that
    there were."""
    statement = delete(models.Session).where(col(models.Session.user_id) == user_id)
    if only is not None:
        statement = statement.where(col(models.Session.id) == only)
    if keep is not None:
        statement = statement.where(col(models.Session.id) != keep)
    ended = await session.execute(
        statement.returning(col(models.Session.tenant_id), col(models.Session.id))
    )
    return [(tenant_id, session_id) for tenant_id, session_id in ended]


async def rename_own(
    session: Session, user_id: UUID, session_id: UUID, *, new_id: UUID, token_hash: bytes
) -> tuple[UUID, datetime] | None:
    """Give one of the person's sessions another id and token; its tenant and end, or None if it is
    gone."""
    renamed = await session.execute(
        update(models.Session)
        .where(col(models.Session.user_id) == user_id, col(models.Session.id) == session_id)
        .values(id=new_id, token_hash=token_hash)
        .returning(col(models.Session.tenant_id), col(models.Session.expires_at))
    )
    row = renamed.one_or_none()
    return None if row is None else (row[0], row[1])


async def find_expiry(session: Session, session_id: UUID) -> datetime | None:
    """When the session ends at the latest."""
    query = select(models.Session.expires_at).where(col(models.Session.id) == session_id)
    return (await session.exec(query)).one_or_none()


async def delete_over(
    session: Session, *, now: datetime, unused_since: datetime, limit: int
) -> None:
    """Delete up to `limit` of the tenant's sessions that have expired or are not used any more."""
    over = (
        select(models.Session.id)
        .where(
            (col(models.Session.expires_at) <= now)
            | (col(models.Session.last_seen_at) <= unused_since)
        )
        .limit(limit)
    )
    await session.execute(delete(models.Session).where(col(models.Session.id).in_(over)))
