"""Sessions: a log-in with a password makes one, an opaque token names it, log-out or time ends it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from prometheus_client import Counter

from identity_svc.digests.service import new_token
from identity_svc.members.service import find_role
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.people.schemas import email_key
from identity_svc.people.service import BusyError
from identity_svc.roles.schemas import Role
from identity_svc.sessions import attempts, models, queries
from identity_svc.sessions.attempts import Attempt
from identity_svc.sessions.cookies import DEVICE_COOKIE_NAME, Cookie
from identity_svc.sessions.device_names import device_name
from identity_svc.sessions.devices import DeviceOwner
from identity_svc.sessions.errors import InvalidCredentialsError
from identity_svc.sessions.own import (
    OwnSession,
    Person,
    Renewed,
    end_own_session,
    end_own_sessions,
    list_own_sessions,
    renew_session,
)
from identity_svc.sessions.proofs import prove_password, renewed_cookies
from identity_svc.sessions.tokens import IDLE_LIFE, LIFE, session_hash
from identity_svc.tenants.service import KnownTenant, get_tenant
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import SessionRevoked
from stagify.outbox import publish
from stagify.source import Source

__all__ = [
    "DEVICE_COOKIE_NAME",
    "IDLE_LIFE",
    "LIFE",
    "Cookie",
    "LogIn",
    "LogInRequest",
    "OwnSession",
    "Person",
    "Renewed",
    "end_own_session",
    "end_own_sessions",
    "forget_expired",
    "list_own_sessions",
    "log_in",
    "prove_password",
    "renew_session",
    "renewed_cookies",
    "revoke_session",
    "session_expiry",
    "session_hash",
]

LOG_INS = Counter(
    "stagify_identity_log_ins", "Log-ins: accepted, refused, throttled, busy.", ["outcome"]
)

# Stands for an unknown person, so that the same statements run.
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class LogInRequest:
    """Who wants to log in where, from where, and the session that this replaces, if any."""

    tenant_id: UUID
    email: str
    password: str
    source: Source
    # The value of the device cookie, whatever it is worth.
    device_cookie: str = ""
    # What the browser says it is.
    user_agent: str = ""
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class LogIn:
    """A new session, with the only copy of its token, and the new value of the device cookie."""

    token: str
    device_cookie: str
    expires_at: datetime
    account: people.Account
    role: Role
    tenant: KnownTenant


@dataclass(frozen=True, slots=True)
class _Try:
    """A log-in that may be tried: whose it is, if anybody's, and how it was counted."""

    account: people.Account | None
    expected: str | None
    attempt: Attempt


async def log_in(parts: Parts, *, request: LogInRequest) -> LogIn:
    """Create a session for a member who knows the password. No transaction is open while a password
    is hashed."""
    account, attempt = await _authenticate(parts, request)
    new_hash = await _renewed_hash(parts, account, request.password)
    async with parts.database.tenant(request.tenant_id) as session:
        await attempts.succeed(session, attempt)
        if new_hash is not None:
            await people.renew_hash(session, account, new_hash)
            account = replace(account, password_hash=new_hash)
        if request.replaces is not None:
            await revoke_session(session, tenant_id=request.tenant_id, session_id=request.replaces)
        made = await _open_session(session, parts, request, account)
    LOG_INS.labels("accepted").inc()
    return made


async def _authenticate(parts: Parts, request: LogInRequest) -> tuple[people.Account, Attempt]:
    """The member's account. An unknown address, a person who is no member and a wrong password run
    the same statements and one hash."""
    try:
        tried = await _begin(parts, request)
    except TooManyAttemptsError:
        LOG_INS.labels("throttled").inc()
        raise
    try:
        is_right = await parts.passwords.verify(
            request.password, tried.expected, tried.attempt.standing
        )
    except BusyError:
        LOG_INS.labels("busy").inc()
        async with parts.database.tenant(request.tenant_id) as session:
            await attempts.withdraw(session, tried.attempt)
        raise
    if not is_right or tried.account is None:
        LOG_INS.labels("refused").inc()
        raise InvalidCredentialsError
    return tried.account, tried.attempt


async def _begin(parts: Parts, request: LogInRequest) -> _Try:
    """Look up the account, and count the attempt in the transaction that does so."""
    async with parts.database.tenant(request.tenant_id) as session:
        account = await people.find_account(session, request.email)
        role = await find_role(session, account.id if account is not None else _NOBODY)
        owner = DeviceOwner(
            account.id if account is not None else _NOBODY,
            account.password_hash if account is not None else parts.passwords.decoy,
        )
        attempt = await attempts.begin(
            session,
            attempts.Guessing(
                account=email_key(request.email),
                source=request.source,
                device=parts.devices.find(request.device_cookie, owner),
            ),
            digester=parts.digester,
            per_minute=parts.settings.logins_per_source_minute,
        )
    expected = account.password_hash if account is not None and role is not None else None
    return _Try(account, expected, attempt)


async def _renewed_hash(parts: Parts, account: people.Account, password: str) -> str | None:
    """A hash with today's parameters, if the stored one has others and there is time for it."""
    if parts.passwords.needs_rehash(account.password_hash):
        with suppress(BusyError):
            return await parts.passwords.hash(password)
    return None


async def _open_session(
    session: Session, parts: Parts, request: LogInRequest, account: people.Account
) -> LogIn:
    # Checked again: during the hashing the password may have been changed, and the member removed.
    if not await people.hold_password(session, account):
        raise InvalidCredentialsError
    role = await find_role(session, account.id)
    if role is None:
        raise InvalidCredentialsError
    now, token = utc_now(), new_token()
    made = models.Session(
        tenant_id=request.tenant_id,
        user_id=account.id,
        token_hash=session_hash(parts.digester, token),
        device=device_name(request.user_agent),
        created_at=now,
        last_seen_at=now,
        expires_at=now + LIFE,
    )
    session.add(made)
    owner = DeviceOwner(account.id, account.password_hash)
    return LogIn(
        token=token,
        device_cookie=parts.devices.renew(request.device_cookie, owner),
        expires_at=made.expires_at,
        account=account,
        role=role,
        tenant=await get_tenant(session, request.tenant_id),
    )


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
