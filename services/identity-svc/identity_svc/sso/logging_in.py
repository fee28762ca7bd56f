"""A log-in at a provider: it begins and ends on the tenant's host, in one browser.

Where it begins, the browser gets a cookie, and the provider a state, from which everything follows that
proves this log-in to the provider. The provider sends the browser back to the platform's host, which only
passes on what it brings; the tenant's host takes it, with the cookie, once. No transaction is open while
the provider is asked.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from prometheus_client import Counter

from identity_svc.digests.service import Digester, new_token
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.sessions import service as sessions
from identity_svc.sessions.service import (
    Browser,
    Cookie,
    InvalidCredentialsError,
    LogIn,
    cookie,
    facts_of,
    prove_password,
    secret_for,
)
from identity_svc.sso import queries
from identity_svc.sso.admission import Admission, Proof, ProofNeededError, admit, learn
from identity_svc.sso.errors import (
    SsoAnswerInvalidError,
    SsoAttemptInvalidError,
    SsoConnectionNotFoundError,
    SsoNotMemberError,
    SsoProviderUnavailableError,
    SsoRefusedError,
)
from identity_svc.sso.models import SsoAttempt, SsoConnection
from identity_svc.sso.provider import (
    Attempt,
    Client,
    Provider,
    authorization_url,
    end_session_url,
)
from identity_svc.sso.rules import Claims, claims_of
from identity_svc.sso.schemas import SsoFinish, SsoProofAsked, SsoTestRead
from identity_svc.sso.service import client_of, get_connection
from identity_svc.tenants.service import find_tenant
from identity_svc.throttling.service import Limit, count_attempt, limits_of_source
from stagify.clock import utc_now
from stagify.errors import StagifyError
from stagify.events.sso import (
    SsoLogInRefused,
)
from stagify.outbox import publish
from stagify.source import Source

LOG_INS = Counter(
    "stagify_identity_sso_log_ins",
    "Log-ins at providers: begun, accepted, refused, unknown; a proof asked for.",
    ["outcome"],
)

COOKIE_NAME = "__Host-stagify_sso"
LIFE = timedelta(minutes=10)
PER_SOURCE_MINUTE, PER_TENANT_MINUTE = 60, 3_000
MINUTE = timedelta(minutes=1)
# What the provider may tell of somebody; "groups" only where it knows that word.
SCOPES = ("openid", "email", "profile")


@dataclass(frozen=True, slots=True)
class Tester:
    """Somebody who is logged in, and their session."""

    user_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class Start:
    """Where, with which connection and from where a log-in begins; `secret` is what the browser has from an
    earlier one, whatever it is worth. Without a `tester` it is a log-in."""

    tenant_id: UUID
    connection_id: UUID
    source: Source
    secret: str
    tester: Tester | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """Where the browser goes, and what it keeps meanwhile."""

    url: str
    cookie: Cookie


async def start(parts: Parts, wanted: Start) -> Started:
    """Begin a log-in. A connection that is off exists only for those who test it."""
    digester, tenant_id = parts.digester, wanted.tenant_id
    limits = limits_of_source(
        digester, "sso_source_minute", wanted.source, PER_SOURCE_MINUTE, MINUTE
    )
    tenant = digester.digest("throttle", "sso", str(tenant_id))
    async with parts.database.system() as session:
        await count_attempt(
            session, *limits, Limit("sso_tenant_minute", tenant, PER_TENANT_MINUTE, MINUTE)
        )
    async with parts.database.tenant(tenant_id) as session:
        connection = await get_connection(session, wanted.connection_id)
        if not connection.is_enabled and wanted.tester is None:
            raise SsoConnectionNotFoundError
    provider = await parts.providers.find(connection.issuer)
    state, secret = new_token(), secret_for(wanted.secret)
    tester = wanted.tester
    async with parts.database.system() as session:
        session.add(
            SsoAttempt(
                state_hash=digester.digest("sso_state", state),
                tenant_id=tenant_id,
                connection_id=connection.id,
                version=connection.version,
                browser_hash=_browser_hash(digester, secret),
                user_id=None if tester is None else tester.user_id,
                session_id=None if tester is None else tester.session_id,
                expires_at=utc_now() + LIFE,
            )
        )
    scopes = [*SCOPES, *(["groups"] if "groups" in provider.scopes else [])]
    url = authorization_url(
        provider,
        client_of(parts, connection),
        _attempt(digester, state),
        state=state,
        scopes=scopes,
    )
    LOG_INS.labels("begun").inc()
    return Started(url, cookie(COOKIE_NAME, secret, LIFE))


def _browser_hash(digester: Digester, secret: str) -> bytes:
    return digester.digest("sso_browser", secret)


def _attempt(digester: Digester, state: str) -> Attempt:
    """What follows from a state, for us alone."""
    nonce, verifier = (
        base64.urlsafe_b64encode(digester.digest(purpose, state)).rstrip(b"=").decode()
        for purpose in ("sso_nonce", "sso_verifier")
    )
    return Attempt(nonce, verifier)


async def way_back(parts: Parts, connection_id: UUID, told: Mapping[str, str | None]) -> str:
    """The page that takes what the provider has sent to the platform's host: on the tenant's, in the
    fragment, which no server sees; or on the platform's, if no log-in is under way that this belongs to.
    Nothing is decided here."""
    state = told["state"] or ""
    async with parts.database.system() as session:
        attempt = await queries.find_attempt(session, parts.digester.digest("sso_state", state))
        tenant = None
        if attempt is not None and attempt.connection_id == connection_id:
            tenant = await find_tenant(session, attempt.tenant_id)
    if tenant is None:
        return f"{parts.settings.app_url}/sso"
    kept = {name: value for name, value in told.items() if value is not None}
    return f"{parts.settings.tenant_url(tenant.slug)}/sso#{urlencode(kept)}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who comes back to the tenant's host: a browser with what is in its cookie, and the session that it has
    there, if any, which a log-in replaces."""

    tenant_id: UUID
    secret: str
    browser: Browser
    tester: Tester | None = None
    replaces: UUID | None = None


Finished = LogIn | SsoTestRead | SsoProofAsked


async def finish(parts: Parts, arrival: Arrival, told: SsoFinish) -> Finished:
    """End a log-in, whatever comes of it: a session; what a test has shown; or the wish for a proof, if
    there is an account with the same address that the provider was not known to speak for."""
    state = told.state.get_secret_value()
    attempt = await _take(parts, arrival, state)
    try:
        connection = await _connection(parts, attempt)
        provider = await parts.providers.find(connection.issuer)
        code = _code(provider, connection, told)
        claims = await _claims(parts, connection, provider, _attempt(parts.digester, state), code)
        if attempt.user_id is not None:
            return await learn(parts, connection, claims, attempt.user_id)
        made = await _admit(parts, connection, arrival, claims)
    except StagifyError as error:
        await _note_refusal(parts, attempt, error)
        raise
    LOG_INS.labels("accepted" if isinstance(made, LogIn) else "proof_asked").inc()
    return made


async def _take(parts: Parts, arrival: Arrival, state: str) -> SsoAttempt:
    async with parts.database.system() as session:
        attempt = await queries.take_attempt(
            session,
            parts.digester.digest("sso_state", state),
            tenant_id=arrival.tenant_id,
            browser_hash=_browser_hash(parts.digester, arrival.secret),
        )
    if attempt is None or attempt.expires_at <= utc_now():
        LOG_INS.labels("unknown").inc()
        raise SsoAttemptInvalidError
    if attempt.user_id is not None and arrival.tester != Tester(
        attempt.user_id, attempt.session_id or attempt.user_id
    ):
        # Somebody else is logged in here by now, or nobody.
        raise SsoAttemptInvalidError
    return attempt


async def _connection(parts: Parts, attempt: SsoAttempt) -> SsoConnection:
    async with parts.database.tenant(attempt.tenant_id) as session:
        connection = await get_connection(session, attempt.connection_id)
    if connection.version != attempt.version:
        raise SsoAttemptInvalidError
    if not connection.is_enabled and attempt.user_id is None:
        raise SsoAttemptInvalidError
    return connection


def _code(provider: Provider, connection: SsoConnection, told: SsoFinish) -> str:
    """The code, if it comes from this provider as far as the browser can tell (RFC 9207)."""
    if told.iss != connection.issuer and (told.iss is not None or provider.names_itself):
        raise SsoAnswerInvalidError("Another provider has answered than the one that was asked.")
    if told.error is not None:
        raise SsoRefusedError
    if told.code is None:
        raise SsoAnswerInvalidError
    return told.code.get_secret_value()


async def _claims(
    parts: Parts, connection: SsoConnection, provider: Provider, attempt: Attempt, code: str
) -> Claims:
    client: Client = client_of(parts, connection)
    wanted = ["email", *([connection.group_claim] if connection.group_roles else [])]
    told = await parts.providers.redeem(provider, client, attempt, code=code, wanted=wanted)
    return claims_of(told, connection.group_claim)


async def _note_refusal(parts: Parts, attempt: SsoAttempt, error: StagifyError) -> None:
    LOG_INS.labels("refused").inc()
    async with parts.database.tenant(attempt.tenant_id) as session:
        publish(
            session,
            SsoLogInRefused(
                tenant_id=attempt.tenant_id,
                connection_id=attempt.connection_id,
                code=error.code,
            ),
        )


async def _admit(
    parts: Parts, connection: SsoConnection, arrival: Arrival, claims: Claims
) -> LogIn | SsoProofAsked:
    admission = Admission(connection.tenant_id, connection.id, connection.version, claims)
    try:
        return await admit(parts, admission, arrival.browser, replaces=arrival.replaces)
    except ProofNeededError as needed:
        return _ask(parts, admission, needed.account, arrival.secret)


# What is to be proved travels with the browser, sealed: nothing of it is kept.
def _ask(parts: Parts, admission: Admission, account: people.Account, secret: str) -> SsoProofAsked:
    expires_at = utc_now() + LIFE
    claims = admission.claims
    content = {
        "connection": str(admission.connection_id),
        "version": admission.version,
        "user": str(account.id),
        "password_version": account.password_version,
        "browser": _browser_hash(parts.digester, secret).hex(),
        "expires_at": expires_at.isoformat(),
        "claims": [
            claims.issuer,
            claims.subject,
            claims.email,
            claims.email_verified,
            claims.name,
            claims.groups,
            claims.issued_at.isoformat(),
            claims.session_id,
        ],
    }
    sealed = parts.sealer.seal(admission.tenant_id, orjson.dumps(content))
    return SsoProofAsked(
        email=account.email,
        confirmation=base64.urlsafe_b64encode(sealed).decode(),
        expires_at=expires_at,
    )


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The token of a wish for a proof, the password that proves it, and from where."""

    token: str
    password: str
    source: Source


async def confirm(parts: Parts, arrival: Arrival, confirmation: Confirmation) -> LogIn:
    """Connect what the provider has said with the account whose password this is, and log its person in."""
    admission, proof = _opened(parts, arrival, confirmation.token)
    async with parts.database.system() as session:
        account = await people.get_account(session, proof.user_id)
    is_right = account.password_version == proof.password_version and await prove_password(
        parts,
        account,
        password=confirmation.password,
        source=confirmation.source,
        device_cookie=arrival.browser.device_cookie,
    )
    if not is_right:
        raise InvalidCredentialsError("This is not the password of your account here.")
    try:
        made = await admit(
            parts, admission, arrival.browser, proof=proof, replaces=arrival.replaces
        )
    except ProofNeededError:
        # The address belongs to another account by now.
        raise SsoNotMemberError from None
    LOG_INS.labels("accepted").inc()
    return made


def _opened(parts: Parts, arrival: Arrival, token: str) -> tuple[Admission, Proof]:
    try:
        content = orjson.loads(
            parts.sealer.open(arrival.tenant_id, base64.urlsafe_b64decode(token))
        )
    except (InvalidTag, ValueError):
        raise SsoAttemptInvalidError from None
    browser = _browser_hash(parts.digester, arrival.secret).hex()
    is_live = datetime.fromisoformat(content["expires_at"]) > utc_now()
    if not is_live or not hmac.compare_digest(content["browser"], browser):
        raise SsoAttemptInvalidError
    issuer, subject, email, verified, name, groups, at, sid = content["claims"]
    groups = None if groups is None else tuple(groups)
    issued_at = datetime.fromisoformat(at)
    claims = Claims(issuer, subject, email, verified, name, groups, issued_at, sid)
    admission = Admission(
        arrival.tenant_id, UUID(content["connection"]), content["version"], claims
    )
    return admission, Proof(UUID(content["user"]), content["password_version"])


async def log_out(parts: Parts, *, tenant_id: UUID, session_id: UUID) -> str | None:
    """End a session here, and return where its person ends the one at their company, if the tenant wants
    that and the provider has a place for it; None also for a session that no provider has let in."""
    async with parts.database.tenant(tenant_id) as session:
        facts = await facts_of(session, session_id)
        connection = None
        if facts is not None and facts.sso_connection_id is not None:
            connection = await queries.find_connection(session, facts.sso_connection_id)
    await sessions.log_out(parts, tenant_id=tenant_id, session_id=session_id, is_here_only=False)
    if connection is None or not connection.logs_out_there:
        return None
    try:
        provider = await parts.providers.find(connection.issuer)
    except SsoProviderUnavailableError:
        return None
    # Without a hint in the form of a token, which we do not keep: the provider may ask.
    return end_session_url(provider, connection.client_id)
