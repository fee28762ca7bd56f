"""API keys: credentials of programs, bound to one tenant and to the person who created them."""

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
from identity_svc.parts import Parts
from identity_svc.tenants.service import lock_tenant
from identity_svc.throttling.service import Limit, count_attempt, share_of
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import ForbiddenError
from stagify.events.identity import (
    ApiKeyChanged,
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
    """A key that ends soon, and for whom it acts."""

    read: ApiKeyRead
    user_id: UUID
    expires_at: datetime


async def create_api_key(
    session: Session,
    *,
    principal: TenantPrincipal,
    wanted: ApiKeyCreate,
    keys: KeyRing,
    max_keys: int,
) -> ApiKeyCreated:
    """Create a key for the caller. If the caller is a key itself, the new key acts for the same
    person."""
    if principal.user_id is None:
        raise ForbiddenError("Only members, and keys that act for one, can make keys.")
    scopes = _scopes(wanted, principal.permissions)
    _require_future(wanted.expires_at)
    # One at a time, so that parallel requests cannot exceed the limit together.
    await lock_tenant(session, principal.tenant_id)
    if await queries.count_live(session, utc_now()) >= max_keys:
        raise TooManyApiKeysError(limit=max_keys)
    api_key, text = _mint(
        session,
        keys,
        tenant_id=principal.tenant_id,
        created_by=principal.user_id,
        name=wanted.name,
        scopes=scopes,
        expires_at=wanted.expires_at,
        addresses=_distinct(wanted.addresses),
    )
    await _remind(session, api_key)
    return ApiKeyCreated(**read_api_key(api_key).model_dump(), key=text)


def _mint(
    session: Session, keys: KeyRing, *, tenant_id: UUID, created_by: UUID, **fields: Any
) -> tuple[ApiKey, str]:
    """A new key, and its text, which is stored nowhere."""
    minted = keys.mint()
    api_key = ApiKey(
        tenant_id=tenant_id,
        created_by=created_by,
        public_id=minted.public_id,
        last4=minted.last4,
        key_hash=minted.key_hash,
        **fields,
    )
    session.add(api_key)
    session.add(ApiKeyTenant(public_id=api_key.public_id, tenant_id=tenant_id))
    publish(
        session,
        ApiKeyCreatedEvent(tenant_id=tenant_id, api_key_id=api_key.id, created_by=created_by),
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
    """Replace a key with one that differs from it only in its secret, and acts for the caller. The old one
    ends after the overlap, and the one before it at once: never are there more than two."""
    assert principal.user_id is not None
    found = await queries.lock_with_predecessor(session, api_key_id)
    old = next((each for each in found if each.id == api_key_id), None)
    if old is None or old.revoked_at is not None:
        raise ApiKeyNotFoundError
    if old.successor_id is not None:
        raise ApiKeyRotatedError
    _require_allowed(old.scopes, principal.permissions)
    now = utc_now()
    life = None if old.expires_at is None else old.expires_at - old.created_at
    api_key, text = _mint(
        session,
        keys,
        tenant_id=principal.tenant_id,
        created_by=principal.user_id,
        name=old.name,
        scopes=old.scopes,
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
    limits = [
        Limit(
            "key_report_source_hour",
            parts.digester.digest("throttle", "source", prefix),
            REPORTS_PER_HOUR * share_of(position),
            timedelta(hours=1),
        )
        for position, prefix in enumerate(source.prefixes)
    ]
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
    return ExpiringKey(read_api_key(api_key), api_key.created_by, api_key.expires_at)


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


async def suspend_keys_of(session: Session, *, tenant_id: UUID, user_id: UUID) -> None:
    """Refuse from now on the keys that somebody has created who is no member any more."""
    for api_key_id in await queries.suspend_all(session, user_id, utc_now()):
        publish(session, ApiKeySuspended(tenant_id=tenant_id, api_key_id=api_key_id))


async def forget_dead(session: Session, limit: int) -> None:
    """Delete up to `limit` keys of the session's tenant that were revoked or expired long ago."""
    await queries.delete_dead(session, before=utc_now() - KEEP_DEAD, limit=limit)


def read_api_key(api_key: ApiKey) -> ApiKeyRead:
    """What is shown of a key."""
    return ApiKeyRead(start=PREFIX + api_key.public_id, **api_key.model_dump())


def _scopes(wanted: ApiKeyCreate, permissions: frozenset[str]) -> list[str]:
    if wanted.scopes is None:
        return sorted(DEFAULT_SCOPES & permissions)
    _require_allowed(wanted.scopes, permissions)
    return sorted(set(wanted.scopes))


def _require_allowed(scopes: Sequence[str], permissions: frozenset[str]) -> None:
    refused = sorted(set(scopes) - permissions)
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
