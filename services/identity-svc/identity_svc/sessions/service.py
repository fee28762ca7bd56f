"""Sessions: made by a password, known by an opaque token, ended by log-out or time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.digests.service import Digester, new_token
from identity_svc.members.service import find_role
from identity_svc.people import service as people
from identity_svc.people.passwords import Passwords
from identity_svc.people.schemas import email_key
from identity_svc.roles.schemas import Role
from identity_svc.sessions.errors import InvalidCredentialsError
from identity_svc.sessions.models import Session
from identity_svc.tenants.service import KnownTenant, get_tenant
from identity_svc.throttling.service import (
    Limit,
    TooManyAttemptsError,
    count_attempt,
    forget_attempts,
)
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import SessionRevoked
from stagify.outbox import publish

LOG_INS = Counter("stagify_identity_log_ins", "Log-ins: accepted, refused, throttled.", ["outcome"])

# A session ends this long after the log-in, whatever happens, and this long after its last use.
LIFE = timedelta(days=30)
IDLE_LIFE = timedelta(days=7)

# Asked for in place of an unknown person, so that the same statements run.
_NOBODY = UUID(int=0)

ATTEMPTS_PER_ACCOUNT = 10
ACCOUNT_WINDOW = timedelta(minutes=15)
TENANT_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LogInRequest:
    """Who wants in where, and the session they may be replacing."""

    tenant_id: UUID
    email: str
    password: str
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class LogIn:
    """A session just made, with the only copy of its token."""

    token: str
    expires_at: datetime
    account: people.Account
    role: Role
    tenant: KnownTenant


async def log_in(
    database: Database,
    *,
    request: LogInRequest,
    digester: Digester,
    passwords: Passwords,
    logins_per_minute: int,
) -> LogIn:
    """Make a session for a member who knows the password.

    Takes the database and not a session: no transaction may wait for a password hash.
    """
    passwords.require_room()
    limits = _limits(request, digester, logins_per_minute)
    account = await _authenticate(database, request, limits, passwords)
    new_hash = None
    if passwords.needs_rehash(account.password_hash):
        new_hash = await passwords.hash(request.password)
    async with database.tenant(request.tenant_id) as session:
        await forget_attempts(session, limits[0].scope, limits[0].subject)
        if new_hash is not None:
            await people.set_password_hash(session, account.id, new_hash)
        if request.replaces is not None:
            await revoke_session(session, tenant_id=request.tenant_id, session_id=request.replaces)
        made = await _open_session(session, request.tenant_id, account, digester)
    LOG_INS.labels("accepted").inc()
    return made


def _limits(
    request: LogInRequest, digester: Digester, logins_per_minute: int
) -> tuple[Limit, Limit]:
    account = digester.digest("throttle", email_key(request.email))
    tenant = digester.digest("throttle", str(request.tenant_id))
    return (
        Limit("login_account", account, ATTEMPTS_PER_ACCOUNT, ACCOUNT_WINDOW),
        Limit("login_tenant", tenant, logins_per_minute, TENANT_WINDOW),
    )


async def _authenticate(
    database: Database, request: LogInRequest, limits: tuple[Limit, Limit], passwords: Passwords
) -> people.Account:
    """The member's account. Unknown address, stranger and wrong password take the same
    statements and the same hash."""
    try:
        async with database.tenant(request.tenant_id) as session:
            await count_attempt(session, *limits)
            account = await people.find_account(session, request.email)
            role = await find_role(session, account.id if account is not None else _NOBODY)
    except TooManyAttemptsError:
        LOG_INS.labels("throttled").inc()
        raise
    expected = account.password_hash if account is not None and role is not None else None
    if not await passwords.verify(request.password, expected) or account is None:
        LOG_INS.labels("refused").inc()
        raise InvalidCredentialsError
    return account


async def _open_session(
    session: AsyncSession, tenant_id: UUID, account: people.Account, digester: Digester
) -> LogIn:
    # Again: they may have been removed while we hashed.
    role = await find_role(session, account.id)
    if role is None:
        raise InvalidCredentialsError
    now, token = utc_now(), new_token()
    expires_at = now + LIFE
    session.add(
        Session(
            tenant_id=tenant_id,
            user_id=account.id,
            token_hash=session_hash(digester, token),
            last_seen_at=now,
            expires_at=expires_at,
        )
    )
    return LogIn(token, expires_at, account, role, await get_tenant(session, tenant_id))


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
