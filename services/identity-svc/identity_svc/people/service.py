"""People: finding accounts, creating them, and which passwords they may have."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from identity_svc.people import queries
from identity_svc.people.breaches import Breaches
from identity_svc.people.errors import AccountExistsError, BusyError, WeakPasswordError
from identity_svc.people.models import User
from identity_svc.people.passwords import Standing
from identity_svc.people.rules import check_password
from identity_svc.people.schemas import Locale, Theme, email_key
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import UserUpdated
from stagify.outbox import publish

__all__ = [
    "NEW_PASSWORD_ERRORS",
    "PASSWORD_ERRORS",
    "REST",
    "Account",
    "AccountExistsError",
    "BusyError",
    "Standing",
    "WeakPasswordError",
    "check_password",
    "end_attempts",
    "erase",
    "find_account",
    "find_accounts",
    "find_accounts_at",
    "forget_rested",
    "get_account",
    "hold_account",
    "hold_password",
    "is_erased",
    "is_free",
    "lock_account",
    "register",
    "renew_hash",
    "require_unbreached",
    "rest_address",
    "set_email",
    "set_password",
    "update_account",
]

# The refusals of checking a password, and of choosing one.
PASSWORD_ERRORS = (BusyError,)
NEW_PASSWORD_ERRORS = (WeakPasswordError, *PASSWORD_ERRORS)
# How long nobody else gets an address that an account has left.
REST = timedelta(days=30)


# Ends the address of an account that has ended; no real one does (RFC 2606).
_ERASED = "@deleted.invalid"


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account, as other capabilities see it."""

    id: UUID
    email: str
    name: str
    password_hash: str
    # Counts the passwords that they have had, and the changes of their factors and their address.
    password_version: int = 1
    locale: Locale | None = None
    theme: Theme | None = None


async def require_unbreached(breaches: Breaches, password: str) -> None:
    """WeakPasswordError if the password is known of a breach; no transaction is open meanwhile."""
    if await breaches.knows(password):
        raise WeakPasswordError(
            "This password became known when another site was broken into: choose another one."
        )


async def find_account(session: Session, email: str) -> Account | None:
    """The account with this address."""
    user = await queries.find_user(session, email_key(email))
    return None if user is None else _account(user)


async def get_account(session: Session, user_id: UUID) -> Account:
    """The account of this person, who must exist."""
    return _account(await session.get_one(User, user_id))


async def find_accounts(session: Session, ids: Collection[UUID]) -> dict[UUID, Account]:
    """The accounts of these people, by their ids."""
    return {user.id: _account(user) for user in await queries.find_users(session, ids)}


async def find_accounts_at(session: Session, email_keys: Collection[str]) -> dict[str, Account]:
    """The accounts with these addresses, by the form in which addresses are compared."""
    return {
        user.email_key: _account(user) for user in await queries.find_users_at(session, email_keys)
    }


async def hold_account(session: Session, user_id: UUID) -> Account:
    """The account of this person, whose address and password stay what they are until the transaction
    ends."""
    return _account(await queries.hold_user(session, user_id))


async def update_account(
    session: Session, user_id: UUID, said: Mapping[str, str | None]
) -> Account:
    """Change what the person says about themselves: `name`, `locale`, `theme`; what is not named stays."""
    user = await queries.lock_user(session, user_id)
    changed = sorted(name for name, value in said.items() if getattr(user, name) != value)
    for name in changed:
        setattr(user, name, said[name])
    if changed:
        publish(session, UserUpdated(user_id=user_id, changed=changed))
    return _account(user)


async def hold_password(session: Session, account: Account) -> bool:
    """Whether the password of `account`, as it was read, is still the person's; if so, it remains so until
    the transaction ends. Whoever opens a session after a check of the password asks for this, or the
    session would survive a change of the password that came meanwhile."""
    return await queries.hold_password_version(session, account.id) == account.password_version


async def renew_hash(session: Session, account: Account, password_hash: str) -> None:
    """Replace the hash of the person's password by a newer hash of the same password."""
    await queries.set_password_hash(session, account.id, password_hash, account.password_version)


async def lock_account(session: Session, user_id: UUID) -> Account:
    """The person's account; all that concerns their password waits until the transaction ends."""
    return _account(await queries.lock_user(session, user_id))


async def set_password(session: Session, user_id: UUID, password_hash: str) -> Account:
    """Give the person another password."""
    user = await queries.lock_user(session, user_id)
    user.password_hash = password_hash
    user.password_version += 1
    return _account(user)


async def end_attempts(session: Session, user_id: UUID) -> None:
    """Let nothing go on that was begun with what the person proved themselves with until now: log-ins,
    and changes that wait for a code."""
    await queries.raise_version(session, user_id)


async def set_email(session: Session, user_id: UUID, email: str) -> bool:
    """Give the person another address; False if it has an account, or belonged to another one a short
    while ago."""
    key = email_key(email)
    if await _is_kept_from(session, key, user_id):
        return False
    return await queries.set_email(session, user_id, email, key)


def is_erased(account: Account) -> bool:
    """Whether the account has ended, so that nobody can log in with it."""
    return account.email.endswith(_ERASED)


async def erase(session: Session, user_id: UUID) -> None:
    """Forget who a person is: their id alone stays, and leads to nobody. No password is theirs any more."""
    user = await queries.lock_user(session, user_id)
    user.email = user.email_key = f"{user_id}{_ERASED}"
    user.name, user.password_hash = "", ""
    user.password_version += 1
    user.locale = user.theme = None


async def is_free(session: Session, email: str, *, by: UUID) -> bool:
    """Whether the person could have this address."""
    key = email_key(email)
    if await queries.find_user(session, key) is not None:
        return False
    return not await _is_kept_from(session, key, by)


async def rest_address(session: Session, email: str, *, until: datetime, of: UUID) -> None:
    """Let nobody but its last owner have an address until then."""
    await queries.rest(session, email_key(email), of, until)


async def forget_rested(session: Session, limit: int) -> None:
    """Delete up to `limit` addresses that anybody may have again."""
    await queries.delete_rested(session, now=utc_now(), limit=limit)


async def _is_kept_from(session: Session, key: str, user_id: UUID) -> bool:
    found = await queries.find_resting(session, key, utc_now())
    return found is not None and found.user_id != user_id


async def register(session: Session, account: Account) -> bool:
    """Create the account; False if its address has got another account meanwhile, or had one a short
    while ago."""
    if await _is_kept_from(session, email_key(account.email), account.id):
        return False
    user = User(
        id=account.id,
        email=account.email,
        email_key=email_key(account.email),
        name=account.name,
        password_hash=account.password_hash,
        locale=account.locale,
    )
    return await queries.add_user(session, user)


def _account(user: User) -> Account:
    return Account(
        id=user.id,
        email=user.email,
        name=user.name,
        password_hash=user.password_hash,
        password_version=user.password_version,
        locale=cast(Locale | None, user.locale),
        theme=cast(Theme | None, user.theme),
    )
