"""Partitions of the ledger."""

from datetime import UTC, date, datetime

import asyncpg

from stagify.database import Database
from stagify.ids import new_id
from stagify.testing import DatabaseUrls
from usage_svc.metering import queries
from usage_svc.metering.partitions import ensure_partitions, months_from


async def test_they_are_made_once_and_touch_each_other(
    ingest_database: Database, urls: DatabaseUrls
) -> None:
    far = datetime(2031, 11, 9, tzinfo=UTC)
    assert await ensure_partitions(ingest_database, now=far, ahead=2) == 3
    assert await ensure_partitions(ingest_database, now=far, ahead=2) == 0
    owner = await asyncpg.connect(urls.owner)
    try:
        rows = await owner.fetch(
            "SELECT pg_get_expr(relpartbound, oid) AS bounds FROM pg_class"
            " WHERE relname LIKE 'usage\\_records\\_p\\_203%' AND relkind = 'r' ORDER BY relname"
        )
    finally:
        await owner.close()
    bounds = [row["bounds"].split("'")[1::2] for row in rows]
    starts = [int(datetime(2031, 11 + n, 1, tzinfo=UTC).timestamp() * 1000) for n in (0, 1)]
    assert [int(start.replace("-", "")[:12], 16) for start, _ in bounds[:2]] == starts
    assert [end for _, end in bounds[:-1]] == [start for start, _ in bounds[1:]]


async def test_bounds_are_the_months_of_utc_whatever_the_sessions_zone(
    ingest_database: Database, urls: DatabaseUrls
) -> None:
    async with ingest_database.tenant_connection(None) as connection:
        await connection.execute("SELECT set_config('timezone', 'Pacific/Kiritimati', true)")
        assert await queries.ensure_partition(connection, date(2043, 3, 1))
    owner = await asyncpg.connect(urls.owner)
    try:
        bounds = await owner.fetchval(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class"
            " WHERE relname = 'usage_records_p_2043_03'"
        )
    finally:
        await owner.close()
    edges = [int(edge.replace("-", "")[:12], 16) for edge in bounds.split("'")[1::2]]
    months = (datetime(2043, month, 1, tzinfo=UTC) for month in (3, 4))
    assert edges == [int(month.timestamp() * 1000) for month in months]


async def test_this_month_has_one_from_the_first_migration(urls: DatabaseUrls) -> None:
    owner = await asyncpg.connect(urls.owner)
    try:
        name = f"usage_records_p_{datetime.now(UTC):%Y_%m}"
        bounds = await owner.fetchval(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = $1", name
        )
    finally:
        await owner.close()
    start, end = bounds.split("'")[1::2]
    assert start < str(new_id()) < end


def test_partitions_ahead_cross_the_year() -> None:
    months = months_from(datetime(2026, 11, 30, tzinfo=UTC), ahead=3)
    assert [str(month) for month in months] == [
        "2026-11-01",
        "2026-12-01",
        "2027-01-01",
        "2027-02-01",
    ]
