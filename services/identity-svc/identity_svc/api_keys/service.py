"""API keys: credentials of programs, bound to one tenant, and to the person who created them or to a service
account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from identity_svc.api_keys import queries
from identity_svc.api_keys.errors import (
    ApiKeyNotFoundError,
    ApiKeyRotatedError,
    ExpiryInPastError,
    ScopeNotAllowedError,
    TooManyApiKeysError,
)
from identity_svc.api_keys.keyring import PREFIX, KeyRing
from identity_svc.api_keys.models import ApiKey, ApiKeyTenant
from identity_svc.api_keys.schemas import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyPage,
    ApiKeyRead,
    ApiKeyUpdate,
)
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.members.service import require_actor
from identity_svc.parts import Parts
from identity_svc.roles.service import Role, require_covers
from identity_svc.service_accounts.service import get_account, role_of
from identity_svc.throttling.service import count_attempt, limits_of_source
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import (
    ApiKeyChanged,
    ApiKeyResumed,
    ApiKeyRevoked,
    ApiKeyRotated,
    ApiKeySuspended,
)
from stagify.events.identity import ApiKeyCreated as ApiKeyCreatedEvent
from stagify.inputs import LATEST
from stagify.outbox import publish
from stagify.pagination import PageParams, encode_cursor
from stagify.principal import TenantPrincipal
from stagify.source import Source

# What a key may do if no scopes are given: stage photos, and see the usage.
DEFAULT_SCOPES = frozenset({"tenant:read", "projects:read", "projects:write", "usage:read"})
# When the creator of a key that expires is told so.
REMINDERS = {
    MailKind.API_KEY_EXPIRES_IN_A_WEEK: timedelta(days=7),
    MailKind.API_KEY_EXPIRES_IN_A_DAY: timedelta(days=1),
}
# Keys that one source may report in an hour; more than a person finds, and no more than we look up gladly.
REPORTS_PER_HOUR = 60
# The note that a key was reported is worth sending for this long.
NOTE_LIFE = timedelta(days=3)
# Revoked and expired keys are kept this long, so that refused calls can be explained.
KEEP_DEAD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ExpiringKey:
    """A key that ends soon."""

    read: ApiKeyRead
    expires_at: datetime


async def create_api_key(
    session: Session,
    *,
    principal: TenantPrincipal,
    wanted: ApiKeyCreate,
    keys: KeyRing,
    max_keys: int,
) -> ApiKeyCreated:
    """Create a key that acts for the caller, or for a service account that may do no more than they."""
    # One at a time from here on, so that parallel requests cannot exceed the limit together.
    own = await require_actor(session, principal, "api_keys:manage")
    scopes = await _scopes(session, wanted, own)
    _require_future(wanted.expires_at)
    if await queries.count_live(session, utc_now()) >= max_keys:
        raise TooManyApiKeysError(limit=max_keys)
    api_key, text = _mint(
        session,
        keys,
        principal,
        name=wanted.name,
        scopes=scopes,
        service_account_id=wanted.service_account_id,
        expires_at=wanted.expires_at,
        addresses=_distinct(wanted.addresses),
    )
    await _remind(session, api_key)
    return ApiKeyCreated(**read_api_key(api_key).model_dump(), key=text)


def _mint(
    session: Session, keys: KeyRing, principal: TenantPrincipal, **fields: Any
) -> tuple[ApiKey, str]:
    """A new key of the caller's making, and its text, which is stored nowhere."""
    assert principal.user_id is not None
    minted = keys.mint()
    api_key = ApiKey(
        tenant_id=principal.tenant_id,
        created_by=principal.user_id,
        public_id=minted.public_id,
        last4=minted.last4,
        key_hash=minted.key_hash,
        **fields,
    )
    session.add(api_key)
    session.add(ApiKeyTenant(public_id=api_key.public_id, tenant_id=api_key.tenant_id))
    publish(
        session,
        ApiKeyCreatedEvent(
            tenant_id=api_key.tenant_id,
            api_key_id=api_key.id,
            created_by=api_key.created_by,
            service_account_id=api_key.service_account_id,
        ),
    )
    return api_key, minted.text


async def rotate_api_key(
    session: Session,
    *,
    principal: TenantPrincipal,
    api_key_id: UUID,
    overlap_hours: int,
    keys: KeyRing,
) -> ApiKeyCreated:
    """Replace a key with one that differs from it only in its secret, and acts for the caller, or for the
    same service account. The old one ends after the overlap, and the one before it at once: never are there
    more than two."""
    own = await require_actor(session, principal, "api_keys:manage")
    found = await queries.lock_with_predecessor(session, api_key_id)
    old = next((each for each in found if each.id == api_key_id), None)
    if old is None or old.revoked_at is not None:
        raise ApiKeyNotFoundError
    if old.successor_id is not None:
        raise ApiKeyRotatedError
    if old.service_account_id is None:
        _require_allowed(old.scopes, own)
    else:
        await _get_role(session, own, old.service_account_id)
    now = utc_now()
    life = None if old.expires_at is None else old.expires_at - old.created_at
    api_key, text = _mint(
        session,
        keys,
        principal,
        name=old.name,
        scopes=old.scopes,
        service_account_id=old.service_account_id,
        expires_at=None if life is None else min(now + life, LATEST),
        addresses=old.addresses,
    )
    for each in found:
        if each is not old and each.revoked_at is None:
            _revoke(session, each, means="rotation")
    old.successor_id = api_key.id
    publish(
        session,
        ApiKeyRotated(
            tenant_id=principal.tenant_id,
            api_key_id=old.id,
            successor_id=api_key.id,
            overlap_hours=overlap_hours,
        ),
    )
    if overlap_hours == 0:
        _revoke(session, old, means="rotation")
    else:
        # Longer than the gateway keeps a verdict, so it learns of the end in time by itself.
        ends = now + timedelta(hours=overlap_hours)
        old.expires_at = ends if old.expires_at is None else min(old.expires_at, ends)
    await _remind(session, api_key)
    return ApiKeyCreated(**read_api_key(api_key).model_dump(), key=text)


async def change_api_key(
    session: Session, *, principal: TenantPrincipal, api_key_id: UUID, wanted: ApiKeyUpdate
) -> ApiKeyRead:
    """Change what `wanted` names; it counts everywhere within a second."""
    api_key = await _lock(session, principal.tenant_id, api_key_id)
    if api_key.revoked_at is not None:
        raise ApiKeyNotFoundError
    if api_key.successor_id is not None:
        raise ApiKeyRotatedError
    told = wanted.model_dump(exclude_unset=True)
    if "addresses" in told:
        told["addresses"] = _distinct(told["addresses"])
    changed = sorted(name for name, value in told.items() if getattr(api_key, name) != value)
    if not changed:
        return read_api_key(api_key)
    if "expires_at" in changed:
        _require_future(wanted.expires_at)
    for name in changed:
        setattr(api_key, name, told[name])
    publish(
        session,
        ApiKeyChanged(
            tenant_id=principal.tenant_id,
            api_key_id=api_key.id,
            user_id=api_key.created_by,
            service_account_id=api_key.service_account_id,
            changed=changed,
        ),
    )
    if "expires_at" in changed:
        await _remind(session, api_key)
    return read_api_key(api_key)


async def list_api_keys(session: Session, params: PageParams) -> ApiKeyPage:
    """The keys that were not revoked, newest first; expired ones say so by their date."""
    found = await queries.find_unrevoked(session, after=params.after, limit=params.limit + 1)
    return _page(found, params.limit)


async def revoke_api_key(session: Session, *, tenant_id: UUID, api_key_id: UUID) -> None:
    """Revoke a key at once, everywhere; if it is revoked already, nothing changes."""
    api_key = await _lock(session, tenant_id, api_key_id)
    if api_key.revoked_at is None:
        _revoke(session, api_key)


async def report_api_key(parts: Parts, *, text: str, source: Source) -> None:
    """Revoke the key that somebody has found, if it is one, and tell its owners. Whoever does not have a
    whole key learns nothing and changes nothing."""
    limits = limits_of_source(
        parts.digester, "key_report_source_hour", source, REPORTS_PER_HOUR, timedelta(hours=1)
    )
    public_id = parts.keys.public_id_of(text)
    async with parts.database.system() as session:
        await count_attempt(session, *limits)
        tenant_ids = [] if public_id is None else await queries.find_tenants(session, public_id)
    for tenant_id in tenant_ids:
        async with parts.database.tenant(tenant_id) as session:
            await _end_reported(session, parts.keys, str(public_id), text)


async def _end_reported(session: Session, keys: KeyRing, public_id: str, text: str) -> None:
    api_key = await queries.lock_by_public_id(session, public_id)
    if api_key is None or api_key.revoked_at is not None:
        return
    if not keys.matches(text, api_key.key_hash):
        return
    _revoke(session, api_key, means="report")
    await queue_mail(
        session,
        kind=MailKind.API_KEY_REPORTED,
        subject_id=api_key.id,
        give_up_at=utc_now() + NOTE_LIFE,
    )


async def find_expiring(session: Session, api_key_id: UUID) -> ExpiringKey | None:
    """The key with this id, if it is about to expire and nobody has seen to it yet."""
    api_key = await session.get(ApiKey, (session.info["tenant_id"], api_key_id))
    if api_key is None or api_key.expires_at is None:
        return None
    if api_key.revoked_at or api_key.suspended_at or api_key.successor_id:
        return None
    return ExpiringKey(read_api_key(api_key), api_key.expires_at)


async def find_api_key(session: Session, api_key_id: UUID) -> ApiKeyRead | None:
    """The key with this id, in whatever state it is."""
    api_key = await session.get(ApiKey, (session.info["tenant_id"], api_key_id))
    return None if api_key is None else read_api_key(api_key)


async def _lock(session: Session, tenant_id: UUID, api_key_id: UUID) -> ApiKey:
    api_key = await session.get(ApiKey, (tenant_id, api_key_id), with_for_update=True)
    if api_key is None:
        raise ApiKeyNotFoundError
    return api_key


def _revoke(session: Session, api_key: ApiKey, means: str | None = None) -> None:
    api_key.revoked_at = utc_now()
    publish(
        session,
        ApiKeyRevoked(tenant_id=api_key.tenant_id, api_key_id=api_key.id, means=means),
    )


async def _remind(session: Session, api_key: ApiKey) -> None:
    """Have its creator told a week and a day before it expires; if it has ended by then, nobody is."""
    for kind, before in REMINDERS.items():
        if api_key.expires_at is not None and api_key.expires_at - before > utc_now():
            await queue_mail(
                session,
                kind=kind,
                subject_id=api_key.id,
                due_at=api_key.expires_at - before,
                give_up_at=api_key.expires_at,
            )


async def suspend_keys_of(
    session: Session, *, tenant_id: UUID, user_id: UUID, at: datetime
) -> None:
    """Refuse from now on the keys that act for somebody who was removed at that moment."""
    for api_key_id in await queries.suspend_all(session, user_id, at):
        publish(session, ApiKeySuspended(tenant_id=tenant_id, api_key_id=api_key_id))


async def resume_keys_of(
    session: Session, *, tenant_id: UUID, user_id: UUID, suspended_at: datetime
) -> None:
    """Let the keys of somebody count again that were suspended at that moment, as far as their role goes
    now; those that were suspended by an earlier removal stay so."""
    for api_key_id in await queries.resume_all(session, user_id, suspended_at):
        publish(session, ApiKeyResumed(tenant_id=tenant_id, api_key_id=api_key_id))


async def revoke_keys_of_account(session: Session, service_account_id: UUID) -> None:
    """Revoke the keys of a service account."""
    for api_key in await queries.lock_of_account(session, service_account_id):
        _revoke(session, api_key, means="service_account")


async def forget_dead(session: Session, limit: int) -> None:
    """Delete up to `limit` keys of the session's tenant that were revoked or expired long ago."""
    await queries.delete_dead(session, before=utc_now() - KEEP_DEAD, limit=limit)


def read_api_key(api_key: ApiKey) -> ApiKeyRead:
    """What is shown of a key."""
    return ApiKeyRead(start=PREFIX + api_key.public_id, **api_key.model_dump())


async def _scopes(session: Session, wanted: ApiKeyCreate, own: Role) -> list[str]:
    role, default = own, sorted(DEFAULT_SCOPES & own.permissions)
    if wanted.service_account_id is not None:
        # Without scopes of its own the key follows the role of the account.
        role, default = await _get_role(session, own, wanted.service_account_id), []
    if wanted.scopes is None:
        return default
    _require_allowed(wanted.scopes, role)
    return sorted(set(wanted.scopes))


async def _get_role(session: Session, own: Role, service_account_id: UUID) -> Role:
    """The role of a service account, whose secret may be given only to those who have its permissions."""
    role = await role_of(session, await get_account(session, service_account_id))
    require_covers(own, role.permissions)
    return role


def _require_allowed(scopes: Sequence[str], role: Role) -> None:
    refused = sorted(set(scopes) - role.permissions)
    if refused:
        raise ScopeNotAllowedError(scopes=list(refused))


def _require_future(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= utc_now():
        raise ExpiryInPastError


def _distinct(networks: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(networks))


def _page(found: Sequence[ApiKey], limit: int) -> ApiKeyPage:
    shown = found[:limit]
    next_cursor = encode_cursor(shown[-1].id) if len(found) > limit else None
    return ApiKeyPage(items=[read_api_key(api_key) for api_key in shown], next_cursor=next_cursor)
