"""The domains of a connection: whose addresses it may speak for, once their DNS has proved that they are the
tenant's.

A domain can be sold, or its record taken away, so each is looked at once a day. What is missing is no proof any
more a week later, of which the owners hear twice; what only does not answer is not missing for some days.
"""

from datetime import timedelta
from random import uniform
from uuid import UUID

from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.members.service import require_actor
from identity_svc.parts import Parts
from identity_svc.sso import queries
from identity_svc.sso.domains import GRACE, Look, record_value
from identity_svc.sso.errors import (
    SsoDomainNotFoundError,
    SsoDomainNotProvedError,
    TooManySsoConnectionsError,
)
from identity_svc.sso.models import SsoConnection, SsoDomain
from identity_svc.sso.schemas import MAX_DOMAINS, SsoConnectionRead
from identity_svc.sso.service import get_connection, read_connection
from identity_svc.tenants.service import in_each_tenant
from identity_svc.throttling.service import Limit, count_attempt
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.sso import SsoConnectionChanged
from stagify.outbox import publish
from stagify.principal import TenantPrincipal
from stagify.tasks.kinds import Task
from stagify.tasks.queue import enqueue

LOOK = "sso.look_at_domains"
# The looks of a day are spread over this long.
SPREAD = timedelta(hours=1)
# So long a record that cannot be looked at counts as being there.
UNANSWERED = timedelta(days=3)
# A mail about it is worth sending for this long.
NOTE_LIFE = timedelta(days=1)
# Looks at the DNS that one tenant may ask for in a minute.
LOOKS_PER_MINUTE, MINUTE = 20, timedelta(minutes=1)


async def add_domain(
    parts: Parts, session: Session, *, principal: TenantPrincipal, connection_id: UUID, domain: str
) -> SsoConnectionRead:
    """Name a domain, which is not proved yet; nothing happens if it was named before."""
    await require_actor(session, principal, "sso:manage")
    connection = await get_connection(session, connection_id, is_locked=True)
    known = await queries.find_domains(session, connection_id)
    if domain not in {each.domain for each in known}:
        if len(known) >= MAX_DOMAINS:
            raise TooManySsoConnectionsError(
                "This connection has as many domains as it may.", limit=MAX_DOMAINS
            )
        session.add(
            SsoDomain(tenant_id=principal.tenant_id, connection_id=connection_id, domain=domain)
        )
        await session.flush()
        _publish_domains(session, connection)
    return await read_connection(parts, session, connection)


async def remove_domain(
    session: Session, *, principal: TenantPrincipal, connection_id: UUID, domain: str
) -> None:
    """Let a connection speak for a domain's addresses no more. Whom it knows already it goes on to know."""
    await require_actor(session, principal, "sso:manage")
    connection = await get_connection(session, connection_id, is_locked=True)
    await session.delete(await _domain(session, connection_id, domain))
    _publish_domains(session, connection)


async def check_domain(
    parts: Parts, *, principal: TenantPrincipal, connection_id: UUID, domain: str
) -> SsoConnectionRead:
    """Look whether the domain's DNS has the record, and from then on believe the connection about its
    addresses; SsoDomainNotProvedError if it has not."""
    tenant_id = principal.tenant_id
    subject = parts.digester.digest("throttle", "sso_domain", str(tenant_id))
    async with parts.database.tenant(tenant_id) as session:
        await require_actor(session, principal, "sso:manage")
        await _domain(session, connection_id, domain)
        await count_attempt(session, Limit("sso_domain_minute", subject, LOOKS_PER_MINUTE, MINUTE))
    look = await parts.domains.look(domain, record_value(parts.digester, tenant_id, domain))
    if look is not Look.THERE:
        raise SsoDomainNotProvedError
    async with parts.database.tenant(tenant_id) as session:
        await require_actor(session, principal, "sso:manage")
        connection = await get_connection(session, connection_id, is_locked=True)
        found = await _domain(session, connection_id, domain)
        _see(session, connection, found)
        return await read_connection(parts, session, connection)


async def look_at_all(parts: Parts) -> None:
    """Have every proved domain of every tenant looked at within the next hours."""

    async def look_later(session: Session) -> None:
        if any(each.proved_at is not None for each in await queries.find_domains(session)):
            due_at = utc_now() + SPREAD * uniform(0, 1)
            await enqueue(session, LOOK, key=str(session.info["tenant_id"]), due_at=due_at)

    await in_each_tenant(parts.database, look_later)


async def look_again(parts: Parts, task: Task) -> None:
    """Look at the proved domains of one tenant."""
    tenant_id = task.tenant_id
    async with task.transaction() as session:
        known = await queries.find_domains(session)
        proved = [each for each in known if each.proved_at is not None]
    for each in proved:
        value = record_value(parts.digester, tenant_id, each.domain)
        look = await parts.domains.look(each.domain, value)
        async with task.transaction() as session:
            connection = await queries.find_connection(session, each.connection_id, is_locked=True)
            found = await queries.find_domain(session, each.connection_id, each.domain)
            if connection is not None and found is not None and found.proved_at is not None:
                await _note(session, connection, found, look)


async def _note(session: Session, connection: SsoConnection, found: SsoDomain, look: Look) -> None:
    """What follows from a look at a proved domain."""
    now = utc_now()
    if look is Look.THERE:
        _see(session, connection, found)
    elif look is Look.UNANSWERED and now - (found.seen_at or now) < UNANSWERED:
        return
    elif found.missing_since is None:
        found.missing_since = now
        await _tell(session, connection, found, MailKind.SSO_DOMAIN_MISSING)
    elif now - found.missing_since >= GRACE:
        found.proved_at = found.missing_since = None
        await _tell(session, connection, found, MailKind.SSO_DOMAIN_LAPSED)


def _see(session: Session, connection: SsoConnection, found: SsoDomain) -> None:
    now = utc_now()
    is_news = found.proved_at is None or found.missing_since is not None
    found.proved_at, found.seen_at, found.missing_since = found.proved_at or now, now, None
    if is_news:
        _publish_domains(session, connection)


async def _tell(
    session: Session, connection: SsoConnection, found: SsoDomain, kind: MailKind
) -> None:
    _publish_domains(session, connection)
    await queue_mail(session, kind=kind, subject_id=found.id, give_up_at=utc_now() + NOTE_LIFE)


async def _domain(session: Session, connection_id: UUID, domain: str) -> SsoDomain:
    await get_connection(session, connection_id)
    found = await queries.find_domain(session, connection_id, domain)
    if found is None:
        raise SsoDomainNotFoundError
    return found


def _publish_domains(session: Session, connection: SsoConnection) -> None:
    publish(
        session,
        SsoConnectionChanged(
            tenant_id=connection.tenant_id, connection_id=connection.id, changed=["domains"]
        ),
    )
