"""Thresholds: announce once per period that a share of a quota has been used."""

from collections.abc import Iterable
from datetime import datetime

from stagify.database import Session, driver_connection
from stagify.events.billing import QuotaThresholdReached
from stagify.outbox import publish
from usage_svc.meters import METERS
from usage_svc.plans import service as subscriptions
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import queries
from usage_svc.quotas.keys import QuotaKey
from usage_svc.quotas.queries import Row

THRESHOLDS = (50, 80, 100)


def reached(used: int, limit: int | None) -> int:
    """The highest threshold that `used` has reached; 0 if none, or if there is no limit."""
    if limit is None or used <= 0:
        return 0
    return max((percent for percent in THRESHOLDS if used * 100 >= percent * limit), default=0)


async def announce(
    session: Session, quotas: Iterable[Row], *, plans: PlanCatalog, now: datetime
) -> None:
    """Publish the highest new threshold of each of `quotas`, whose rows are locked.

    Nothing is announced for a period that is over, because nobody can act on it any more.
    """
    current = [
        row for row in quotas if row["period_start"] == METERS[row["meter"]].period_start(now)
    ]
    if not current:
        return
    plan_of = await subscriptions.find_plans(session, {row["tenant_id"] for row in current})
    for row in current:
        limit = plans.limit(plan_of.get(row["tenant_id"]), row["meter"])
        percent = reached(row["used"], limit)
        if limit is not None and percent > row["notified_percent"]:
            await _tell(session, row, percent, limit)


async def _tell(session: Session, row: Row, percent: int, limit: int) -> None:
    key = QuotaKey(row["tenant_id"], row["meter"], row["period_start"])
    await queries.mark_notified(await driver_connection(session), key, percent)
    publish(
        session,
        QuotaThresholdReached(
            tenant_id=key.tenant_id,
            meter=key.meter,
            threshold_percent=percent,
            used=row["used"],
            limit=limit,
            period_start=key.period_start,
        ),
    )
