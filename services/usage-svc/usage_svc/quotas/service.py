"""Showing quotas, adding use to them, and applying a new plan."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from stagify.clock import utc_now
from stagify.database import Connection, Session, driver_connection
from usage_svc.meters import METERS, MeterSpec, month_start, next_month
from usage_svc.plans import service as subscriptions
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import queries, thresholds
from usage_svc.quotas.errors import UnknownMeterError
from usage_svc.quotas.keys import QuotaKey, ReservationKey
from usage_svc.quotas.schemas import MeterRead, PeriodRead, UsageRead


class Use(NamedTuple):
    """A use that has just been recorded, and the reservation that held quota for it."""

    tenant_id: UUID
    meter: str
    quantity: int
    counted_at: datetime
    reservation_id: UUID | None


async def read_usage(connection: Connection, *, plans: PlanCatalog) -> UsageRead:
    """What the tenant has used and reserved now, and what its plan leaves."""
    now = utc_now()
    quotas = await queries.find_current(connection, now)
    return UsageRead(
        as_of=now,
        period=PeriodRead(start=month_start(now), end=next_month(now)),
        meters=[_read_meter(meter, quotas[meter.name], plans) for meter in METERS.values()],
    )


async def read_level(connection: Connection, meter: str) -> int:
    """How much of a meter the tenant has used in this period, as it was counted."""
    if meter not in METERS:
        raise UnknownMeterError(meters=[*sorted(METERS)])
    return int((await queries.find_current(connection, utc_now()))[meter]["used"] or 0)


def _read_meter(meter: MeterSpec, quota: queries.Row, plans: PlanCatalog) -> MeterRead:
    used, reserved = max(quota["used"] or 0, 0), quota["reserved"] or 0
    limit = plans.limit(quota["plan"], meter.name)
    return MeterRead(
        meter=meter.name,
        unit=meter.unit,
        used=used,
        reserved=reserved,
        limit=limit,
        remaining=None if limit is None else max(limit - used - reserved, 0),
    )


async def lock_quota(session: Session, tenant_id: UUID, meter: str, moment: datetime) -> None:
    """Lock the quota in which a use at `moment` counts."""
    key = QuotaKey(tenant_id, meter, METERS[meter].period_start(moment))
    await queries.add_used(await driver_connection(session), {key: 0})


async def count(
    session: Session, uses: Iterable[Use], *, plans: PlanCatalog, now: datetime
) -> None:
    """Add new uses to their quotas, end their reservations, and announce the thresholds reached.

    1. Quotas, in the order of their keys; those of the reservations are locked along.
    2. Reservations. One transaction: there is no state between the two for a crash to show.
    """
    connection = await driver_connection(session)
    used: dict[QuotaKey, int] = defaultdict(int)
    ended: dict[ReservationKey, QuotaKey] = {}
    for use in uses:
        period_start = METERS[use.meter].period_start(use.counted_at)
        quota = QuotaKey(use.tenant_id, use.meter, period_start)
        used[quota] += use.quantity
        if use.reservation_id is not None:
            ended[ReservationKey(use.tenant_id, use.reservation_id)] = quota
    if ended:
        ended |= await queries.find_quotas_of(connection, ended)
        for quota in ended.values():
            used[quota] += 0
    changed = await queries.add_used(connection, used)
    if ended:
        # From any state, because the use has happened.
        open_or_given_back = ["held", "released", "expired"]
        await queries.close(
            connection, ended, state="committed", only_from=open_or_given_back, now=now
        )
    await thresholds.announce(session, changed, plans=plans, now=now)


async def change_plan(session: Session, *, tenant_id: UUID, plan: str, plans: PlanCatalog) -> None:
    """Put the tenant on `plan` from now on; limits apply at once, thresholds are announced anew."""
    if not await subscriptions.set_plan(session, tenant_id=tenant_id, plan=plan, plans=plans):
        return
    now = utc_now()
    quotas = await queries.forget_notices(await driver_connection(session), now)
    await thresholds.announce(session, quotas, plans=plans, now=now)
