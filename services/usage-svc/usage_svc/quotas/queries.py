"""SQL of quotas and reservations.

Locks are always taken in one order: quotas by key, then reservations by id. Statements that
end a reservation decrement `reserved` by what they themselves changed from `held`, so it
happens once whatever arrives, in whatever order and however often.
"""

# --- Quotas ---------------------------------------------------------------------------------

LOCK_QUOTA = """
SELECT q.used, q.reserved,
       (SELECT plan FROM subscriptions AS s WHERE s.tenant_id = q.tenant_id) AS plan
FROM quotas AS q
WHERE q.tenant_id = $1 AND q.meter = $2 AND q.period_start = $3
FOR NO KEY UPDATE OF q
"""

MAKE_QUOTA = """
INSERT INTO quotas (tenant_id, meter, period_start) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""

LOCK_QUOTAS = """
SELECT count(*) FROM (
    SELECT 1 FROM quotas
    WHERE (tenant_id, meter, period_start) IN
          (SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]))
    ORDER BY tenant_id, meter, period_start
    FOR NO KEY UPDATE
) AS locked
"""

# With a change of 0 it only locks the row.
ADD_USED = """
INSERT INTO quotas AS q (tenant_id, meter, period_start, used)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bigint[]) ORDER BY 1, 2, 3
ON CONFLICT (tenant_id, meter, period_start) DO UPDATE SET used = q.used + excluded.used
RETURNING q.tenant_id, q.meter, q.period_start, q.used, q.notified_percent
"""

# --- Reservations ---------------------------------------------------------------------------

FIND_RESERVATIONS = """
SELECT id, meter, quantity, state, expires_at, project_id FROM reservations
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""

FIND_RESERVATION_QUOTAS = """
SELECT tenant_id, id, meter, period_start FROM reservations
WHERE (tenant_id, id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
"""

# An expired reservation may be made again; every other state was seen before and stays.
HOLD = """
WITH held AS (
    INSERT INTO reservations AS r
        (tenant_id, id, meter, period_start, quantity, state, expires_at, created_at)
    SELECT $1, wanted.id, $2, $3, wanted.quantity, 'held', wanted.expires_at, $7
    FROM unnest($4::uuid[], $5::bigint[], $6::timestamptz[]) AS wanted (id, quantity, expires_at)
    ORDER BY wanted.id
    ON CONFLICT (tenant_id, id) DO UPDATE
    SET state = 'held', meter = excluded.meter, period_start = excluded.period_start,
        quantity = excluded.quantity, expires_at = excluded.expires_at, closed_at = NULL
    WHERE r.state = 'expired'
    RETURNING r.id, r.quantity
), counted AS (
    UPDATE quotas SET reserved = reserved + (SELECT coalesce(sum(quantity), 0) FROM held)
    WHERE tenant_id = $1 AND meter = $2 AND period_start = $3
)
SELECT id FROM held
"""

# Projects take their reservations over. An expired one is taken back even over the limit: the
# project was accepted. One we have not heard of is noted, so that its maker finds the project.
ATTACH = """
WITH attached AS (
    INSERT INTO reservations AS r (tenant_id, id, meter, period_start, quantity, state,
                                   project_id, expires_at, closed_at, created_at)
    SELECT taken.tenant_id, taken.id, taken.meter, taken.period_start, 0, 'expired',
           taken.project_id, $6, $7, $7
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::uuid[])
         AS taken (tenant_id, id, meter, period_start, project_id)
    ORDER BY 1, 2
    ON CONFLICT (tenant_id, id) DO UPDATE
    SET project_id = excluded.project_id, expires_at = excluded.expires_at,
        state = CASE WHEN r.quantity > 0 THEN 'held' ELSE r.state END,
        closed_at = CASE WHEN r.quantity > 0 THEN NULL ELSE r.closed_at END
    WHERE r.state IN ('held', 'expired')
    RETURNING r.tenant_id, r.meter, r.period_start, r.quantity, r.state, old.state AS previous
), taken_back AS (
    SELECT tenant_id, meter, period_start, sum(quantity) AS quantity
    FROM attached WHERE state = 'held' AND previous = 'expired' GROUP BY 1, 2, 3
)
UPDATE quotas AS q SET reserved = q.reserved + taken_back.quantity
FROM taken_back
WHERE (q.tenant_id, q.meter, q.period_start)
    = (taken_back.tenant_id, taken_back.meter, taken_back.period_start)
"""

# Ends reservations as `$6`, if they are in one of the states `$7`. One we have not heard of is
# written down as ended, so that a request that was overtaken cannot make it.
CLOSE = """
WITH closed AS (
    INSERT INTO reservations AS r (tenant_id, id, meter, period_start, quantity, state,
                                   expires_at, closed_at, created_at)
    SELECT ended.tenant_id, ended.id, ended.meter, ended.period_start, 0, $6, $5, $5, $5
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])
         AS ended (tenant_id, id, meter, period_start)
    ORDER BY 1, 2
    ON CONFLICT (tenant_id, id) DO UPDATE SET state = excluded.state, closed_at = $5
    WHERE r.state = ANY ($7::text[])
    RETURNING r.tenant_id, r.meter, r.period_start, r.quantity, old.state AS previous
), freed AS (
    SELECT tenant_id, meter, period_start, sum(quantity) AS quantity
    FROM closed WHERE previous = 'held' GROUP BY 1, 2, 3
)
UPDATE quotas AS q SET reserved = q.reserved - freed.quantity
FROM freed
WHERE (q.tenant_id, q.meter, q.period_start) = (freed.tenant_id, freed.meter, freed.period_start)
"""

FIND_DUE = """
SELECT tenant_id, id, meter, period_start FROM reservations
WHERE state = 'held' AND expires_at <= $1 ORDER BY expires_at LIMIT $2
"""

FIND_DUE_OF_QUOTA = """
SELECT tenant_id, id FROM reservations
WHERE tenant_id = $1 AND meter = $2 AND period_start = $3
  AND state = 'held' AND expires_at <= $4
"""

EXPIRE = """
WITH expired AS (
    UPDATE reservations SET state = 'expired', closed_at = $3
    WHERE (tenant_id, id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
      AND state = 'held' AND expires_at <= $3
    RETURNING tenant_id, meter, period_start, quantity
), freed AS (
    SELECT tenant_id, meter, period_start, sum(quantity) AS quantity, count(*) AS reservations
    FROM expired GROUP BY 1, 2, 3
), counted AS (
    UPDATE quotas AS q SET reserved = q.reserved - freed.quantity
    FROM freed
    WHERE (q.tenant_id, q.meter, q.period_start)
        = (freed.tenant_id, freed.meter, freed.period_start)
)
SELECT coalesce(sum(reservations), 0)::bigint FROM freed
"""

FORGET_CLOSED = """
DELETE FROM reservations WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM reservations
    WHERE closed_at < $1 AND state <> 'held' LIMIT 5000
)
"""

MARK_NOTIFIED = """
UPDATE quotas SET notified_percent = $4
WHERE tenant_id = $1 AND meter = $2 AND period_start = $3
"""
