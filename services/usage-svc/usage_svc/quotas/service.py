"""What is left of a tenant's quotas, and what a new plan means for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select

from stagify.clock import utc_now
from stagify.database import Session, driver_connection
from usage_svc.meters import METERS, MeterSpec, month_start, next_month
from usage_svc.plans import service as subscriptions
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import thresholds
from usage_svc.quotas.models import Quota
from usage_svc.quotas.schemas import MeterRead, PeriodRead, UsageRead


async def read_usage(session: Session, *, plans: PlanCatalog) -> UsageRead:
    """What the tenant has used and reserved now, and what its plan leaves."""
    now = utc_now()
    plan = await subscriptions.find_plan(session)
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
    session: Session, now: datetime, *, is_locked: bool = False
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


async def change_plan(session: Session, *, tenant_id: UUID, plan: str, plans: PlanCatalog) -> None:
    """Put the tenant on `plan` from now on; its limits count at once, and thresholds anew."""
    if await subscriptions.set_plan(session, tenant_id=tenant_id, plan=plan, plans=plans):
        await _restart_thresholds(session, plans)


async def _restart_thresholds(session: Session, plans: PlanCatalog) -> None:
    """Forget which thresholds were told under the old limits, and tell those already reached."""
    now = utc_now()
    quotas = await current_quotas(session, now, is_locked=True)
    for quota in quotas:
        quota.notified_percent = 0
    await session.flush()
    rows = [quota.model_dump() for quota in quotas]
    await thresholds.announce(session, await driver_connection(session), rows, plans, now)
