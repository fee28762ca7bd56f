"""The use cases around a tenant's plan and what is left of it."""

import logging
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.clock import utc_now
from stagify.database import driver_connection
from stagify.events.billing import PlanChanged
from stagify.outbox import publish
from usage_svc import thresholds
from usage_svc.errors import SubscriptionNotFoundError
from usage_svc.meters import METERS, MeterSpec, month_start, next_month
from usage_svc.models import Quota, Subscription
from usage_svc.plans import PlanCatalog
from usage_svc.schemas import MeterRead, PeriodRead, UsageRead

logger = logging.getLogger(__name__)


async def read_usage(session: AsyncSession, *, plans: PlanCatalog) -> UsageRead:
    """What the tenant has used and reserved now, and what its plan leaves."""
    now = utc_now()
    plan = (await session.exec(select(Subscription.plan))).one_or_none()
    quotas = {quota.meter: quota for quota in await current_quotas(session, now)}
    return UsageRead(
        as_of=now,
        period=PeriodRead(start=month_start(now), end=next_month(now)),
        meters=[
            _read_meter(meter, quotas.get(meter.name), plans.limit(plan, meter.name))
            for meter in METERS.values()
        ],
    )


def _read_meter(meter: MeterSpec, quota: Quota | None, limit: int | None) -> MeterRead:
    used = max(quota.used, 0) if quota else 0
    reserved = quota.reserved if quota else 0
    return MeterRead(
        meter=meter.name,
        unit=meter.unit,
        used=used,
        reserved=reserved,
        limit=limit,
        remaining=None if limit is None else max(limit - used - reserved, 0),
    )


async def current_quotas(
    session: AsyncSession, now: datetime, *, is_locked: bool = False
) -> list[Quota]:
    """The tenant's quotas of the periods that `now` falls into, in the order of their keys."""
    current = (
        (col(Quota.meter) == meter.name) & (col(Quota.period_start) == meter.period_start(now))
        for meter in METERS.values()
    )
    query = select(Quota).where(or_(*current)).order_by(col(Quota.meter))
    if is_locked:
        query = query.with_for_update(key_share=True)
    return list(await session.exec(query))


async def open_subscription(
    session: AsyncSession, *, tenant_id: UUID, slug: str, plan: str, plans: PlanCatalog
) -> None:
    """Put a new tenant on its plan; usage or reservations may have come before it."""
    if plan not in plans.plans:
        logger.warning("subscriptions.unknown_plan", extra={"plan": plan})
        plan = plans.default
    values = {"tenant_id": tenant_id, "slug": slug, "plan": plan, "created_at": utc_now()}
    await session.execute(insert(Subscription).values(values).on_conflict_do_nothing())


async def rename_subscription(session: AsyncSession, *, tenant_id: UUID, slug: str) -> None:
    """Take over the tenant's new slug; commands find it by that."""
    tenant = col(Subscription.tenant_id) == tenant_id
    await session.execute(update(Subscription).where(tenant).values(slug=slug))


async def find_tenant_id(session: AsyncSession, slug: str) -> UUID:
    """The tenant called `slug`; the session's role must see all of them."""
    query = select(Subscription.tenant_id).where(Subscription.slug == slug)
    found = (await session.exec(query.order_by(col(Subscription.created_at).desc()))).first()
    if found is None:
        raise SubscriptionNotFoundError
    return found


async def set_plan(
    session: AsyncSession, *, tenant_id: UUID, plan: str, plans: PlanCatalog
) -> None:
    """Put the tenant on `plan` from now on; its limits count at once, and thresholds anew."""
    plans.require(plan)
    subscription = await session.get(Subscription, tenant_id, with_for_update=True)
    if subscription is None:
        raise SubscriptionNotFoundError
    if subscription.plan == plan:
        return
    previous, subscription.plan = subscription.plan, plan
    publish(session, PlanChanged(tenant_id=tenant_id, plan=plan, previous_plan=previous))
    await session.flush()
    await _restart_thresholds(session, plans)


async def _restart_thresholds(session: AsyncSession, plans: PlanCatalog) -> None:
    """Forget which thresholds were told under the old limits, and tell those already reached."""
    now = utc_now()
    quotas = await current_quotas(session, now, is_locked=True)
    for quota in quotas:
        quota.notified_percent = 0
    await session.flush()
    rows = [quota.model_dump() for quota in quotas]
    await thresholds.announce(session, await driver_connection(session), rows, plans, now)
