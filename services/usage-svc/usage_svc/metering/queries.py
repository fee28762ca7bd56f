"""SQL of the ledger."""

# Counters rise by the rows that were really new, in the same statement: they cannot differ.
STORE = """
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

FIND_RECORDS = """
SELECT tenant_id, id, source, meter, quantity, occurred_at, reservation_id, corrects_id
FROM usage_records
WHERE (source, id) IN (SELECT * FROM unnest($1::text[], $2::uuid[]))
"""

# What a correction may take back: the record, and what others have taken back of it.
FIND_CORRECTED = """
SELECT o.meter, o.quantity, o.counted_at, o.corrects_id,
       (SELECT coalesce(sum(c.quantity), 0)::bigint FROM usage_records AS c
        WHERE c.tenant_id = o.tenant_id AND c.corrects_id = o.id AND c.id <> $3) AS corrected
FROM usage_records AS o
WHERE o.tenant_id = $1 AND o.id = $2
"""
