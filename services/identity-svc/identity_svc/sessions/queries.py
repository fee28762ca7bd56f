"""SQL of sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
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
