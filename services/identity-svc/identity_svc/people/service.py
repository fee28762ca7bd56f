"""People: finding accounts, creating them, and which passwords they may have."""

from dataclasses import dataclass
from uuid import UUID

from identity_svc.people import queries
from identity_svc.people.errors import BusyError, WeakPasswordError
from identity_svc.people.models import User
from identity_svc.people.passwords import Standing
from identity_svc.people.rules import check_password
from identity_svc.people.schemas import email_key
from stagify.database import Session

__all__ = [
    "NEW_PASSWORD_ERRORS",
    "PASSWORD_ERRORS",
    "Account",
    "BusyError",
    "Standing",
    "WeakPasswordError",
    "check_password",
    "find_account",
    "get_account",
    "register",
    "set_password_hash",
]

# The refusals of checking a password, and of choosing one.
PASSWORD_ERRORS = (BusyError,)
NEW_PASSWORD_ERRORS = (WeakPasswordError, *PASSWORD_ERRORS)


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account, as other capabilities see it."""

    id: UUID
    email: str
    name: str
    password_hash: str


async def find_account(session: Session, email: str) -> Account | None:
    """The account with this address."""
    user = await queries.find_user(session, email_key(email))
    return None if user is None else _account(user)


async def get_account(session: Session, user_id: UUID) -> Account:
    """The account of this person, who must exist."""
    return _account(await session.get_one(User, user_id))


async def set_password_hash(session: Session, user_id: UUID, password_hash: str) -> None:
    """Replace the hash of a person's password by a newer hash of the same password."""
    await queries.set_password_hash(session, user_id, password_hash)


async def register(session: Session, account: Account) -> bool:
    """Create the account; False if its address has got another account meanwhile."""
    user = User(
        id=account.id,
        email=account.email,
        email_key=email_key(account.email),
        name=account.name,
        password_hash=account.password_hash,
    )
    return await queries.add_user(session, user)


def _account(user: User) -> Account:
    return Account(id=user.id, email=user.email, name=user.name, password_hash=user.password_hash)
