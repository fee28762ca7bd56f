"""Log-outs that a provider tells us (OpenID Connect Back-Channel Logout 1.0): what it has let in ends at once.

The provider calls an address on the platform's host that names the tenant and the connection; nothing in the call
counts but a token that this connection's provider has signed for us. It is remembered for a while: a second
time it is refused, and what the provider has said before it lets nobody in afterwards.
"""

from datetime import timedelta
from uuid import UUID

from prometheus_client import Counter

from identity_svc.digests.service import Digester
from identity_svc.parts import Parts
from identity_svc.sessions.service import end_sessions_at_provider
from identity_svc.sso import queries
from identity_svc.sso.errors import (
    SsoAnswerInvalidError,
    SsoConnectionNotFoundError,
    SsoLogOutInvalidError,
    SsoProviderUnavailableError,
)
from identity_svc.sso.id_tokens import LEEWAY, MAX_AGE
from identity_svc.sso.log_out_tokens import LogOut
from identity_svc.sso.models import SsoConnection, SsoLogOut
from identity_svc.sso.rules import Claims
from identity_svc.sso.service import get_connection
from identity_svc.tenants.service import lock_tenant
from identity_svc.throttling.service import count_attempt, limits_of_source
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.sso import SsoLogOutReceived
from stagify.outbox import publish
from stagify.source import Source

LOG_OUTS = Counter(
    "stagify_identity_sso_log_outs", "Log-outs told by providers: accepted, refused.", ["outcome"]
)

# A provider may log thousands of people out at the end of the day, all from one address.
PER_SOURCE_MINUTE, MINUTE = 3_000, timedelta(minutes=1)
# Longer than its token is believed, and than a log-in takes that was begun before: ten minutes at the provider,
# and ten more if a password is asked for.
KEPT = timedelta(hours=1)
assert KEPT > MAX_AGE + LEEWAY


async def take_log_out(
    parts: Parts, *, tenant_id: UUID, connection_id: UUID, token: str, source: Source
) -> None:
    """End what a provider says has ended; SsoLogOutInvalidError if this is not its word, or not for the first
    time, or if its keys cannot be read now."""
    try:
        await _count(parts, source)
        connection, log_out = await _read(parts, tenant_id, connection_id, token)
        async with parts.database.tenant(tenant_id) as session:
            await _end(session, parts.digester, connection, log_out)
    except (
        SsoAnswerInvalidError,
        SsoConnectionNotFoundError,
        SsoLogOutInvalidError,
        SsoProviderUnavailableError,
    ) as error:
        # Whether there is such a connection concerns nobody who is not its provider.
        LOG_OUTS.labels("refused").inc()
        raise SsoLogOutInvalidError from error
    LOG_OUTS.labels("accepted").inc()


async def _count(parts: Parts, source: Source) -> None:
    """By the source alone: a limit of the tenant's would let strangers keep its provider out."""
    limits = limits_of_source(
        parts.digester, "sso_log_out_source_minute", source, PER_SOURCE_MINUTE, MINUTE
    )
    async with parts.database.system() as session:
        await count_attempt(session, *limits)


async def _read(
    parts: Parts, tenant_id: UUID, connection_id: UUID, token: str
) -> tuple[SsoConnection, LogOut]:
    async with parts.database.tenant(tenant_id) as session:
        connection = await get_connection(session, connection_id)
    provider = await parts.providers.find(connection.issuer)
    return connection, await parts.providers.log_out_of(provider, connection.client_id, token)


async def _end(
    session: Session, digester: Digester, connection: SsoConnection, log_out: LogOut
) -> None:
    # A log-in that is being finished comes before this, and ends; or after it, and is refused.
    await lock_tenant(session, connection.tenant_id)
    now_connection = await get_connection(session, connection.id)
    if now_connection.version != connection.version:
        raise SsoLogOutInvalidError
    subject, named = log_out.subject, str(connection.id)
    noted = SsoLogOut(
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        token_hash=digester.digest("sso_log_out", named, log_out.token_id),
        subject_hash=None if subject is None else digester.digest("sso_subject", named, subject),
        session_hash=session_hash_of(digester, connection.id, log_out.session_id),
        issued_at=log_out.issued_at,
        expires_at=utc_now() + KEPT,
    )
    if not await queries.note_log_out(session, noted):
        raise SsoLogOutInvalidError
    user_id = None
    if subject is not None:
        identity = await queries.find_identity(session, connection.id, connection.issuer, subject)
        user_id = None if identity is None else identity.user_id
    ended: list[UUID] = []
    if subject is None or user_id is not None:
        ended = await end_sessions_at_provider(
            session, connection.id, user_id=user_id, session_hash=noted.session_hash
        )
    publish(
        session,
        SsoLogOutReceived(
            tenant_id=connection.tenant_id,
            connection_id=connection.id,
            user_id=user_id or next(iter(ended), None),
            ended=len(ended),
        ),
    )


async def has_logged_out(
    session: Session, digester: Digester, connection_id: UUID, claims: Claims
) -> bool:
    """Whether the provider has told us since it said this of somebody that they have logged out there."""
    return await queries.find_log_out(
        session,
        connection_id,
        subject_hash=digester.digest("sso_subject", str(connection_id), claims.subject),
        session_hash=session_hash_of(digester, connection_id, claims.session_id),
        issued_at=claims.issued_at,
    )


def session_hash_of(digester: Digester, connection_id: UUID, name: str | None) -> bytes | None:
    """What is kept of a session at the connection's provider; None if it has no name."""
    return None if name is None else digester.digest("sso_session", str(connection_id), name)
