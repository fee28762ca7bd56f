"""Sessions: a log-in with a password makes one, an opaque token names it, log-out or time ends it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter

from identity_svc.digests.service import Digester, new_token
from identity_svc.members.service import find_role
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.people.schemas import email_key
from identity_svc.roles.schemas import Role
from identity_svc.sessions import models, queries
from identity_svc.sessions.errors import InvalidCredentialsError
from identity_svc.tenants.service import KnownTenant, get_tenant
from identity_svc.throttling.service import (
    Limit,
    TooManyAttemptsError,
    count_attempt,
    forget_attempts,
)
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import SessionRevoked
from stagify.outbox import publish

LOG_INS = Counter("stagify_identity_log_ins", "Log-ins: accepted, refused, throttled.", ["outcome"])

# A session ends this long after the log-in, whatever happens, and this long after its last use.
LIFE = timedelta(days=30)
IDLE_LIFE = timedelta(days=7)

# Stands for an unknown person, so that the same statements run.
_NOBODY = UUID(int=0)

ATTEMPTS_PER_ACCOUNT = 10
ACCOUNT_WINDOW = timedelta(minutes=15)
TENANT_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LogInRequest:
    """Who wants to log in where, and the session that this replaces, if any."""

    tenant_id: UUID
    email: str
    password: str
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class LogIn:
    """A new session, with the only copy of its token."""

    token: str
    expires_at: datetime
    account: people.Account
    role: Role
    tenant: KnownTenant


async def log_in(parts: Parts, *, request: LogInRequest) -> LogIn:
    """Create a session for a member who knows the password. No transaction is open while a password
    is hashed."""
    parts.passwords.require_room()
    limits = _limits(parts, request)
    account = await _authenticate(parts, request, limits)
    new_hash = None
    if parts.passwords.needs_rehash(account.password_hash):
        new_hash = await parts.passwords.hash(request.password)
    async with parts.database.tenant(request.tenant_id) as session:
        await forget_attempts(session, limits[0].scope, limits[0].subject)
        if new_hash is not None:
            await people.set_password_hash(session, account.id, new_hash)
        if request.replaces is not None:
            await revoke_session(session, tenant_id=request.tenant_id, session_id=request.replaces)
        made = await _open_session(session, request.tenant_id, account, parts.digester)
    LOG_INS.labels("accepted").inc()
    return made


def _limits(parts: Parts, request: LogInRequest) -> tuple[Limit, Limit]:
    account = parts.digester.digest("throttle", email_key(request.email))
    tenant = parts.digester.digest("throttle", str(request.tenant_id))
    per_minute = parts.settings.logins_per_tenant_minute
    return (
        Limit("login_account", account, ATTEMPTS_PER_ACCOUNT, ACCOUNT_WINDOW),
        Limit("login_tenant", tenant, per_minute, TENANT_WINDOW),
    )


async def _authenticate(
    parts: Parts, request: LogInRequest, limits: tuple[Limit, Limit]
) -> people.Account:
    """The member's account. An unknown address, a person who is no member and a wrong password run
    the same statements and one hash."""
    try:
        async with parts.database.tenant(request.tenant_id) as session:
            await count_attempt(session, *limits)
            account = await people.find_account(session, request.email)
            role = await find_role(session, account.id if account is not None else _NOBODY)
    except TooManyAttemptsError:
        LOG_INS.labels("throttled").inc()
        raise
    expected = account.password_hash if account is not None and role is not None else None
    if not await parts.passwords.verify(request.password, expected) or account is None:
        LOG_INS.labels("refused").inc()
        raise InvalidCredentialsError
    return account


async def _open_session(
    session: Session, tenant_id: UUID, account: people.Account, digester: Digester
) -> LogIn:
    # Checked again: the member may have been removed during the hashing.
    role = await find_role(session, account.id)
    if role is None:
        raise InvalidCredentialsError
    now, token = utc_now(), new_token()
    made = models.Session(
        tenant_id=tenant_id,
        user_id=account.id,
        token_hash=session_hash(digester, token),
        last_seen_at=now,
        expires_at=now + LIFE,
    )
    session.add(made)
    return LogIn(token, made.expires_at, account, role, await get_tenant(session, tenant_id))


async def revoke_session(session: Session, *, tenant_id: UUID, session_id: UUID) -> None:
    """End a session at once, everywhere; nothing happens if it is over already."""
    user_id = await queries.delete_session(session, session_id)
    if user_id is not None:
        publish(
            session, SessionRevoked(tenant_id=tenant_id, session_id=session_id, user_id=user_id)
        )


async def session_expiry(session: Session, session_id: UUID) -> datetime | None:
    """When the session ends at the latest."""
    return await queries.find_expiry(session, session_id)


async def forget_expired(session: Session, limit: int) -> None:
    """Delete up to `limit` sessions of the session's tenant that are over."""
    now = utc_now()
    await queries.delete_over(session, now=now, unused_since=now - IDLE_LIFE, limit=limit)


def session_hash(digester: Digester, token: str) -> bytes:
    """The hash that is stored of a session's token."""
    return digester.digest("session", token)
