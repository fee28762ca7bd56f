"""Accounts: finding people, and the sign-ups that are on their way."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.accounts.models import Signup, User
from identity_svc.digests import Digester
from identity_svc.inputs import email_key
from stagify.clock import utc_now

# How long a sign-up can be confirmed.
CODE_LIFE = timedelta(minutes=30)
# An expired sign-up is remembered this much longer, to say so; then the address is forgotten.
SIGNUP_MEMORY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Account:
    """A person, as the other capabilities see them."""

    id: UUID
    email: str
    name: str
    password_hash: str


def code_hash(digester: Digester, signup_id: UUID, code: str) -> bytes:
    """What is kept of a code; worthless for any other sign-up."""
    return digester.digest("signup_code", str(signup_id), code)


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


async def open_signup(session: AsyncSession, signup_id: UUID) -> Signup | None:
    """The sign-up, locked, unless it is gone or has become an account."""
    signup = await session.get(Signup, signup_id, with_for_update=True)
    return signup if signup is not None and signup.confirmed_at is None else None


async def register_user(session: AsyncSession, signup: Signup, password_hash: str) -> bool:
    """Make the account of `signup`; False if the address has got one meanwhile."""
    statement = (
        insert(User)
        .values(
            id=signup.user_id,
            email=signup.email,
            email_key=signup.email_key,
            name=signup.name,
            password_hash=password_hash,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=[col(User.email_key)])
        .returning(col(User.id))
    )
    return (await session.execute(statement)).first() is not None


async def forget_signups(session: AsyncSession, limit: int) -> None:
    """Delete up to `limit` sign-ups that ended long enough ago."""
    over = select(Signup.id).where(col(Signup.expires_at) < utc_now() - SIGNUP_MEMORY).limit(limit)
    await session.execute(delete(Signup).where(col(Signup.id).in_(over)))


def _account(user: User) -> Account:
    return Account(id=user.id, email=user.email, name=user.name, password_hash=user.password_hash)
