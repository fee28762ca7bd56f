"""SQL of sign-ups."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from identity_svc.signup.models import Signup
from stagify.database import Session


async def lock_signup(session: Session, signup_id: UUID) -> Signup | None:
    """The sign-up, locked until the transaction ends; None if it is gone."""
    return await session.get(Signup, signup_id, with_for_update=True)


async def delete_expired(session: Session, *, before: datetime, limit: int) -> None:
    """Delete up to `limit` sign-ups that expired `before`."""
    over = select(Signup.id).where(col(Signup.expires_at) < before).limit(limit)
    await session.execute(delete(Signup).where(col(Signup.id).in_(over)))
