"""What happens to a tenant: provisioning → active ⇄ suspended, or provisioning → expired.

A tenant becomes active when identity-svc, staging-svc and usage-svc have each sent the receipt
of its creation, in any order. A tenant that identity-svc never confirms belongs to a sign-up that
was broken off: it expires. A receipt that was only late revives it while it still has its slug;
after that grace the slug is free, and TenantExpired says that the tenant will not come back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from prometheus_client import Gauge

from stagify.calls.tenant import TenantCreate
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.tenant import (
    TenantActivated,
    TenantExpired,
    TenantReactivated,
    TenantSuspended,
    TenantUpdated,
)
from stagify.outbox import publish
from stagify.topology import RECEIPT_SENDERS
from tenant_svc.directory.service import publish_entry
from tenant_svc.hosts import service as hosts
from tenant_svc.lifecycle import queries
from tenant_svc.lifecycle.errors import TenantStatusError
from tenant_svc.lifecycle.models import Provisioning, TenantReceipt
from tenant_svc.parts import Parts
from tenant_svc.tenants import service as tenants

if TYPE_CHECKING:
    from tenant_svc.tenants.models import Tenant

STUCK = Gauge(
    "stagify_tenants_stuck_in_provisioning",
    "Tenants in provisioning for longer than PROVISIONING_ALERT_MINUTES: alert above 0.",
)
# How many tenants of each kind a round of upkeep handles.
ROUND = 100


async def provision_tenant(
    session: Session,
    *,
    tenant_id: UUID,
    wanted: TenantCreate,
    plan: str,
    region: str,
    confirm_within: timedelta,
) -> Tenant:
    """Create the tenant of a confirmed sign-up, which expires if identity-svc never confirms it.

    The same call again returns the same tenant and changes nothing.
    """
    tenant = await tenants.create_tenant(
        session, tenant_id=tenant_id, wanted=wanted, plan=plan, region=region
    )
    if tenant.status == "provisioning":
        await queries.start_provisioning(
            session,
            tenant_id,
            started_at=tenant.created_at,
            expires_at=tenant.created_at + confirm_within,
        )
    return tenant


async def record_receipt(
    session: Session, *, tenant_id: UUID, service: str, action: str, of_event_id: UUID
) -> None:
    """Note that `service` has done its step; the last receipt of a creation activates it."""
    tenant = await tenants.lock_tenant(session, tenant_id)
    receipt = TenantReceipt(
        tenant_id=tenant_id, of_event_id=of_event_id, service=service, action=action
    )
    await queries.add_receipt(session, receipt)
    if action != "created":
        return
    if service == "identity":
        await _confirm(session, tenant)
    if tenant.status != "provisioning":
        return
    if await queries.find_creation_receipts(session, tenant_id) >= RECEIPT_SENDERS:
        await _activate(session, tenant)


async def _confirm(session: Session, tenant: Tenant) -> None:
    """The sign-up is complete: the tenant no longer expires, or comes back if it just has."""
    provisioning = await session.get(Provisioning, tenant.id)
    if provisioning is not None:
        provisioning.expires_at = None
    if tenant.status != "expired":
        return
    if not await hosts.keep_slug(session, tenant.slug, tenant_id=tenant.id):
        return
    tenant.status = "provisioning"
    await queries.start_provisioning(session, tenant.id, started_at=utc_now(), expires_at=None)
    await publish_entry(session, tenant)


async def _activate(session: Session, tenant: Tenant) -> None:
    tenant.status = "active"
    tenant.activated_at = utc_now()
    await queries.end_provisioning(session, tenant.id)
    publish(session, TenantActivated(tenant_id=tenant.id))
    await publish_entry(session, tenant)


async def suspend_tenant(session: Session, *, tenant_id: UUID, reason: str) -> Tenant:
    """Stop an active tenant from working; its data is kept."""
    tenant = await tenants.lock_tenant(session, tenant_id)
    if tenant.status != "active":
        raise TenantStatusError(
            f"Only an active tenant can be suspended, not a {tenant.status} one."
        )
    tenant.status = "suspended"
    tenant.suspended_at = utc_now()
    publish(session, TenantSuspended(tenant_id=tenant.id, reason=reason))
    await publish_entry(session, tenant)
    return tenant


async def reactivate_tenant(session: Session, *, tenant_id: UUID) -> Tenant:
    """Let a suspended tenant work again."""
    tenant = await tenants.lock_tenant(session, tenant_id)
    if tenant.status != "suspended":
        raise TenantStatusError(
            f"Only a suspended tenant can be reactivated, not a {tenant.status} one."
        )
    tenant.status = "active"
    tenant.suspended_at = None
    publish(session, TenantReactivated(tenant_id=tenant.id))
    await publish_entry(session, tenant)
    return tenant


async def change_plan(session: Session, *, tenant_id: UUID, plan: str, event_id: UUID) -> bool:
    """Take over the plan that usage-svc has decided on; False if it is known already, or if a newer event has
    told another: one that could not be handled may be delivered again much later."""
    tenant = await tenants.lock_tenant(session, tenant_id)
    if tenant.plan_event_id is not None and tenant.plan_event_id >= event_id:
        return False
    tenant.plan_event_id = event_id
    if tenant.plan == plan:
        return False
    tenant.plan = plan
    updated = TenantUpdated(
        tenant_id=tenant.id, slug=tenant.slug, name=tenant.name, plan=plan, region=tenant.region
    )
    publish(session, updated)
    await publish_entry(session, tenant)
    return True


async def expire_tenant(session: Session, *, tenant_id: UUID, grace: timedelta) -> bool:
    """Expire a tenant that is past its time; False if it has been confirmed in the meantime."""
    tenant = await tenants.lock_tenant(session, tenant_id)
    provisioning = await session.get(Provisioning, tenant_id)
    if provisioning is None or not _is_overdue(provisioning):
        return False
    await session.delete(provisioning)
    tenant.status = "expired"
    await hosts.free_slug_later(session, tenant.slug, grace=grace)
    await publish_entry(session, tenant)
    return True


def _is_overdue(provisioning: Provisioning) -> bool:
    return provisioning.expires_at is not None and provisioning.expires_at <= utc_now()


async def give_up_tenant(session: Session, *, tenant_id: UUID) -> bool:
    """Free the slug of an expired tenant whose grace is over; False if it has come back."""
    tenant = await tenants.lock_tenant(session, tenant_id)
    if not await hosts.free_slug(session, tenant.slug, tenant_id=tenant_id):
        return False
    publish(session, TenantExpired(tenant_id=tenant.id, slug=tenant.slug))
    await publish_entry(session, tenant, has_host=False)
    return True


async def end_unfinished(parts: Parts) -> None:
    """End what was begun and never finished: holds of names, and tenants that were never confirmed.

    Each tenant has its own transaction, under its own row-level security.
    """
    settings, now = parts.settings, utc_now()
    async with parts.database.system() as session:
        await hosts.drop_lapsed_holds(session)
        overdue = await queries.find_overdue(session, now, ROUND)
        lapsed = await hosts.lapsed_tenants(session, ROUND)
        stuck_since = now - settings.provisioning_alert
        STUCK.set(await queries.count_started_before(session, stuck_since))
    for tenant_id in overdue:
        async with parts.database.tenant(tenant_id) as session:
            await expire_tenant(session, tenant_id=tenant_id, grace=settings.slug_grace)
    for tenant_id in lapsed:
        async with parts.database.tenant(tenant_id) as session:
            await give_up_tenant(session, tenant_id=tenant_id)
