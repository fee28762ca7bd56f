"""People: finding them, and making them known."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.people.models import User
from identity_svc.people.schemas import email_key
from stagify.clock import utc_now


@dataclass(frozen=True, slots=True)
class Account:
    """A person, as the other capabilities see them."""

    id: UUID
    email: str
    name: str
    password_hash: str


async def find_account(session: AsyncSession, email: str) -> Account | None:
    """The account with this address."""
    found = await session.exec(select(User).where(User.email_key == email_key(email)))
    user = found.one_or_none()
    return None if user is None else _account(user)


async def get_account(session: AsyncSession, user_id: UUID) -> Account:
    """The account of this person, who must exist."""
    return _account(await session.get_one(User, user_id))


async def set_password_hash(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    """Replace the hash of a password by another one of the same password."""
    change = update(User).where(col(User.id) == user_id).values(password_hash=password_hash)
    await session.execute(change)


async def register(session: AsyncSession, account: Account) -> bool:
    """Make the account; False if its address has got another one meanwhile."""
    statement = (
        insert(User)
        .values(
            id=account.id,
            email=account.email,
            email_key=email_key(account.email),
            name=account.name,
            password_hash=account.password_hash,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=[col(User.email_key)])
        .returning(col(User.id))
    )
    return (await session.execute(statement)).first() is not None


def _account(user: User) -> Account:
    return Account(id=user.id, email=user.email, name=user.name, password_hash=user.password_hash)
