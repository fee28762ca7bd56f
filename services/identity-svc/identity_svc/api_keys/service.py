"""API keys: credentials of programs, bound to one tenant and to the person who created them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from identity_svc.api_keys import queries
from identity_svc.api_keys.errors import (
    ApiKeyNotFoundError,
    ExpiryInPastError,
    ScopeNotAllowedError,
    TooManyApiKeysError,
)
from identity_svc.api_keys.keyring import PREFIX, KeyRing
from identity_svc.api_keys.models import ApiKey
from identity_svc.api_keys.schemas import ApiKeyCreate, ApiKeyCreated, ApiKeyPage, ApiKeyRead
from identity_svc.tenants.service import lock_tenant
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import ForbiddenError
from stagify.events.identity import ApiKeyCreated as ApiKeyCreatedEvent
from stagify.events.identity import ApiKeyRevoked, ApiKeySuspended
from stagify.outbox import publish
from stagify.pagination import PageParams, encode_cursor
from stagify.principal import TenantPrincipal

# What a key may do if no scopes are given: stage photos, and see the usage.
DEFAULT_SCOPES = frozenset({"tenant:read", "projects:read", "projects:write", "usage:read"})
# Revoked and expired keys are kept this long, so that refused calls can be explained.
KEEP_DEAD = timedelta(days=90)


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
    if wanted.expires_at is not None and wanted.expires_at <= utc_now():
        raise ExpiryInPastError
    # One at a time, so that parallel requests cannot exceed the limit together.
    await lock_tenant(session, principal.tenant_id)
    if await queries.count_live(session, utc_now()) >= max_keys:
        raise TooManyApiKeysError(limit=max_keys)
    minted = keys.mint()
    api_key = ApiKey(
        tenant_id=principal.tenant_id,
        name=wanted.name,
        public_id=minted.public_id,
        last4=minted.last4,
        key_hash=minted.key_hash,
        scopes=scopes,
        created_by=principal.user_id,
        expires_at=wanted.expires_at,
    )
    session.add(api_key)
    publish(
        session,
        ApiKeyCreatedEvent(
            tenant_id=principal.tenant_id, api_key_id=api_key.id, created_by=principal.user_id
        ),
    )
    return ApiKeyCreated(**read_api_key(api_key).model_dump(), key=minted.text)


async def list_api_keys(session: Session, params: PageParams) -> ApiKeyPage:
    """The keys that were not revoked, newest first; expired ones say so by their date."""
    found = await queries.find_unrevoked(session, after=params.after, limit=params.limit + 1)
    return _page(found, params.limit)


async def revoke_api_key(session: Session, *, tenant_id: UUID, api_key_id: UUID) -> None:
    """Revoke a key at once, everywhere; if it is revoked already, nothing changes."""
    api_key = await session.get(ApiKey, (tenant_id, api_key_id), with_for_update=True)
    if api_key is None:
        raise ApiKeyNotFoundError
    if api_key.revoked_at is not None:
        return
    api_key.revoked_at = utc_now()
    publish(session, ApiKeyRevoked(tenant_id=tenant_id, api_key_id=api_key_id))


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
    refused = sorted(set(wanted.scopes) - permissions)
    if refused:
        raise ScopeNotAllowedError(scopes=list(refused))
    return sorted(set(wanted.scopes))


def _page(found: Sequence[ApiKey], limit: int) -> ApiKeyPage:
    shown = found[:limit]
    next_cursor = encode_cursor(shown[-1].id) if len(found) > limit else None
    return ApiKeyPage(items=[read_api_key(api_key) for api_key in shown], next_cursor=next_cursor)
