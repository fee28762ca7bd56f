"""The copy of a tenant, and the receipts of identity-svc.

tenant-svc creates the tenant before identity-svc commits its owner, so `TenantCreated` and the owner
may come in either order, even at the same moment. Both write the one row of the tenant, and then read
whether the other has been there: the lock of the row makes one of them the second, and that one issues
the receipt.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from identity_svc.tenants import queries
from identity_svc.tenants.errors import TenantSuspendedError
from identity_svc.tenants.models import Tenant
from stagify import replicas
from stagify.clock import utc_now
from stagify.database import Database, Session
from stagify.events import TenantEvent
from stagify.events.receipts import IdentityReceiptIssued
from stagify.events.tenant import (
    BrandTokens,
    SignInRulesChanged,
    TenantCreated,
    TenantDirectoryEntry,
    TenantUpdated,
)
from stagify.outbox import publish

__all__ = [
    "KnownTenant",
    "NewTenant",
    "TenantSuspendedError",
    "earliest",
    "find_tenant",
    "find_tenants",
    "get_tenant",
    "in_each_tenant",
    "issue_receipt",
    "lock_tenant",
    "record_created",
    "record_details",
    "record_owner",
    "record_status",
    "tenants_after",
]

# The facts that come in one event, and the column with the newest such event. The receipt for
# `TenantCreated` names it.
DETAILS = replicas.Facts(Tenant, mark="details_event_id")
BRAND = replicas.Facts(Tenant, mark="brand_event_id")
STATUS = replicas.Facts(Tenant, mark="status_event_id")
SIGN_IN = replicas.Facts(Tenant, mark="sign_in_event_id")
CREATION = replicas.Facts(Tenant, mark="created_event_id")

TENANTS_AT_ONCE = 500

_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class NewTenant:
    """What sign-up knows about a tenant."""

    id: UUID
    slug: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class KnownTenant(NewTenant):
    """A tenant that people belong to."""

    status: str


@dataclass(frozen=True, slots=True)
class Look:
    """How a tenant presents itself; without `tokens` in the colours of the platform."""

    slug: str
    name: str
    tokens: BrandTokens | None
    logo_url: str | None


async def get_tenant(session: Session, tenant_id: UUID) -> KnownTenant:
    """The tenant of the session, which is known as soon as it has a member."""
    return _known(await session.get_one(Tenant, tenant_id))


def _known(tenant: Tenant) -> KnownTenant:
    assert tenant.slug is not None
    assert tenant.name is not None
    assert tenant.type is not None
    return KnownTenant(tenant.id, tenant.slug, tenant.name, tenant.type, tenant.status)


async def find_tenants(session: Session, ids: Collection[UUID]) -> dict[UUID, KnownTenant]:
    """Tenants that people belong to, by their ids."""
    return {tenant.id: _known(tenant) for tenant in await queries.find_all(session, ids)}


async def find_tenant(session: Session, tenant_id: UUID) -> KnownTenant | None:
    """The tenant, if there is one of which enough is known."""
    tenant = await session.get(Tenant, tenant_id)
    if tenant is None or None in (tenant.slug, tenant.name, tenant.type):
        # Events may have told a part of it before the one that tells of its creation.
        return None
    return _known(tenant)


async def get_look(session: Session, tenant_id: UUID) -> Look:
    """How the tenant presents itself, which is known as soon as it has a member."""
    tenant = await session.get_one(Tenant, tenant_id)
    known = _known(tenant)
    tokens = tenant.brand_tokens
    return Look(
        known.slug,
        tenant.brand_name or known.name,
        None if tokens is None else BrandTokens.model_validate(tokens),
        tenant.logo_url,
    )


async def lock_tenant(session: Session, tenant_id: UUID) -> None:
    """Let only one transaction of the tenant go on at a time: others wait here until it ends."""
    await session.get_one(Tenant, tenant_id, with_for_update=True)


async def tenants_after(session: Session, last_id: UUID, limit: int) -> list[UUID]:
    """Ids of the next `limit` tenants in order."""
    return await queries.find_after(session, last_id, limit)


async def in_each_tenant(database: Database, work: Callable[[Session], Awaitable[None]]) -> None:
    """Do something in every tenant, in a transaction for each, one after the other."""
    last = _FIRST
    while True:
        async with database.system() as session:
            tenants = await tenants_after(session, last, TENANTS_AT_ONCE)
        for tenant_id in tenants:
            async with database.tenant(tenant_id) as session:
                await work(session)
        if len(tenants) < TENANTS_AT_ONCE:
            return
        last = tenants[-1]


async def record_owner(session: Session, new: NewTenant) -> bool:
    """Note that the owner is a member, in the transaction that makes them one; False if the tenant has
    expired."""
    status, created_event_id = await queries.mark_owner(session, asdict(new), utc_now())
    if status == "expired":
        return False
    if created_event_id is not None:
        issue_receipt(session, new.id, "created", created_event_id)
    return True


async def record_created(session: Session, event: TenantCreated) -> None:
    """Note that the tenant was created, with its details unless newer events have brought others."""
    await record_details(session, event)
    await _keep(session, CREATION, event, {"type": event.type})
    # Read after the write has locked the row, so an owner who came before is seen.
    if await queries.has_owner(session, event.tenant_id):
        issue_receipt(session, event.tenant_id, "created", event.event_id)


async def record_details(session: Session, event: TenantCreated | TenantUpdated) -> None:
    """Take over the tenant's details unless a newer event has brought others."""
    told = {name: getattr(event, name) for name in ("slug", "name", "plan", "region")}
    await _keep(session, DETAILS, event, told)


async def record_brand(session: Session, entry: TenantDirectoryEntry) -> None:
    """Take over how the tenant presents itself unless a newer entry has brought something else."""
    brand = entry.branding
    told: dict[str, Any] = dict.fromkeys(("brand_name", "brand_tokens", "logo_url"))
    if brand is not None:
        tokens = brand.tokens.model_dump()
        told = {"brand_name": brand.name, "brand_tokens": tokens, "logo_url": brand.logo_url}
    await _keep(session, BRAND, entry, told)


async def record_status(session: Session, event: TenantEvent, status: str) -> None:
    """Take over the tenant's status unless a newer event has brought another."""
    await _keep(session, STATUS, event, {"status": status})


async def record_sign_in_rules(session: Session, event: SignInRulesChanged) -> None:
    """Take over how people sign in to the tenant unless a newer event has brought other rules."""
    await _keep(session, SIGN_IN, event, {"mfa_due_at": event.mfa_due_at})


async def find_mfa_due(
    session: Session, tenant_id: UUID, everywhere: datetime | None
) -> datetime | None:
    """From when on the tenant asks for a second factor, as all do from `everywhere` on; None if it does not.
    Where people log in at their company, it is what owners show who get in without that."""
    tenant = await session.get(Tenant, tenant_id)
    if tenant is None:
        return None
    return earliest(tenant.mfa_due_at, tenant.sso_enforced_at, everywhere)


def earliest(*moments: datetime | None) -> datetime | None:
    """The first of those moments that there are."""
    return min((each for each in moments if each is not None), default=None)


async def is_sso_enforced(session: Session, tenant_id: UUID) -> bool:
    """Whether nobody but owners gets in without their company's log-in."""
    tenant = await session.get(Tenant, tenant_id)
    return tenant is not None and tenant.sso_enforced_at is not None


async def set_sso_enforced(session: Session, tenant_id: UUID, since: datetime | None) -> None:
    """Let nobody but owners in without their company's log-in, or anybody again."""
    (await session.get_one(Tenant, tenant_id)).sso_enforced_at = since


async def is_mfa_due(session: Session, tenant_id: UUID | None, everywhere: datetime | None) -> bool:
    """Whether the tenant, if it is one, asks for a second factor already."""
    due_at = None if tenant_id is None else await find_mfa_due(session, tenant_id, everywhere)
    return due_at is not None and due_at <= utc_now()


async def _keep(
    session: Session, facts: replicas.Facts, event: TenantEvent, told: dict[str, Any]
) -> None:
    key = {"id": event.tenant_id}
    await replicas.keep(session, facts, event.event_id, key=key, values=told)


def issue_receipt(session: Session, tenant_id: UUID, action: str, of_event_id: UUID) -> None:
    """Tell tenant-svc that identity has done its part."""
    receipt = IdentityReceiptIssued(tenant_id=tenant_id, action=action, of_event_id=of_event_id)
    publish(session, receipt)
