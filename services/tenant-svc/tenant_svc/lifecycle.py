"""What happens to a tenant: provisioning → active ⇄ suspended, or provisioning → expired.

A tenant becomes active when identity-svc, staging-svc and usage-svc have each sent the receipt
of its creation, in whatever order. One that identity-svc never confirms belongs to a sign-up
that broke off: it expires. A receipt that was only late revives it while it still has its slug;
after that grace the slug is free and TenantExpired says that nothing will come of it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.clock import utc_now
from stagify.events.receipts import ReceiptAction
from stagify.events.tenant import (
    TenantActivated,
    TenantExpired,
    TenantReactivated,
    TenantSuspended,
    TenantUpdated,
)
from stagify.outbox import publish
from stagify.topology import RECEIPT_SENDERS
from tenant_svc.directory import Directory
from tenant_svc.errors import TenantStatusError
from tenant_svc.models import Provisioning, Slug, Tenant, TenantReceipt
from tenant_svc.service import lock_tenant


async def record_receipt(
    session: AsyncSession,
    *,
    tenant_id: UUID,
    service: str,
    action: ReceiptAction,
    of_event_id: UUID,
    directory: Directory,
) -> None:
    """Note that `service` has done its step; the last one of the creation activates the tenant."""
    tenant = await lock_tenant(session, tenant_id)
    values = {
        "tenant_id": tenant_id,
        "of_event_id": of_event_id,
        "service": service,
        "action": action,
        "received_at": utc_now(),
    }
    await session.execute(insert(TenantReceipt).values(values).on_conflict_do_nothing())
    if action != "created":
        return
    if service == "identity":
        await _confirm(session, tenant, directory)
    if tenant.status == "provisioning" and await _is_provisioned(session, tenant_id):
        await _activate(session, tenant, directory)


async def _is_provisioned(session: AsyncSession, tenant_id: UUID) -> bool:
    query = select(TenantReceipt.service).where(TenantReceipt.action == "created")
    return set(await session.exec(query)) >= RECEIPT_SENDERS


async def _confirm(session: AsyncSession, tenant: Tenant, directory: Directory) -> None:
    """The sign-up is complete: the tenant no longer expires, or comes back if it just has."""
    provisioning = await session.get(Provisioning, tenant.id)
    if provisioning is not None:
        provisioning.expires_at = None
    if tenant.status != "expired":
        return
    slug = await session.get(Slug, tenant.slug, with_for_update=True)
    if slug is None or slug.tenant_id != tenant.id:
        return
    slug.expires_at = None
    tenant.status = "provisioning"
    session.add(Provisioning(tenant_id=tenant.id, started_at=utc_now()))
    directory.publish(session, tenant)


async def _activate(session: AsyncSession, tenant: Tenant, directory: Directory) -> None:
    tenant.status = "active"
    tenant.activated_at = utc_now()
    # Flushed before the delete: a revived tenant's row may still be pending in this session.
    await session.flush()
    await session.execute(delete(Provisioning).where(col(Provisioning.tenant_id) == tenant.id))
    publish(session, TenantActivated(tenant_id=tenant.id))
    directory.publish(session, tenant)


async def suspend_tenant(
    session: AsyncSession, *, tenant_id: UUID, reason: str, directory: Directory
) -> Tenant:
    """Stop an active tenant from working; its data is kept."""
    tenant = await lock_tenant(session, tenant_id)
    if tenant.status != "active":
        raise TenantStatusError(
            f"Only an active tenant can be suspended, not a {tenant.status} one."
        )
    tenant.status = "suspended"
    tenant.suspended_at = utc_now()
    publish(session, TenantSuspended(tenant_id=tenant.id, reason=reason))
    directory.publish(session, tenant)
    return tenant


async def reactivate_tenant(
    session: AsyncSession, *, tenant_id: UUID, directory: Directory
) -> Tenant:
    """Let a suspended tenant work again."""
    tenant = await lock_tenant(session, tenant_id)
    if tenant.status != "suspended":
        raise TenantStatusError(
            f"Only a suspended tenant can be reactivated, not a {tenant.status} one."
        )
    tenant.status = "active"
    tenant.suspended_at = None
    publish(session, TenantReactivated(tenant_id=tenant.id))
    directory.publish(session, tenant)
    return tenant


async def change_plan(
    session: AsyncSession, *, tenant_id: UUID, plan: str, directory: Directory
) -> None:
    """Take over the plan that usage-svc has decided on."""
    tenant = await lock_tenant(session, tenant_id)
    if tenant.plan == plan:
        return
    tenant.plan = plan
    updated = TenantUpdated(
        tenant_id=tenant.id, slug=tenant.slug, name=tenant.name, plan=plan, region=tenant.region
    )
    publish(session, updated)
    directory.publish(session, tenant)


async def expire_tenant(
    session: AsyncSession, *, tenant_id: UUID, grace: timedelta, directory: Directory
) -> bool:
    """Expire a tenant that is past its time; False if it has been confirmed in the meantime."""
    tenant = await lock_tenant(session, tenant_id)
    provisioning = await session.get(Provisioning, tenant_id)
    if provisioning is None or not _is_due(provisioning.expires_at):
        return False
    await session.delete(provisioning)
    tenant.status = "expired"
    slug = await session.get_one(Slug, tenant.slug)
    slug.expires_at = utc_now() + grace
    directory.publish(session, tenant)
    return True


async def release_slug(session: AsyncSession, *, tenant_id: UUID, directory: Directory) -> bool:
    """Free the slug of an expired tenant whose grace is over; False if it has come back."""
    tenant = await lock_tenant(session, tenant_id)
    slug = await session.get(Slug, tenant.slug, with_for_update=True)
    if slug is None or slug.tenant_id != tenant_id or not _is_due(slug.expires_at):
        return False
    await session.delete(slug)
    publish(session, TenantExpired(tenant_id=tenant.id, slug=tenant.slug))
    directory.publish(session, tenant, has_host=False)
    return True


def _is_due(moment: datetime | None) -> bool:
    return moment is not None and moment <= utc_now()


async def unfinished_tenants(session: AsyncSession, limit: int = 100) -> list[UUID]:
    """Tenants in provisioning that are past their time."""
    query = (
        select(Provisioning.tenant_id)
        .where(col(Provisioning.expires_at) <= utc_now())
        .order_by(col(Provisioning.expires_at))
        .limit(limit)
    )
    return list(await session.exec(query))


async def count_stuck(session: AsyncSession, older_than: timedelta) -> int:
    """How many tenants have been in provisioning for longer than they should."""
    query = select(func.count()).where(col(Provisioning.started_at) < utc_now() - older_than)
    return (await session.exec(query)).one()


async def lapsed_slugs(session: AsyncSession, limit: int = 100) -> list[UUID]:
    """Expired tenants whose slug is due to be free."""
    query = (
        select(Slug.tenant_id)
        .where(col(Slug.expires_at) <= utc_now(), col(Slug.tenant_id).is_not(None))
        .limit(limit)
    )
    return [tenant_id for tenant_id in await session.exec(query) if tenant_id is not None]


async def drop_lapsed_holds(session: AsyncSession) -> None:
    """Forget names that sign-ups held and never used."""
    await session.execute(
        delete(Slug).where(col(Slug.expires_at) <= utc_now(), col(Slug.tenant_id).is_(None))
    )
