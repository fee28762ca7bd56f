"""The domains of a connection: whose addresses it may speak for, once their DNS has proved that they are the
tenant's."""

from datetime import timedelta
from uuid import UUID

from identity_svc.members.service import require_actor
from identity_svc.parts import Parts
from identity_svc.sso import queries
from identity_svc.sso.domains import record_value
from identity_svc.sso.errors import (
    SsoDomainNotFoundError,
    SsoDomainNotProvedError,
    TooManySsoConnectionsError,
)
from identity_svc.sso.models import SsoConnection, SsoDomain
from identity_svc.sso.schemas import MAX_DOMAINS, SsoConnectionRead
from identity_svc.sso.service import get_connection, read_connection
from identity_svc.throttling.service import Limit, count_attempt
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.sso import SsoConnectionChanged
from stagify.outbox import publish
from stagify.principal import TenantPrincipal

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
    is_proved = await parts.domains.is_proved(
        domain, record_value(parts.digester, tenant_id, domain)
    )
    if not is_proved:
        raise SsoDomainNotProvedError
    async with parts.database.tenant(tenant_id) as session:
        await require_actor(session, principal, "sso:manage")
        connection = await get_connection(session, connection_id, is_locked=True)
        found = await _domain(session, connection_id, domain)
        if found.proved_at is None:
            found.proved_at = utc_now()
            _publish_domains(session, connection)
        return await read_connection(parts, session, connection)


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
