"""The ledger: every use is counted exactly once, even if records come twice, late or wrong.

`UNIQUE (source, id)` is the truth about what is new; counters, quotas and reservations change
only by rows that were new, in the same transaction. A record that can never be counted is
handed back with its reason and becomes a dead letter; the others of its batch are counted.
"""

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import Counter

from stagify.clock import utc_now
from stagify.consumer import Rejection
from stagify.database import Connection, Database, Session, driver_connection
from stagify.events.usage import UsageRecorded
from usage_svc.metering import queries
from usage_svc.metering.queries import RecordKey, Row
from usage_svc.metering.rules import check_correction, check_record
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import service as quotas

RECORDS = Counter(
    "stagify_usage_records",
    "Usage records by what became of them: stored, repeated or rejected.",
    ["outcome"],
)


class Ledger:
    """Writes usage of all tenants; `database` connects as the ingest role."""

    def __init__(self, database: Database, plans: PlanCatalog) -> None:
        self._database = database
        self._plans = plans

    async def ingest(self, events: list[UsageRecorded]) -> list[Rejection]:
        """Count what is new in `events`; returns what can never be counted, with the reason."""
        now = utc_now()
        reasons = [(event, check_record(event, now)) for event in events]
        rejections = [Rejection(event, reason) for event, reason in reasons if reason]
        sound = [event for event, reason in reasons if reason is None]
        ordinary = [event for event in sound if event.corrects_id is None]
        if ordinary:
            rejections += await self._ingest_ordinary(ordinary, now)
        # Corrections come after the records they may correct, one by one, because they are rare.
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
            original = await queries.find_corrected(connection, event)
            if original is not None:
                # This locks the quota, because two corrections of one record must see each other.
                moment = original["counted_at"]
                await quotas.lock_quota(session, event.tenant_id, event.meter, moment)
                original = await queries.find_corrected(connection, event)
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
        stored = await queries.store(connection, lines, now)
        if stored:
            await quotas.count(session, map(_use, stored), plans=self._plans, now=now)
        RECORDS.labels("stored").inc(len(stored))
        RECORDS.labels("repeated").inc(len(lines) - len(stored))
        return await _conflicts(connection, [event for event, _ in lines], stored)


def _use(row: Row) -> quotas.Use:
    return quotas.Use(
        row["tenant_id"], row["meter"], row["quantity"], row["counted_at"], row["reservation_id"]
    )


async def _conflicts(
    connection: Connection, events: list[UsageRecorded], stored: Sequence[Row]
) -> list[Rejection]:
    """Events whose id is in the ledger with other content: a producer's error, kept for review."""
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
    known = await queries.find_records(connection, [key for key, _ in doubtful])
    return [
        Rejection(event, "this id is in the ledger with another content")
        for key, event in doubtful
        if key in known and _differs(event, known[key])
    ]


def _differs(event: UsageRecorded, row: Row) -> bool:
    names = ("tenant_id", "meter", "quantity", "occurred_at", "reservation_id", "corrects_id")
    return any(getattr(event, name) != row[name] for name in names)
