"""SQL of the ledger."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from stagify.database import Connection
from stagify.events.usage import UsageRecorded

# A row, by the names of its columns.
Row = Mapping[str, Any]
# A record is identified by its producer and the producer's id for it.
RecordKey = tuple[str, UUID]

# The same statement adds the rows that were really new to the counters, so the two cannot differ.
_STORE = """
WITH incoming AS (
    SELECT * FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[],
        $7::timestamptz[], $8::text[], $9::uuid[], $10::uuid[]
    ) AS record (tenant_id, id, source, meter, quantity, occurred_at, counted_at, dimensions,
                 reservation_id, corrects_id)
), stored AS (
    INSERT INTO usage_records (tenant_id, id, source, meter, quantity, occurred_at, counted_at,
                               recorded_at, dimensions, reservation_id, corrects_id)
    SELECT tenant_id, id, source, meter, quantity, occurred_at, counted_at, $11,
           dimensions::jsonb, reservation_id, corrects_id
    FROM incoming ORDER BY source, id
    ON CONFLICT DO NOTHING
    RETURNING tenant_id, id, source, meter, quantity, counted_at, reservation_id
), counted AS (
    INSERT INTO usage_counters AS c (tenant_id, meter, granularity, period_start, quantity)
    SELECT tenant_id, meter, granularity,
           date_trunc(granularity, counted_at AT TIME ZONE 'UTC')::date, sum(quantity)
    FROM stored CROSS JOIN (VALUES ('day'), ('month')) AS periods (granularity)
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (tenant_id, meter, granularity, period_start)
    DO UPDATE SET quantity = c.quantity + excluded.quantity
)
SELECT * FROM stored
"""


async def store(
    connection: Connection, lines: Sequence[tuple[UsageRecorded, datetime]], now: datetime
) -> Sequence[Row]:
    """Write events, with the instants they count at, to ledger and sums; returns the new ones."""
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
    rows: Sequence[Row] = await connection.fetch(_STORE, *(list(column) for column in columns), now)
    return rows


_FIND_RECORDS = """
SELECT tenant_id, id, source, meter, quantity, occurred_at, reservation_id, corrects_id
FROM usage_records
WHERE (source, id) IN (SELECT * FROM unnest($1::text[], $2::uuid[]))
"""


async def find_records(connection: Connection, keys: Collection[RecordKey]) -> dict[RecordKey, Row]:
    """The records among these that are already in the ledger."""
    sources, ids = zip(*keys, strict=True)
    rows = await connection.fetch(_FIND_RECORDS, sources, ids)
    return {(row["source"], row["id"]): row for row in rows}


# How much a correction may take back: the record, less what other corrections took back of it.
_FIND_CORRECTED = """
SELECT o.meter, o.quantity, o.counted_at, o.corrects_id,
       (SELECT coalesce(sum(c.quantity), 0)::bigint FROM usage_records AS c
        WHERE c.tenant_id = o.tenant_id AND c.corrects_id = o.id AND c.id <> $3) AS corrected
FROM usage_records AS o
WHERE o.tenant_id = $1 AND o.id = $2
"""


async def find_corrected(connection: Connection, event: UsageRecorded) -> Row | None:
    """The record that `event` corrects, and what other corrections have taken back of it."""
    row: Row | None = await connection.fetchrow(
        _FIND_CORRECTED, event.tenant_id, event.corrects_id, event.event_id
    )
    return row


async def ensure_partition(connection: Connection, month: date) -> bool:
    """Make the ledger's partition of a month; False if it was there."""
    return bool(await connection.fetchval("SELECT ensure_usage_partition($1)", month))
