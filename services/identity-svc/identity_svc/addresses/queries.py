"""SQL of changes of addresses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from identity_svc.addresses.models import EmailChange
from stagify.database import Session


async def lock_change(session: Session, change_id: UUID) -> EmailChange | None:
    """A change, at which only one code is looked at until the transaction ends."""
    return await session.get(EmailChange, change_id, with_for_update=True, populate_existing=True)


async def find_undo(session: Session, undo_hash: bytes, now: datetime) -> EmailChange | None:
    """The change that is taken back with this."""
    query = select(EmailChange).where(
        col(EmailChange.undo_hash) == undo_hash, col(EmailChange.undo_until) > now
    )
    return (await session.exec(query)).one_or_none()


async def delete_open(session: Session, user_id: UUID) -> None:
    """Delete the person's changes that nobody has confirmed."""
    await session.execute(
        delete(EmailChange).where(
            col(EmailChange.user_id) == user_id, col(EmailChange.confirmed_at).is_(None)
        )
    )


async def delete_all(session: Session, user_id: UUID) -> None:
    """Delete all changes of the person."""
    await session.execute(delete(EmailChange).where(col(EmailChange.user_id) == user_id))


async def delete_over(session: Session, *, now: datetime, limit: int) -> None:
    """Delete up to `limit` changes that nobody can take back any more."""
    over = select(EmailChange.id).where(col(EmailChange.undo_until) <= now).limit(limit)
    await session.execute(delete(EmailChange).where(col(EmailChange.id).in_(over)))
