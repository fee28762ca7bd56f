"""SQL of people."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from identity_svc.people.models import User
from stagify.database import Session


async def find_user(session: Session, email_key: str) -> User | None:
    """The person with this address."""
    return (await session.exec(select(User).where(User.email_key == email_key))).one_or_none()


async def add_user(session: Session, user: User) -> bool:
    """Write a new person; False if their address has an account already."""
    statement = (
        insert(User)
        .values(user.model_dump())
        .on_conflict_do_nothing(index_elements=[col(User.email_key)])
        .returning(col(User.id))
    )
    return (await session.execute(statement)).first() is not None


async def set_password_hash(session: Session, user_id: UUID, password_hash: str) -> None:
    """Replace the hash of a person's password."""
    change = update(User).where(col(User.id) == user_id).values(password_hash=password_hash)
    await session.execute(change)
