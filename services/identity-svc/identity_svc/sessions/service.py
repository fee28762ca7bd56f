"""Sessions: made by a password, known by an opaque token, ended by log-out or time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.accounts import service as accounts
from identity_svc.digests import Digester, new_token
from identity_svc.inputs import email_key
from identity_svc.members.service import find_role
from identity_svc.passwords import Passwords
from identity_svc.sessions.errors import InvalidCredentialsError
from identity_svc.sessions.models import Session
from identity_svc.throttling import Limit, count_attempt, forget_attempts
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import SessionRevoked
from stagify.outbox import publish
from stagify.permissions import Role

# A session ends this long after the log-in, whatever happens, and this long after its last use.
LIFE = timedelta(days=30)
IDLE_LIFE = timedelta(days=7)

# Asked for in place of an unknown person, so that the same statements run.
_NOBODY = UUID(int=0)

ATTEMPTS_PER_ACCOUNT = 10
ACCOUNT_WINDOW = timedelta(minutes=15)
TENANT_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LogIn:
    """A session just made, with the only copy of its token."""

    token: str
    session: Session
    user: accounts.Account
    role: Role


async def log_in(
    database: Database,
    *,
    tenant_id: UUID,
    email: str,
    password: str,
    replaces: UUID | None,
    digester: Digester,
    passwords: Passwords,
    logins_per_minute: int,
) -> LogIn:
    """Make a session, ending the one it `replaces`.

    Takes the database and not a session: no transaction may wait for a password hash. Unknown
    address, foreign member and wrong password take the same statements and the same hash.
    """
    passwords.require_room()
    account = digester.digest("throttle", email_key(email))
    tenant = digester.digest("throttle", str(tenant_id))
    async with database.tenant(tenant_id) as session:
        await count_attempt(
            session,
            Limit("login_account", account, ATTEMPTS_PER_ACCOUNT, ACCOUNT_WINDOW),
            Limit("login_tenant", tenant, logins_per_minute, TENANT_WINDOW),
        )
        user = await accounts.find_account(session, email)
        role = await find_role(session, user.id if user is not None else _NOBODY)
    known_hash = user.password_hash if user is not None and role is not None else None
    if not await passwords.verify(password, known_hash) or user is None:
        raise InvalidCredentialsError
    new_hash = None
    if passwords.needs_rehash(user.password_hash):
        new_hash = await passwords.hash(password)
    async with database.tenant(tenant_id) as session:
        await forget_attempts(session, "login_account", account)
        if new_hash is not None:
            await accounts.set_password_hash(session, user.id, new_hash)
        if replaces is not None:
            await revoke_session(session, tenant_id=tenant_id, session_id=replaces)
        # Again: they may have been removed while we hashed.
        role = await find_role(session, user.id)
        if role is None:
            raise InvalidCredentialsError
        token = new_token()
        made = _new_session(tenant_id, user.id, session_hash(digester, token))
        session.add(made)
    return LogIn(token, made, user, role)


async def revoke_session(session: AsyncSession, *, tenant_id: UUID, session_id: UUID) -> None:
    """End a session at once, everywhere; nothing happens if it is over already."""
    ended = await session.execute(
        delete(Session).where(col(Session.id) == session_id).returning(col(Session.user_id))
    )
    user_id = ended.scalar_one_or_none()
    if user_id is not None:
        publish(
            session, SessionRevoked(tenant_id=tenant_id, session_id=session_id, user_id=user_id)
        )


async def session_expiry(session: AsyncSession, session_id: UUID) -> datetime | None:
    """When the session ends at the latest."""
    found = await session.exec(select(Session.expires_at).where(col(Session.id) == session_id))
    return found.one_or_none()


async def forget_expired(session: AsyncSession, limit: int) -> None:
    """Delete up to `limit` sessions of the session's tenant that are over."""
    now = utc_now()
    over = (
        select(Session.id)
        .where((col(Session.expires_at) <= now) | (col(Session.last_seen_at) <= now - IDLE_LIFE))
        .limit(limit)
    )
    await session.execute(delete(Session).where(col(Session.id).in_(over)))


def session_hash(digester: Digester, token: str) -> bytes:
    """What is kept of a session's token."""
    return digester.digest("session", token)


def _new_session(tenant_id: UUID, user_id: UUID, token_hash: bytes) -> Session:
    now = utc_now()
    return Session(
        tenant_id=tenant_id,
        user_id=user_id,
        token_hash=token_hash,
        last_seen_at=now,
        expires_at=now + LIFE,
    )
