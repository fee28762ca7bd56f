"""Partitions of the ledger, made months ahead, so that no insert waits for one."""

from datetime import date, datetime

from stagify.database import Database
from usage_svc.metering import queries
from usage_svc.meters import next_month


def months_from(moment: datetime, ahead: int) -> list[date]:
    """The first days of `moment`'s month and of the `ahead` months after it."""
    starts = [moment.replace(day=1)]
    while len(starts) <= ahead:
        starts.append(next_month(starts[-1]))
    return [start.date() for start in starts]


async def ensure_partitions(database: Database, *, now: datetime, ahead: int) -> int:
    """Make the partitions of this month and those ahead; how many were missing."""
    made = 0
    for month in months_from(now, ahead):
        async with database.tenant_connection(None) as connection:
            made += await queries.ensure_partition(connection, month)
    return made
