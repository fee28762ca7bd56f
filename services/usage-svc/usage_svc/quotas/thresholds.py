"""Thresholds: tell once per period when a share of a quota has been used."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import asyncpg

from stagify.database import Session
from stagify.events.billing import QuotaThresholdReached
from stagify.outbox import publish
from usage_svc.meters import METERS
from usage_svc.plans import queries as plan_queries
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import queries

THRESHOLDS = (50, 80, 100)


def reached(used: int, limit: int | None) -> int:
    """The highest threshold that `used` has reached; 0 if none, or if there is no limit."""
    if limit is None or used <= 0:
        return 0
    return max((percent for percent in THRESHOLDS if used * 100 >= percent * limit), default=0)


async def announce(
    session: Session,
    connection: asyncpg.Connection,
    quotas: Iterable[Mapping[str, Any]],
    plans: PlanCatalog,
    now: datetime,
) -> None:
    """Publish the highest new threshold of each of `quotas`, whose rows are locked.

    A period that is over gets no notice: nobody can act on it any more.
    """
    current = [
        row for row in quotas if row["period_start"] == METERS[row["meter"]].period_start(now)
    ]
    tenants = {row["tenant_id"] for row in current}
    plan_of = dict(
        await connection.fetch(plan_queries.FIND_PLANS, list(tenants)) if tenants else []
    )
    for row in current:
        limit = plans.limit(plan_of.get(row["tenant_id"]), row["meter"])
        percent = reached(row["used"], limit)
        if limit is None or percent <= row["notified_percent"]:
            continue
        key = (row["tenant_id"], row["meter"], row["period_start"])
        await connection.execute(queries.MARK_NOTIFIED, *key, percent)
        publish(session, _event(row, percent, limit))


def _event(row: Mapping[str, Any], percent: int, limit: int) -> QuotaThresholdReached:
    return QuotaThresholdReached(
        tenant_id=row["tenant_id"],
        meter=row["meter"],
        threshold_percent=percent,
        used=row["used"],
        limit=limit,
        period_start=row["period_start"],
    )
