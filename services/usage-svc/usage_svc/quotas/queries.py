"""SQL of quotas and reservations.

Locks are always taken in one order: quotas by key, then reservations by id. Statements that
end a reservation decrement `reserved` by what they themselves changed from `held`, so it
happens once whatever arrives, in whatever order and however often.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from stagify.database import Connection
from usage_svc.meters import ALWAYS, METERS, STORAGE
from usage_svc.quotas.keys import QuotaKey, ReservationKey

# A row, by the names of its columns.
Row = Mapping[str, Any]


def _columns(keys: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """The keys as one list for each column, which `unnest` turns into rows again."""
    return [list(column) for column in zip(*keys, strict=True)] or [[] for _ in range(width)]


# --- Quotas ---------------------------------------------------------------------------------


_FIND_CURRENT = """
SELECT meter, q.used, q.reserved, (SELECT plan FROM subscriptions) AS plan
FROM unnest($1::text[], $2::timestamptz[]) AS current (meter, period_start)
LEFT JOIN quotas AS q USING (meter, period_start)
"""


async def find_current(connection: Connection, now: datetime) -> dict[str, Row]:
    """By meter: the tenant's plan, and what is used and reserved in the period that `now` falls into;
    all of them None if not known here yet."""
    periods = [meter.period_start(now) for meter in METERS.values()]
    rows: Sequence[Row] = await connection.fetch(_FIND_CURRENT, [*METERS], periods)
    return {row["meter"]: row for row in rows}


# The use of storage is read along and not locked: it may be off by what changes at this moment.
_LOCK_QUOTA = """
SELECT q.used, q.reserved, stored.used AS storage_used, stored.reserved AS storage_reserved,
       (SELECT plan FROM subscriptions AS s WHERE s.tenant_id = q.tenant_id) AS plan
FROM quotas AS q
LEFT JOIN quotas AS stored
    ON stored.tenant_id = q.tenant_id AND stored.meter = $4 AND stored.period_start = $5
WHERE q.tenant_id = $1 AND q.meter = $2 AND q.period_start = $3
FOR NO KEY UPDATE OF q
"""

_MAKE_QUOTA = """
INSERT INTO quotas (tenant_id, meter, period_start) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""


async def lock_quota(connection: Connection, key: QuotaKey) -> Row:
    """What is used and reserved of the quota and of storage, and the plan; locks the quota, or creates
    it. Storage of which nothing was ever used or reserved is None."""
    quota: Row | None = await connection.fetchrow(_LOCK_QUOTA, *key, STORAGE.name, ALWAYS)
    if quota is None:
        await connection.execute(_MAKE_QUOTA, *key)
        quota = await connection.fetchrow(_LOCK_QUOTA, *key, STORAGE.name, ALWAYS)
        assert quota is not None
    return quota


_LOCK_QUOTAS = """
SELECT count(*) FROM (
    SELECT 1 FROM quotas
    WHERE (tenant_id, meter, period_start) IN
          (SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]))
    ORDER BY tenant_id, meter, period_start
    FOR NO KEY UPDATE
) AS locked
"""


async def lock_quotas(connection: Connection, keys: Collection[QuotaKey]) -> None:
    """Lock quotas, and create those that do not exist yet."""
    if await connection.fetchval(_LOCK_QUOTAS, *_columns(keys, 3)) < len(keys):
        # A change of 0 only creates or locks them.
        await add_used(connection, dict.fromkeys(keys, 0))


_ADD_USED = """
INSERT INTO quotas AS q (tenant_id, meter, period_start, used)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bigint[]) ORDER BY 1, 2, 3
ON CONFLICT (tenant_id, meter, period_start) DO UPDATE SET used = q.used + excluded.used
RETURNING q.tenant_id, q.meter, q.period_start, q.used, q.notified_percent
"""


async def add_used(connection: Connection, used: Mapping[QuotaKey, int]) -> Sequence[Row]:
    """Add to the use of quotas; returns how they are now. A change of 0 only locks the row."""
    rows: Sequence[Row] = await connection.fetch(_ADD_USED, *_columns(used, 3), list(used.values()))
    return rows


_FORGET_NOTICES = """
UPDATE quotas AS q SET notified_percent = 0
FROM (
    SELECT tenant_id, meter, period_start FROM quotas
    WHERE (meter, period_start) IN (SELECT * FROM unnest($1::text[], $2::timestamptz[]))
    ORDER BY tenant_id, meter, period_start
    FOR NO KEY UPDATE
) AS current
WHERE (q.tenant_id, q.meter, q.period_start)
    = (current.tenant_id, current.meter, current.period_start)
RETURNING q.tenant_id, q.meter, q.period_start, q.used, q.notified_percent
"""


async def forget_notices(connection: Connection, now: datetime) -> Sequence[Row]:
    """Forget which thresholds were announced in the periods of `now`; returns those quotas."""
    periods = [meter.period_start(now) for meter in METERS.values()]
    rows: Sequence[Row] = await connection.fetch(_FORGET_NOTICES, [*METERS], periods)
    return rows


_MARK_NOTIFIED = """
UPDATE quotas SET notified_percent = $4
WHERE tenant_id = $1 AND meter = $2 AND period_start = $3
"""


async def mark_notified(connection: Connection, key: QuotaKey, percent: int) -> None:
    """Note the highest threshold that has been announced."""
    await connection.execute(_MARK_NOTIFIED, *key, percent)


# --- Reservations ---------------------------------------------------------------------------

_FIND_RESERVATIONS = """
SELECT id, meter, quantity, state, expires_at, project_id FROM reservations
WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""


async def find_reservations(
    connection: Connection, tenant_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, Row]:
    """Those of `ids` that are known here."""
    rows: Sequence[Row] = await connection.fetch(_FIND_RESERVATIONS, tenant_id, ids)
    return {row["id"]: row for row in rows}


_FIND_QUOTAS_OF = """
SELECT tenant_id, id, meter, period_start FROM reservations
WHERE (tenant_id, id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
"""


async def find_quotas_of(
    connection: Connection, reservations: Collection[ReservationKey]
) -> dict[ReservationKey, QuotaKey]:
    """The quotas in which these reservations count, for those known here."""
    rows = await connection.fetch(_FIND_QUOTAS_OF, *_columns(reservations, 2))
    return {
        ReservationKey(row["tenant_id"], row["id"]): QuotaKey(
            row["tenant_id"], row["meter"], row["period_start"]
        )
        for row in rows
    }


# An expired reservation may be made again if it is known ($8); every other one stays as it is.
_HOLD = """
WITH held AS (
    INSERT INTO reservations AS r
        (tenant_id, id, meter, period_start, quantity, state, expires_at, created_at)
    SELECT $1, wanted.id, $2, $3, wanted.quantity, 'held', wanted.expires_at, $7
    FROM unnest($4::uuid[], $5::bigint[], $6::timestamptz[]) AS wanted (id, quantity, expires_at)
    ORDER BY wanted.id
    ON CONFLICT (tenant_id, id) DO UPDATE
    SET state = 'held', meter = excluded.meter, period_start = excluded.period_start,
        quantity = excluded.quantity, expires_at = excluded.expires_at, closed_at = NULL
    WHERE $8 AND r.state = 'expired'
    RETURNING r.id, r.quantity
), counted AS (
    UPDATE quotas SET reserved = reserved + (SELECT coalesce(sum(quantity), 0) FROM held)
    WHERE tenant_id = $1 AND meter = $2 AND period_start = $3
)
SELECT id FROM held
"""


async def hold(
    connection: Connection,
    quota: QuotaKey,
    holds: Mapping[UUID, tuple[int, datetime]],
    now: datetime,
    *,
    only_new: bool = False,
) -> set[UUID]:
    """Hold reservations (quantity and expiry by id) in a locked quota; returns those now held. With
    `only_new`, those that exist stay as they are, expired ones too."""
    columns = _columns(holds.values(), 2)
    rows = await connection.fetch(_HOLD, *quota, list(holds), *columns, now, not only_new)
    return {row["id"] for row in rows}


# Projects take over their reservations. An expired one is held again even over the limit, because
# the project was accepted. An unknown one is noted, so that the one who makes it finds the project.
_ATTACH = """
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


async def attach(
    connection: Connection,
    projects: Mapping[ReservationKey, UUID],
    quotas: Mapping[ReservationKey, QuotaKey],
    *,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Note which project has taken each reservation over; `quotas` are locked."""
    counted_in = [quotas[key] for key in projects]
    await connection.execute(
        _ATTACH,
        *_columns(projects, 2),
        [quota.meter for quota in counted_in],
        [quota.period_start for quota in counted_in],
        list(projects.values()),
        expires_at,
        now,
    )


# An unknown one is stored as ended, so that a request which arrives later cannot make it.
_CLOSE = """
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


async def close(
    connection: Connection,
    quotas: Mapping[ReservationKey, QuotaKey],
    *,
    state: str,
    only_from: Sequence[str],
    now: datetime,
) -> None:
    """End reservations as `state` if they are in one of the states `only_from`.

    `quotas`, in which they count or would count, are locked.
    """
    await connection.execute(
        _CLOSE,
        *_columns(quotas, 2),
        [quota.meter for quota in quotas.values()],
        [quota.period_start for quota in quotas.values()],
        now,
        state,
        only_from,
    )


_FIND_DUE = """
SELECT tenant_id, id, meter, period_start FROM reservations
WHERE state = 'held' AND expires_at <= $1 ORDER BY expires_at LIMIT $2
"""


async def find_due(
    connection: Connection, now: datetime, limit: int
) -> dict[ReservationKey, QuotaKey]:
    """Reservations of all tenants that are due to expire, and the quotas in which they count."""
    rows = await connection.fetch(_FIND_DUE, now, limit)
    return {
        ReservationKey(row["tenant_id"], row["id"]): QuotaKey(
            row["tenant_id"], row["meter"], row["period_start"]
        )
        for row in rows
    }


_FIND_DUE_OF_QUOTA = """
SELECT tenant_id, id FROM reservations
WHERE tenant_id = $1 AND meter = $2 AND period_start = $3
  AND state = 'held' AND expires_at <= $4
"""


async def find_due_of(
    connection: Connection, quota: QuotaKey, now: datetime
) -> list[ReservationKey]:
    """Reservations of one quota that are due to expire."""
    rows = await connection.fetch(_FIND_DUE_OF_QUOTA, *quota, now)
    return [ReservationKey(row["tenant_id"], row["id"]) for row in rows]


_EXPIRE = """
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


async def expire(
    connection: Connection, reservations: Collection[ReservationKey], now: datetime
) -> int:
    """Expire those that are still due, in locked quotas; returns how many."""
    return int(await connection.fetchval(_EXPIRE, *_columns(reservations, 2), now))


_FORGET_CLOSED = """
DELETE FROM reservations WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM reservations
    WHERE closed_at < $1 AND state <> 'held' LIMIT 5000
)
"""


async def forget_closed(connection: Connection, before: datetime) -> None:
    """Delete a bounded number of reservations that ended before then."""
    await connection.execute(_FORGET_CLOSED, before)
