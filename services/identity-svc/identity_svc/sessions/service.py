"""Sessions: a log-in with a password makes one, an opaque token names it, log-out or time ends it."""

from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from uuid import UUID

from prometheus_client import Counter

from identity_svc.factors.service import find_factors
from identity_svc.members.service import find_role
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.people.schemas import email_key
from identity_svc.people.service import BusyError
from identity_svc.sessions import attempts, queries
from identity_svc.sessions.asking import SecondFactorDue, ask, browser_hash, secret_for
from identity_svc.sessions.attempts import Attempt
from identity_svc.sessions.cookies import (
    CHALLENGE_COOKIE_NAME,
    COOKIE_NAME,
    DEVICE_COOKIE_NAME,
    ENDED_DOCUMENT,
    ENDED_HEADERS,
    UNSET_SESSION,
    Cookie,
    cookie,
    sets_cookie,
)
from identity_svc.sessions.devices import DeviceOwner
from identity_svc.sessions.ending import (
    end_handoffs_of,
    end_other_sessions,
    end_sessions_at_provider,
    end_sessions_of,
    end_sessions_of_connection,
    log_out,
    log_out_person,
    reconsider_single_factor,
    revoke_session,
)
from identity_svc.sessions.errors import (
    InvalidCredentialsError,
    SsoRequiredError,
    SsoSessionError,
    WrongPasswordError,
)
from identity_svc.sessions.mail import tell_of_device
from identity_svc.sessions.opening import (
    Browser,
    Facts,
    LogIn,
    PersonLogIn,
    Shown,
    cookies_of,
    enter,
    is_kept_out,
    open_session,
    owner_of,
    sign_in,
)
from identity_svc.sessions.own import (
    OpenSession,
    OwnSession,
    Person,
    end_own_session,
    end_own_sessions,
    list_own_sessions,
    renew_session,
)
from identity_svc.sessions.persons import (
    BY_PASSWORD,
    BY_PROVIDER,
    PlatformPerson,
    find_person,
    forget_expired_persons,
    get_person,
)
from identity_svc.sessions.proofs import prove_password, renewed_cookie, renewed_cookies
from identity_svc.sessions.tokens import IDLE_LIFE, LIFE, session_hash
from identity_svc.tenants.service import is_mfa_due
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.clock import utc_now
from stagify.database import Session
from stagify.source import Source

__all__ = [
    "BY_PASSWORD",
    "BY_PROVIDER",
    "CHALLENGE_COOKIE_NAME",
    "COOKIE_NAME",
    "DEVICE_COOKIE_NAME",
    "ENDED_DOCUMENT",
    "ENDED_HEADERS",
    "IDLE_LIFE",
    "LIFE",
    "UNSET_SESSION",
    "Browser",
    "Cookie",
    "Facts",
    "InvalidCredentialsError",
    "LogIn",
    "LogInRequest",
    "OpenSession",
    "OwnSession",
    "Person",
    "PersonLogIn",
    "PlatformPerson",
    "SecondFactorDue",
    "Shown",
    "SsoRequiredError",
    "SsoSessionError",
    "WrongPasswordError",
    "browser_hash",
    "cookie",
    "cookies_of",
    "end_handoffs_of",
    "end_other_sessions",
    "end_own_session",
    "end_own_sessions",
    "end_sessions_at_provider",
    "end_sessions_of",
    "end_sessions_of_connection",
    "enter",
    "facts_of",
    "find_person",
    "forget_expired",
    "forget_expired_persons",
    "get_person",
    "is_kept_out",
    "is_of_connection",
    "list_own_sessions",
    "log_in",
    "log_in_person",
    "log_out",
    "log_out_person",
    "open_session",
    "owner_of",
    "prove_password",
    "reconsider_single_factor",
    "renew_session",
    "renewed_cookie",
    "renewed_cookies",
    "revoke_session",
    "secret_for",
    "session_hash",
    "sets_cookie",
    "sign_in",
    "tell_of_device",
]

LOG_INS = Counter(
    "stagify_identity_log_ins", "Log-ins: accepted, refused, throttled, busy.", ["outcome"]
)

# Stands for an unknown person, so that the same statements run.
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class LogInRequest:
    """Who wants to log in where (None is the platform's host), and from where."""

    tenant_id: UUID | None
    email: str
    password: str
    source: Source
    browser: Browser = field(default_factory=Browser)


@dataclass(frozen=True, slots=True)
class _Try:
    """A log-in that may be tried: whose it is, if anybody's, and how it was counted."""

    account: people.Account | None
    expected: str | None
    attempt: Attempt


async def log_in(
    parts: Parts, *, request: LogInRequest, tenant_id: UUID, replaces: UUID | None = None
) -> LogIn | SecondFactorDue:
    """Create a session for a member who knows the password, in place of the one that the browser has
    there, if any; or ask for a second factor. No transaction is open while a password is hashed."""
    account, attempt = await _authenticate(parts, request)
    new_hash = await _renewed_hash(parts, account, request.password)
    async with parts.database.tenant(tenant_id) as session:
        account = await _succeed(session, attempt, account, new_hash)
        made: LogIn | SecondFactorDue | None = None
        is_out = await is_kept_out(session, tenant_id, await find_role(session, account.id))
        if not is_out:
            made = await _ask(session, parts, request, account)
        if not is_out and made is None:
            made = await enter(
                session,
                parts,
                request.browser,
                tenant_id=tenant_id,
                shown=Shown(account),
                replaces=replaces,
            )
        if not is_out and made is None:
            raise InvalidCredentialsError
        if made is not None and not isinstance(made, SecondFactorDue):
            await tell_of_device(session, parts, request.browser, account)
    # Outside of the block: the password was right, so the try is no failure.
    if made is None:
        LOG_INS.labels("kept_out").inc()
        raise SsoRequiredError
    _count(made)
    return made


async def log_in_person(
    parts: Parts, *, request: LogInRequest, replaces: str = ""
) -> PersonLogIn | SecondFactorDue:
    """Create a session on the platform's host for somebody who knows the password of an account, in
    place of the one with the token that the browser has there, if any; or ask for a second factor."""
    account, attempt = await _authenticate(parts, request)
    new_hash = await _renewed_hash(parts, account, request.password)
    async with parts.database.system() as session:
        account = await _succeed(session, attempt, account, new_hash)
        made: PersonLogIn | SecondFactorDue | None = await _ask(session, parts, request, account)
        if made is None:
            made = await sign_in(
                session, parts, request.browser, shown=Shown(account), replaces=replaces
            )
        if made is None:
            raise InvalidCredentialsError
        if not isinstance(made, SecondFactorDue):
            await tell_of_device(session, parts, request.browser, account)
    _count(made)
    return made


def _count(made: PersonLogIn | SecondFactorDue) -> None:
    LOG_INS.labels("challenged" if isinstance(made, SecondFactorDue) else "accepted").inc()


async def _ask(
    session: Session, parts: Parts, request: LogInRequest, account: people.Account
) -> SecondFactorDue | None:
    """A challenge for whoever has shown the password of somebody with a second factor."""
    if not await people.hold_password(session, account):
        raise InvalidCredentialsError
    factors = await find_factors(session, parts, account.id)
    if not factors.is_asked and not (
        factors.methods and await is_mfa_due(session, request.tenant_id, parts.settings.mfa_due_at)
    ):
        return None
    return await ask(
        session,
        parts,
        account=account,
        factors=factors,
        amr=BY_PASSWORD,
        tenant_id=request.tenant_id,
        secret=request.browser.challenge_secret,
    )


async def _authenticate(parts: Parts, request: LogInRequest) -> tuple[people.Account, Attempt]:
    """The account. An unknown address, a person who is no member and a wrong password run the same
    statements and one hash."""
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
        async with _at(parts, request) as session:
            await attempts.withdraw(session, tried.attempt)
        raise
    if not is_right or tried.account is None:
        LOG_INS.labels("refused").inc()
        raise InvalidCredentialsError
    return tried.account, tried.attempt


def _at(parts: Parts, request: LogInRequest) -> AbstractAsyncContextManager[Session]:
    """A transaction of the tenant at whose host the log-in is, or of none."""
    database = parts.database
    return database.system() if request.tenant_id is None else database.tenant(request.tenant_id)


async def _begin(parts: Parts, request: LogInRequest) -> _Try:
    """Look up the account, and count the attempt in the transaction that does so."""
    async with _at(parts, request) as session:
        account = await people.find_account(session, request.email)
        is_welcome = account is not None
        if request.tenant_id is not None:
            role = await find_role(session, account.id if account is not None else _NOBODY)
            is_welcome = role is not None
        owner = (
            owner_of(account)
            if account is not None
            else DeviceOwner(_NOBODY, parts.passwords.decoy)
        )
        attempt = await attempts.begin(
            session,
            attempts.Guessing(
                account=email_key(request.email),
                source=request.source,
                device=parts.devices.find(request.browser.device_cookie, owner),
            ),
            digester=parts.digester,
            per_minute=parts.settings.logins_per_source_minute,
        )
    expected = account.password_hash if account is not None and is_welcome else None
    return _Try(account, expected, attempt)


async def _renewed_hash(parts: Parts, account: people.Account, password: str) -> str | None:
    """A hash with today's parameters, if the stored one has others and there is time for it."""
    if parts.passwords.needs_rehash(account.password_hash):
        with suppress(BusyError):
            return await parts.passwords.hash(password)
    return None


async def _succeed(
    session: Session, attempt: Attempt, account: people.Account, new_hash: str | None
) -> people.Account:
    """The password was right: the account, with its new hash if there is one."""
    await attempts.succeed(session, attempt)
    if new_hash is None:
        return account
    await people.renew_hash(session, account, new_hash)
    return replace(account, password_hash=new_hash)


async def facts_of(session: Session, session_id: UUID) -> Facts | None:
    """What is known of the session; None if it is over."""
    found = await queries.find_session(session, session_id)
    return (
        None
        if found is None
        else Facts(
            found.amr, found.auth_time, found.expires_at, found.parent_id, found.sso_connection_id
        )
    )


async def is_of_connection(session: Session, session_id: UUID) -> bool:
    """Whether the session came from a connection for single sign-on."""
    found = await queries.find_session(session, session_id)
    return found is not None and found.sso_connection_id is not None


async def forget_expired(session: Session, limit: int) -> None:
    """Delete up to `limit` sessions of the session's tenant that are over, and as many hand-offs that
    nobody has used in time."""
    now = utc_now()
    await queries.delete_over(session, now=now, unused_since=now - IDLE_LIFE, limit=limit)
    await queries.delete_handoffs_over(session, now=now, limit=limit)
