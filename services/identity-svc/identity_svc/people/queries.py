"""SQL of people."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from identity_svc.people.models import User
from stagify.database import Session


async def find_user(session: Session, email_key: str) -> User | None:
    """The person with this address."""
    return (await session.exec(select(User).where(User.email_key == email_key))).one_or_none()


async def find_users(session: Session, ids: Collection[UUID]) -> list[User]:
    """The people with these ids."""
    return list(await session.exec(select(User).where(col(User.id).in_(ids))))


async def add_user(session: Session, user: User) -> bool:
    """Write a new person; False if their address has an account already."""
    statement = (
        insert(User)
        .values(user.model_dump())
        .on_conflict_do_nothing(index_elements=[col(User.email_key)])
        .returning(col(User.id))
    )
    return (await session.execute(statement)).first() is not None


async def lock_user(session: Session, user_id: UUID) -> User:
    """The person, whom nobody else changes until the transaction ends."""
    return await session.get_one(User, user_id, with_for_update=True)


async def hold_password_version(session: Session, user_id: UUID) -> int:
    """Which of their passwords the person has; they get no other until the transaction ends."""
    query = select(User.password_version).where(User.id == user_id)
    return (await session.exec(query.with_for_update(read=True))).one()


async def raise_version(session: Session, user_id: UUID) -> None:
    """Count a change of what the person proves themselves with."""
    await session.execute(
        update(User)
        .where(col(User.id) == user_id)
        .values(password_version=col(User.password_version) + 1)
    )


async def set_password_hash(
    session: Session, user_id: UUID, password_hash: str, version: int
) -> None:
    """Replace the hash of a person's password, unless they have another password than `version`."""
    await session.execute(
        update(User)
        .where(col(User.id) == user_id, col(User.password_version) == version)
        .values(password_hash=password_hash)
    )
