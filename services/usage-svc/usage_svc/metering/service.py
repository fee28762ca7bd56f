"""The ledger: every use counted exactly once, whatever is delivered twice, late or wrong.

`UNIQUE (source, id)` is the truth about what is new; counters, quotas and reservations change
only by rows that were new, in the same transaction. A record that can never be counted is
handed back with its reason and becomes a dead letter; the others of its batch are counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import orjson
from prometheus_client import Counter

from stagify.clock import utc_now
from stagify.consumer import Rejection
from stagify.database import Database, Session, driver_connection
from stagify.events.usage import UsageRecorded
from usage_svc.metering import queries
from usage_svc.metering.rules import check_correction, check_record
from usage_svc.meters import METERS
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import queries as quota_queries
from usage_svc.quotas import thresholds

RECORDS = Counter(
    "stagify_usage_records",
    "Usage records by what became of them: stored, repeated or rejected.",
    ["outcome"],
)

RecordKey = tuple[str, UUID]
QuotaKey = tuple[UUID, str, datetime]


class Ledger:
    """Writes usage of all tenants; `database` connects as the ingest role."""

    def __init__(self, database: Database, plans: PlanCatalog) -> None:
        self._database = database
        self._plans = plans

    async def ingest(self, events: list[UsageRecorded]) -> list[Rejection]:
        """Count what is new in `events`; the ones that can never be counted, with the reason."""
        now = utc_now()
        reasons = [(event, check_record(event, now)) for event in events]
        rejections = [Rejection(event, reason) for event, reason in reasons if reason]
        sound = [event for event, reason in reasons if reason is None]
        ordinary = [event for event in sound if event.corrects_id is None]
        if ordinary:
            rejections += await self._ingest_ordinary(ordinary, now)
        # After the records they may correct, each by itself: they are rare.
        for event in sound:
            if event.corrects_id is not None:
                rejections += await self._ingest_correction(event, now)
        RECORDS.labels("rejected").inc(len(rejections))
        return rejections

    async def _ingest_ordinary(self, events: list[UsageRecorded], now: datetime) -> list[Rejection]:
        async with self._database.system() as session:
            lines = [(event, event.occurred_at) for event in events]
            return await self._write(session, lines, now)

    async def _ingest_correction(self, event: UsageRecorded, now: datetime) -> list[Rejection]:
        async with self._database.system() as session:
            connection = await driver_connection(session)
            original = await _find_corrected(connection, event)
            if original is not None:
                # Locks the quota: two corrections of one record must see each other.
                moment = original["counted_at"]
                await _add_used(connection, {_quota_key(event, moment): 0})
                original = await _find_corrected(connection, event)
            reason = check_correction(event, original)
            if reason is not None or original is None:
                return [Rejection(event, reason or "corrects an unknown record")]
            return await self._write(session, [(event, original["counted_at"])], now)

    async def _write(
        self,
        session: Session,
        lines: list[tuple[UsageRecorded, datetime]],
        now: datetime,
    ) -> list[Rejection]:
        """Store `lines` (event and the instant it counts at) and count those that are new."""
        connection = await driver_connection(session)
        stored = await _store(connection, lines, now)
        if stored:
            changed = await _count(connection, stored, now)
            await thresholds.announce(session, connection, changed, self._plans, now)
        RECORDS.labels("stored").inc(len(stored))
        RECORDS.labels("repeated").inc(len(lines) - len(stored))
        return await _conflicts(connection, [event for event, _ in lines], stored)


def _quota_key(event: UsageRecorded, moment: datetime) -> QuotaKey:
    return event.tenant_id, event.meter, METERS[event.meter].period_start(moment)


async def _find_corrected(
    connection: asyncpg.Connection, event: UsageRecorded
) -> asyncpg.Record | None:
    return await connection.fetchrow(
        queries.FIND_CORRECTED, event.tenant_id, event.corrects_id, event.event_id
    )


async def _store(
    connection: asyncpg.Connection, lines: list[tuple[UsageRecorded, datetime]], now: datetime
) -> list[asyncpg.Record]:
    columns = zip(
        *(
            (
                event.tenant_id,
                event.event_id,
                event.source,
                event.meter,
                event.quantity,
                event.occurred_at,
                counted_at,
                orjson.dumps(event.dimensions).decode(),
                event.reservation_id,
                event.corrects_id,
            )
            for event, counted_at in lines
        ),
        strict=True,
    )
    rows: list[asyncpg.Record] = await connection.fetch(
        queries.STORE, *(list(column) for column in columns), now
    )
    return rows


async def _count(
    connection: asyncpg.Connection, stored: Sequence[asyncpg.Record], now: datetime
) -> list[asyncpg.Record]:
    """Add new records to their quotas and end their reservations; the quotas that changed.

    1. Quotas, in the order of their keys; those of the reservations are locked along.
    2. Reservations. One transaction: there is no state between the two for a crash to show.
    """
    used: dict[QuotaKey, int] = defaultdict(int)
    ended: dict[tuple[UUID, UUID], QuotaKey] = {}
    for row in stored:
        period_start = METERS[row["meter"]].period_start(row["counted_at"])
        key = (row["tenant_id"], row["meter"], period_start)
        used[key] += row["quantity"]
        if row["reservation_id"] is not None:
            ended[row["tenant_id"], row["reservation_id"]] = key
    if ended:
        tenants, ids = zip(*ended, strict=True)
        for row in await connection.fetch(quota_queries.FIND_RESERVATION_QUOTAS, tenants, ids):
            key = (row["tenant_id"], row["meter"], row["period_start"])
            ended[row["tenant_id"], row["id"]] = key
            used[key] += 0
    changed = await _add_used(connection, used)
    if ended:
        await _commit_reservations(connection, ended, now)
    return changed


async def _add_used(
    connection: asyncpg.Connection, used: dict[QuotaKey, int]
) -> list[asyncpg.Record]:
    tenants, meters, periods = zip(*used, strict=True)
    rows: list[asyncpg.Record] = await connection.fetch(
        quota_queries.ADD_USED, tenants, meters, periods, list(used.values())
    )
    return rows


async def _commit_reservations(
    connection: asyncpg.Connection, ended: dict[tuple[UUID, UUID], QuotaKey], now: datetime
) -> None:
    tenants, ids = zip(*ended, strict=True)
    _, meters, periods = zip(*ended.values(), strict=True)
    await connection.execute(
        quota_queries.CLOSE,
        tenants,
        ids,
        meters,
        periods,
        now,
        "committed",
        ["held", "released", "expired"],
    )


async def _conflicts(
    connection: asyncpg.Connection, events: list[UsageRecorded], stored: Iterable[asyncpg.Record]
) -> list[Rejection]:
    """Events whose id is in the ledger with another content: a producer's fault, kept to look at."""
    once = {(row["source"], row["id"]) for row in stored}
    doubtful: list[tuple[RecordKey, UsageRecorded]] = []
    for event in events:
        key = (event.source or "", event.event_id)
        if key in once:
            once.remove(key)
        else:
            doubtful.append((key, event))
    if not doubtful:
        return []
    sources, ids = zip(*(key for key, _ in doubtful), strict=True)
    rows = await connection.fetch(queries.FIND_RECORDS, sources, ids)
    known = {(row["source"], row["id"]): row for row in rows}
    return [
        Rejection(event, "this id is in the ledger with another content")
        for key, event in doubtful
        if key in known and _differs(event, known[key])
    ]


def _differs(event: UsageRecorded, row: asyncpg.Record) -> bool:
    names = ("tenant_id", "meter", "quantity", "occurred_at", "reservation_id", "corrects_id")
    return any(getattr(event, name) != row[name] for name in names)
