"""SQL of sign-ups."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from identity_svc.signup.models import Signup
from stagify.database import Session


async def lock_signup(session: Session, signup_id: UUID) -> Signup | None:
    """The sign-up, locked until the transaction ends; None if it is gone."""
    return await session.get(Signup, signup_id, with_for_update=True)


async def find_or_add_open(session: Session, signup: Signup) -> UUID:
    """The id of the open sign-up of this address for this slug; if there is none, `signup` is added."""
    statement = (
        insert(Signup)
        .values(signup.model_dump(exclude_none=True))
        .on_conflict_do_update(
            index_elements=["email_key", "slug"],
            index_where=text("confirmed_at IS NULL"),
            # This changes nothing; only an update returns the existing row.
            set_={"email_key": signup.email_key},
        )
        .returning(col(Signup.id))
    )
    signup_id: UUID = (await session.execute(statement)).scalar_one()
    return signup_id


async def delete_expired(session: Session, *, before: datetime, limit: int) -> None:
    """Delete up to `limit` sign-ups that expired `before`."""
    over = select(Signup.id).where(col(Signup.expires_at) < before).limit(limit)
    await session.execute(delete(Signup).where(col(Signup.id).in_(over)))
