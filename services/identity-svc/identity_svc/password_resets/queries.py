"""SQL of wishes for a new password."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from identity_svc.password_resets.models import PasswordReset
from stagify.database import Session


async def lock_reset(session: Session, reset_id: UUID) -> PasswordReset | None:
    """The wish, locked until the transaction ends; None if it is gone."""
    return await session.get(PasswordReset, reset_id, with_for_update=True)


async def find_owner(session: Session, token_hash: bytes, now: datetime) -> UUID | None:
    """Whose password the link may change; None if it is not valid."""
    query = select(PasswordReset.user_id).where(
        PasswordReset.token_hash == token_hash, PasswordReset.expires_at > now
    )
    return (await session.exec(query)).one_or_none()


async def delete_used(session: Session, token_hash: bytes, now: datetime) -> bool:
    """Delete the wish with this link; False if it is not valid, or somebody else has used it."""
    used = await session.execute(
        delete(PasswordReset)
        .where(col(PasswordReset.token_hash) == token_hash, col(PasswordReset.expires_at) > now)
        .returning(col(PasswordReset.id))
    )
    return used.first() is not None


async def delete_of(session: Session, email_key: str) -> None:
    """Delete all wishes for an address, also those whose mail is still to be written."""
    await session.execute(delete(PasswordReset).where(col(PasswordReset.email_key) == email_key))


async def delete_expired(session: Session, *, before: datetime, limit: int) -> None:
    """Delete up to `limit` wishes that expired `before`."""
    over = select(PasswordReset.id).where(col(PasswordReset.expires_at) < before).limit(limit)
    await session.execute(delete(PasswordReset).where(col(PasswordReset.id).in_(over)))
