"""The connections of a tenant: who may change what, and what follows from it.

A connection is off until an owner has logged in with it for a test. What it has let in ends with it: its
sessions at once, and with another issuer or client also whom it knew. That a tenant's people must log in
this way is decided only by somebody who can get in without it, and owners always can.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from identity_svc.factors.service import find_factors
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.members.service import find_owners, require_actor
from identity_svc.parts import Parts
from identity_svc.roles import service as roles
from identity_svc.roles.service import OWNER, Role, UnknownRoleError, require_covers
from identity_svc.sessions.service import (
    end_other_sessions,
    end_sessions_of_connection,
    reconsider_single_factor,
)
from identity_svc.settings import Settings
from identity_svc.sso import queries
from identity_svc.sso.domains import GRACE, record_name, record_value
from identity_svc.sso.errors import (
    SsoConnectionNotFoundError,
    SsoFactorNeededError,
    SsoNotTestedError,
    SsoRoleNotAllowedError,
    TooManySsoConnectionsError,
)
from identity_svc.sso.models import SsoConnection, SsoDomain
from identity_svc.sso.provider import Client, Provider
from identity_svc.sso.schemas import (
    GroupRoleRead,
    SsoConnectionCreate,
    SsoConnectionList,
    SsoConnectionRead,
    SsoConnectionUpdate,
    SsoDomainRead,
    SsoOption,
    SsoOptions,
)
from identity_svc.tenants.service import is_sso_enforced, set_sso_enforced
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.sso import (
    SsoConnectionChanged,
    SsoConnectionCreated,
    SsoConnectionDeleted,
)
from stagify.outbox import publish
from stagify.principal import TenantPrincipal

__all__ = ["forget_attempts", "forget_identities_of", "forget_log_outs"]

# A test counts for so long for whoever enforces a connection.
TEST_LIFE = timedelta(minutes=10)
DAY = timedelta(days=1)


def client_of(parts: Parts, connection: SsoConnection) -> Client:
    """Us, as the connection's provider knows us."""
    sealed = connection.client_secret
    secret = None if sealed is None else parts.sealer.open(connection.id, sealed).decode()
    return Client(connection.client_id, secret, redirect_uri(parts.settings, connection.id))


def redirect_uri(settings: Settings, connection_id: UUID) -> str:
    """Where the provider sends browsers back to: on the platform's host, so that it stays the same when the
    tenant's changes; one for each connection, so that no provider answers for another one."""
    return f"{settings.app_url}/v1/sso/callback/{connection_id}"


def log_out_uri(settings: Settings, connection: SsoConnection) -> str:
    """Where the provider tells us of log-outs there."""
    return f"{settings.app_url}/v1/sso/log-outs/{connection.tenant_id}/{connection.id}"


async def read_options(session: Session, tenant_id: UUID) -> SsoOptions:
    """How anybody can log in to the tenant at its company."""
    found = await queries.find_connections(session)
    return SsoOptions(
        items=[SsoOption(id=each.id, name=each.name) for each in found if each.is_enabled],
        is_enforced=await is_sso_enforced(session, tenant_id),
    )


async def list_connections(parts: Parts, session: Session) -> SsoConnectionList:
    """All connections of the session's tenant."""
    found = await queries.find_connections(session)
    return SsoConnectionList(items=[await read_connection(parts, session, each) for each in found])


async def create_connection(
    parts: Parts, *, principal: TenantPrincipal, wanted: SsoConnectionCreate
) -> SsoConnectionRead:
    """Add a connection, which is off; SsoProviderInvalidError if its issuer is no provider."""
    provider = await parts.providers.discover(wanted.issuer)
    async with parts.database.tenant(principal.tenant_id) as session:
        await require_actor(session, principal, "sso:manage")
        most = parts.settings.sso_connections_per_tenant
        if await queries.count_connections(session) >= most:
            raise TooManySsoConnectionsError(limit=most)
        connection = SsoConnection(
            tenant_id=principal.tenant_id,
            name=wanted.name,
            issuer=provider.issuer,
            client_id=wanted.client_id,
        )
        if wanted.client_secret is not None:
            secret = wanted.client_secret.get_secret_value()
            connection.client_secret = parts.sealer.seal(connection.id, secret.encode())
        session.add(connection)
        await session.flush()
        publish(
            session,
            SsoConnectionCreated(tenant_id=principal.tenant_id, connection_id=connection.id),
        )
        return await read_connection(parts, session, connection)


async def update_connection(
    parts: Parts,
    *,
    principal: TenantPrincipal,
    connection_id: UUID,
    wanted: SsoConnectionUpdate,
) -> SsoConnectionRead:
    """Change a connection; what is not named stays."""
    provider = None
    if wanted.issuer is not None:
        provider = await parts.providers.discover(wanted.issuer)
    async with parts.database.tenant(principal.tenant_id) as session:
        own = await require_actor(session, principal, "sso:manage")
        connection = await get_connection(session, connection_id, is_locked=True)
        before = _facts(connection)
        await _check_roles(session, own, wanted)
        _change(parts, connection, wanted, provider)
        if (connection.issuer, connection.client_id) != (before["issuer"], before["client_id"]):
            await _begin_anew(session, connection)
        await _switch(session, parts, connection, principal, wanted)
        changed = [name for name, value in _facts(connection).items() if value != before[name]]
        if wanted.client_secret is not None:
            changed.append("client_secret")
        if before["is_enabled"] and not connection.is_enabled:
            await end_sessions_of_connection(session, connection.id)
        if changed:
            publish(
                session,
                SsoConnectionChanged(
                    tenant_id=principal.tenant_id,
                    connection_id=connection.id,
                    changed=sorted(changed),
                ),
            )
        await _enforce(session, principal.tenant_id)
        return await read_connection(parts, session, connection)


async def delete_connection(
    session: Session, *, principal: TenantPrincipal, connection_id: UUID
) -> None:
    """Delete a connection: its sessions end, and people log in by what is their own, or by another one."""
    await require_actor(session, principal, "sso:manage")
    connection = await get_connection(session, connection_id, is_locked=True)
    await _tell(session, connection)
    await end_sessions_of_connection(session, connection.id)
    await session.delete(connection)
    await session.flush()
    publish(
        session,
        SsoConnectionDeleted(tenant_id=principal.tenant_id, connection_id=connection_id),
    )
    await _enforce(session, principal.tenant_id)


async def get_connection(
    session: Session, connection_id: UUID, *, is_locked: bool = False
) -> SsoConnection:
    """The tenant's connection with this id; SsoConnectionNotFoundError if there is none."""
    found = await queries.find_connection(session, connection_id, is_locked=is_locked)
    if found is None:
        raise SsoConnectionNotFoundError
    return found


async def proved_domains(session: Session, connection_id: UUID) -> set[str]:
    """The domains whose addresses the connection may speak for."""
    found = await queries.find_domains(session, connection_id)
    return {each.domain for each in found if each.proved_at is not None}


async def _check_roles(session: Session, own: Role, wanted: SsoConnectionUpdate) -> None:
    """Nobody has a provider give what they could not give themselves, and none makes an owner."""
    keys = {each.role for each in wanted.group_roles or ()}
    if wanted.default_role is not None:
        keys.add(wanted.default_role)
    for key in sorted(keys):
        role = await roles.find_role(session, key)
        if role == OWNER:
            raise SsoRoleNotAllowedError
        require_covers(own, role.permissions)


_PLAIN = ("name", "client_id", "is_just_in_time", "default_role", "group_claim", "logs_out_there")
_SWITCHES = ("is_enabled", "is_enforced")


def _facts(connection: SsoConnection) -> dict[str, object]:
    """What people change about a connection."""
    return {
        name: getattr(connection, name) for name in (*_PLAIN, *_SWITCHES, "issuer", "group_roles")
    }


def _change(
    parts: Parts,
    connection: SsoConnection,
    wanted: SsoConnectionUpdate,
    provider: Provider | None,
) -> None:
    for name in _PLAIN:
        value = getattr(wanted, name)
        if value is not None:
            setattr(connection, name, value)
    if provider is not None:
        connection.issuer = provider.issuer
    if wanted.group_roles is not None:
        connection.group_roles = [each.model_dump() for each in wanted.group_roles]
    if wanted.client_secret is not None:
        secret = wanted.client_secret.get_secret_value()
        connection.client_secret = parts.sealer.seal(connection.id, secret.encode())


async def _begin_anew(session: Session, connection: SsoConnection) -> None:
    """Another issuer could name anybody by a subject that we know: it knows nobody, and is off."""
    connection.version += 1
    connection.is_enabled = connection.is_enforced = False
    connection.proved_at = connection.proved_by = None
    await _tell(session, connection)
    await end_sessions_of_connection(session, connection.id)
    await queries.delete_identities(session, connection.id)


async def _switch(
    session: Session,
    parts: Parts,
    connection: SsoConnection,
    principal: TenantPrincipal,
    wanted: SsoConnectionUpdate,
) -> None:
    if wanted.is_enabled is not None:
        if wanted.is_enabled and connection.proved_at is None:
            raise SsoNotTestedError
        connection.is_enabled = wanted.is_enabled
    if wanted.is_enforced and not connection.is_enforced:
        await _require_way_back(session, parts, connection, principal)
    if wanted.is_enforced is not None:
        connection.is_enforced = wanted.is_enforced
    connection.is_enforced = connection.is_enforced and connection.is_enabled


async def _require_way_back(
    session: Session, parts: Parts, connection: SsoConnection, principal: TenantPrincipal
) -> None:
    """Whoever enforces a connection has just got in with it, and has a second factor to get in without it.
    (That they can, they have shown a moment ago, by the step-up.)"""
    is_tested = connection.proved_by == principal.user_id and connection.proved_at is not None
    if not connection.is_enabled or not is_tested:
        raise SsoNotTestedError
    assert connection.proved_at is not None
    if connection.proved_at <= utc_now() - TEST_LIFE:
        raise SsoNotTestedError
    assert principal.user_id is not None
    owners = await find_owners(session)
    factors = await find_factors(session, parts, principal.user_id)
    if principal.user_id not in owners or not factors.is_set_up:
        raise SsoFactorNeededError


async def _enforce(session: Session, tenant_id: UUID) -> None:
    """Bring the tenant in line with its connections: if one is enforced, sessions end of those who got in
    another way and are no owners; and what owners' are worth is asked again."""
    await session.flush()
    is_enforced = any(each.is_enforced for each in await queries.find_connections(session))
    if is_enforced == await is_sso_enforced(session, tenant_id):
        return
    await set_sso_enforced(session, tenant_id, utc_now() if is_enforced else None)
    if is_enforced:
        await end_other_sessions(session, besides=await find_owners(session))
    await reconsider_single_factor(session, tenant_id)


async def _tell(session: Session, connection: SsoConnection) -> None:
    """Tell those whom the connection knows, and the owners, that they need another way in."""
    people = {*await queries.find_known_people(session, connection.id), *await find_owners(session)}
    for user_id in sorted(people):
        await queue_mail(
            session, kind=MailKind.SSO_ENDED, subject_id=user_id, give_up_at=utc_now() + DAY
        )


async def read_connection(
    parts: Parts, session: Session, connection: SsoConnection
) -> SsoConnectionRead:
    """What is shown of a connection."""
    domains = await queries.find_domains(session, connection.id)
    people = await queries.find_known_people(session, connection.id)
    return SsoConnectionRead(
        id=connection.id,
        name=connection.name,
        issuer=connection.issuer,
        client_id=connection.client_id,
        has_client_secret=connection.client_secret is not None,
        redirect_uri=redirect_uri(parts.settings, connection.id),
        log_out_uri=log_out_uri(parts.settings, connection),
        is_enabled=connection.is_enabled,
        is_enforced=connection.is_enforced,
        is_just_in_time=connection.is_just_in_time,
        default_role=connection.default_role,
        group_claim=connection.group_claim,
        logs_out_there=connection.logs_out_there,
        group_roles=[GroupRoleRead.model_validate(each) for each in connection.group_roles],
        domains=[_read_domain(parts, each) for each in domains],
        people=len(people),
        tested_at=connection.proved_at,
        created_at=connection.created_at,
    )


def _read_domain(parts: Parts, found: SsoDomain) -> SsoDomainRead:
    return SsoDomainRead(
        domain=found.domain,
        record_name=record_name(found.domain),
        record_value=record_value(parts.digester, found.tenant_id, found.domain),
        proved_at=found.proved_at,
        lapses_at=found.missing_since and found.missing_since + GRACE,
    )


async def find_role_or_none(session: Session, keys: Sequence[str | None]) -> Role | None:
    """The first of these roles that there still is, and that a provider may give."""
    for key in filter(None, keys):
        try:
            role = await roles.find_role(session, key)
        except UnknownRoleError:
            continue
        if role != OWNER:
            return role
    return None


async def forget_identities_of(session: Session, user_id: UUID) -> None:
    """Let no provider know the person any more; in a transaction of the person."""
    await queries.delete_identities_of(session, user_id)


async def forget_attempts(session: Session, limit: int) -> None:
    """Delete up to `limit` log-ins that nobody has finished in time."""
    await queries.delete_attempts_over(session, now=utc_now(), limit=limit)


async def forget_log_outs(session: Session, limit: int) -> None:
    """Delete up to `limit` log-outs of the session's tenant that nothing can follow from any more."""
    await queries.delete_log_outs_over(session, now=utc_now(), limit=limit)
