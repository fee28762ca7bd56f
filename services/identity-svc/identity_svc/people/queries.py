"""SQL of people."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from identity_svc.people.models import RestingAddress, User
from stagify.database import Session


async def find_user(session: Session, email_key: str) -> User | None:
    """The person with this address."""
    return (await session.exec(select(User).where(User.email_key == email_key))).one_or_none()


async def find_users(session: Session, ids: Collection[UUID]) -> list[User]:
    """The people with these ids."""
    return list(await session.exec(select(User).where(col(User.id).in_(ids))))


async def find_users_at(session: Session, email_keys: Collection[str]) -> list[User]:
    """The people with these addresses."""
    return list(await session.exec(select(User).where(col(User.email_key).in_(email_keys))))


async def hold_user(session: Session, user_id: UUID) -> User:
    """The person, who does not change until the transaction ends."""
    return await session.get_one(User, user_id, with_for_update={"read": True})


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


async def set_email(session: Session, user_id: UUID, email: str, email_key: str) -> bool:
    """Give a person another address; False if it has an account."""
    try:
        async with session.begin_nested():
            await session.execute(
                update(User).where(col(User.id) == user_id).values(email=email, email_key=email_key)
            )
    except IntegrityError:
        return False
    return True


async def find_resting(session: Session, email_key: str, now: datetime) -> RestingAddress | None:
    """Whether nobody else gets this address now."""
    query = select(RestingAddress).where(
        col(RestingAddress.email_key) == email_key, col(RestingAddress.until) > now
    )
    return (await session.exec(query)).one_or_none()


async def rest(session: Session, email_key: str, user_id: UUID, until: datetime) -> None:
    """Let nobody but this person have the address until then."""
    statement = insert(RestingAddress).values(email_key=email_key, user_id=user_id, until=until)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[col(RestingAddress.email_key)],
            set_={"user_id": user_id, "until": until},
        )
    )


async def delete_rested(session: Session, *, now: datetime, limit: int) -> None:
    """Delete up to `limit` addresses that anybody may have again."""
    over = select(RestingAddress.email_key).where(col(RestingAddress.until) <= now).limit(limit)
    await session.execute(delete(RestingAddress).where(col(RestingAddress.email_key).in_(over)))
