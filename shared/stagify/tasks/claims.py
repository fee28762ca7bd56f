"""The table of tasks as the role that works on it sees it: all tenants' tasks and nothing else.

A task is `waiting` until it is due, then `ready`, then `running` under a lease, and then its row is
deleted. A task that was given up stays until someone retries or discards it, or for RETENTION. To
lease a task is to move its due time into the future: a holder that gives no sign of life until then
has lost the task. Every statement of a holder names its token, so one that has lost the task changes
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import orjson

from stagify.tasks.kinds import Kinds, Lease
from stagify.tasks.queue import NO_TENANT

# How long a task belongs to a process that gives no sign of life: what a killed worker had in hand waits so
# long, and a worker may be held up for two thirds of it before others take its tasks too.
LEASE = timedelta(seconds=10)
# How long tasks that were given up are kept.
RETENTION = timedelta(days=90)
BATCH = 1_000

# Tenant, kind and concurrency key.
Line = tuple[UUID, str, str]

# The advisory lock that gives the right to take tasks: any number, the same in every database. Claims
# wait for each other (each takes about a millisecond), so that each one counts what the others took.
CLAIM_LOCK = 0x5441_534B
SERIALIZE = "SELECT pg_advisory_xact_lock($1)"

# Returns how many of the tasks that become ready were running: their holders have lost them.
PROMOTE = """
WITH due AS (
    SELECT tenant_id, id, state FROM tasks
    WHERE state IN ('waiting', 'running') AND due_at <= $1
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
), promoted AS (
    UPDATE tasks SET state = 'ready', lease_token = NULL FROM due
    WHERE tasks.tenant_id = due.tenant_id AND tasks.id = due.id
)
SELECT count(*) FILTER (WHERE state = 'running') FROM due
"""

# A line is a tenant's ready tasks of one kind and one concurrency key. The recursion steps from
# line to line through the index, however long the lines are, until there are enough from which a task
# may be taken. $1 to $3: the line to begin after, $4: kinds, $5: how many lines.
LINES = """
WITH RECURSIVE lines AS (
    (SELECT tenant_id, kind, concurrency_key FROM tasks
     WHERE state = 'ready' AND (tenant_id, kind, concurrency_key) > ($1, $2, $3)
     ORDER BY tenant_id, kind, concurrency_key LIMIT 1)
    UNION ALL
    SELECT next.* FROM lines, LATERAL (
        SELECT t.tenant_id, t.kind, t.concurrency_key FROM tasks t
        WHERE t.state = 'ready' AND (t.tenant_id, t.kind, t.concurrency_key)
            > (lines.tenant_id, lines.kind, lines.concurrency_key)
        ORDER BY t.tenant_id, t.kind, t.concurrency_key LIMIT 1
    ) next
)
SELECT * FROM lines
WHERE kind = ANY ($4::text[]) AND (concurrency_key = '' OR NOT EXISTS (
    SELECT FROM tasks r
    WHERE r.state = 'running' AND r.tenant_id = lines.tenant_id AND r.kind = lines.kind
      AND r.concurrency_key = lines.concurrency_key))
LIMIT $5
"""
MAX_LINES = 256
# Sorts before every line.
FIRST_LINE = (NO_TENANT, "", "")

# Tenants take turns for the places of each kind: first the one with the fewest running tasks, then the
# one served longest ago, then the oldest task.
# $1 to $3: the lines, $4: kinds, $5: free places of each kind, $6: for how many seconds tasks of each
# kind are tried, or NULL, $7: tenants in the order in which they were served, $8: now, $9: end of the
# lease.
CLAIM = """
WITH lines AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) AS l (tenant_id, kind, concurrency_key)
), policies AS (
    SELECT * FROM unnest($4::text[], $5::int[], $6::float8[]) AS p (kind, free, tried_seconds)
), served AS (
    SELECT * FROM unnest($7::uuid[]) WITH ORDINALITY AS s (tenant_id, turn)
), running AS (
    SELECT tenant_id, kind, count(*) AS total FROM tasks WHERE state = 'running'
    GROUP BY tenant_id, kind
), candidates AS (
    SELECT lines.tenant_id, lines.kind, policies.free, policies.tried_seconds, t.id, t.due_at
    FROM lines JOIN policies USING (kind) CROSS JOIN LATERAL (
        SELECT id, due_at FROM tasks
        WHERE tasks.state = 'ready' AND tasks.tenant_id = lines.tenant_id
          AND tasks.kind = lines.kind AND tasks.concurrency_key = lines.concurrency_key
        ORDER BY due_at, id
        LIMIT CASE WHEN lines.concurrency_key = '' THEN policies.free ELSE 1 END
    ) t
), turns AS (
    SELECT c.*, s.turn AS served, coalesce(r.total, 0) + row_number() OVER (
        PARTITION BY c.kind, c.tenant_id ORDER BY c.due_at, c.id) AS turn
    FROM candidates c LEFT JOIN running r USING (tenant_id, kind) LEFT JOIN served s USING (tenant_id)
), places AS (
    SELECT *, row_number() OVER (
        PARTITION BY kind ORDER BY turn, served NULLS FIRST, due_at, id) AS place
    FROM turns
), chosen AS (
    SELECT t.tenant_id, t.id, p.place, p.tried_seconds FROM places p JOIN tasks t USING (tenant_id, id)
    WHERE p.place <= p.free AND t.state = 'ready'
    FOR UPDATE OF t SKIP LOCKED
)
UPDATE tasks SET
    state = 'running', attempts = attempts + 1, lease_token = gen_random_uuid(), due_at = $9,
    give_up_at = coalesce(give_up_at, $8::timestamptz + make_interval(secs => tried_seconds))
FROM chosen WHERE tasks.tenant_id = chosen.tenant_id AND tasks.id = chosen.id
RETURNING tasks.tenant_id, tasks.id, lease_token, kind, key,
    tasks.concurrency_key, payload::text AS payload, attempts, give_up_at,
    last_error, traceparent, actor, request_id, place
"""

HOLDER = "WHERE tenant_id = $1 AND id = $2 AND lease_token = $3"
COMPLETE = f"DELETE FROM tasks {HOLDER} RETURNING true"
RENEW = "UPDATE tasks SET due_at = $2 WHERE state = 'running' AND lease_token = ANY ($1::uuid[])"
PUT_OFF = f"""
UPDATE tasks SET state = 'waiting', lease_token = NULL, due_at = $4, last_error = $5 {HOLDER}
RETURNING true
"""
GIVE_UP = f"""
UPDATE tasks SET state = 'given_up', lease_token = NULL, due_at = $4, last_error = $5 {HOLDER}
RETURNING true
"""

COUNT_READY = """
SELECT kind, count(*), min(due_at) FROM tasks WHERE state = 'ready' GROUP BY kind
"""
COUNT_GIVEN_UP = "SELECT kind, count(*) FROM tasks WHERE state = 'given_up' GROUP BY kind"

LIST = """
SELECT id, tenant_id, kind, key, attempts, due_at, last_error FROM tasks WHERE state = 'given_up'
ORDER BY due_at
"""
RETRY = """
UPDATE tasks SET state = 'ready', due_at = $2, give_up_at = NULL
WHERE state = 'given_up' AND ($1::uuid IS NULL OR id = $1) RETURNING true
"""
DISCARD = "DELETE FROM tasks WHERE state = 'given_up' AND id = $1 RETURNING true"
FORGET = """
DELETE FROM tasks WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM tasks WHERE state = 'given_up' AND due_at < $1 LIMIT $2)
"""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A task that was given up, as operators see it."""

    id: UUID
    tenant_id: UUID | None
    kind: str
    key: str | None
    attempts: int
    given_up_at: datetime
    reason: str | None


async def promote(connection: asyncpg.Connection, now: datetime) -> int:
    """Make the tasks ready that are due, and return how many leases had run out."""
    return int(await connection.fetchval(PROMOTE, now, BATCH))


async def claim(
    connection: asyncpg.Connection,
    kinds: Kinds,
    *,
    free: Mapping[str, int],
    served: Sequence[UUID],
    now: datetime,
    after: Line = FIRST_LINE,
) -> tuple[list[Lease], Line]:
    """Take ready tasks for the `free` places of each kind, in the order of turns.

    `served` are the tenants that were served lately, in that order. At most MAX_LINES lines are
    looked at, beginning `after` the given one; the second result is where the next call is to begin.
    The connection is in a transaction.
    """
    await connection.execute(SERIALIZE, CLAIM_LOCK)
    lines = [tuple(row) for row in await connection.fetch(LINES, *after, list(free), MAX_LINES)]
    if after != FIRST_LINE and (left := MAX_LINES - len(lines)):
        again = await connection.fetch(LINES, *FIRST_LINE, list(free), left)
        lines = list(dict.fromkeys([*lines, *map(tuple, again)]))
    next_look = lines[-1] if len(lines) == MAX_LINES else FIRST_LINE
    if not lines:
        return [], next_look
    ages = [kinds[kind].give_up_after for kind in free]
    rows = await connection.fetch(
        CLAIM,
        *map(list, zip(*lines, strict=True)),
        list(free),
        list(free.values()),
        [None if age is None else age.total_seconds() for age in ages],
        served,
        now,
        now + LEASE,
    )
    return [_lease(row) for row in sorted(rows, key=lambda row: row["place"])], next_look


def _lease(row: asyncpg.Record) -> Lease:
    return Lease(
        tenant_id=_tenant(row["tenant_id"]),
        id=row["id"],
        token=row["lease_token"],
        kind=row["kind"],
        key=row["key"],
        concurrency_key=row["concurrency_key"],
        payload=orjson.loads(row["payload"]),
        attempt=row["attempts"],
        give_up_at=row["give_up_at"],
        last_error=row["last_error"],
        traceparent=row["traceparent"],
        actor=row["actor"],
        request_id=row["request_id"],
    )


def _tenant(tenant_id: UUID) -> UUID | None:
    return None if tenant_id == NO_TENANT else tenant_id


async def renew(connection: asyncpg.Connection, tokens: Sequence[UUID], now: datetime) -> set[UUID]:
    """Renew these leases, and return those that we still hold."""
    rows = await connection.fetch(f"{RENEW} RETURNING lease_token", tokens, now + LEASE)
    return {row["lease_token"] for row in rows}


async def complete(connection: asyncpg.Connection, lease: Lease) -> bool:
    """Note that the task is done; False if we have lost it."""
    return await connection.fetchval(COMPLETE, *_holder(lease)) is not None


async def put_off(
    connection: asyncpg.Connection, lease: Lease, *, due_at: datetime, reason: str | None
) -> bool:
    """Have the task tried again at `due_at`; False if we have lost it."""
    return await connection.fetchval(PUT_OFF, *_holder(lease), due_at, reason) is not None


async def give_up(
    connection: asyncpg.Connection, lease: Lease, *, now: datetime, reason: str
) -> bool:
    """Give the task up, and keep it for an operator to look at; False if we have lost it."""
    return await connection.fetchval(GIVE_UP, *_holder(lease), now, reason) is not None


def _holder(lease: Lease) -> tuple[UUID, UUID, UUID]:
    return lease.tenant_id or NO_TENANT, lease.id, lease.token


async def count_ready(connection: asyncpg.Connection) -> dict[str, tuple[int, datetime]]:
    """How many tasks of each kind are ready, and since when the oldest of them has been due."""
    return {kind: (count, since) for kind, count, since in await connection.fetch(COUNT_READY)}


async def count_given_up(connection: asyncpg.Connection) -> dict[str, int]:
    """How many tasks of each kind were given up and are still kept."""
    return dict(await connection.fetch(COUNT_GIVEN_UP))


async def given_up(connection: asyncpg.Connection) -> list[GivenUp]:
    """The tasks that were given up, the oldest first."""
    return [
        GivenUp(task_id, _tenant(tenant_id), *others)
        for task_id, tenant_id, *others in await connection.fetch(LIST)
    ]


async def retry(connection: asyncpg.Connection, task_id: UUID | None, now: datetime) -> int:
    """Have one task that was given up tried again, or all of them, and return how many those are."""
    return len(await connection.fetch(RETRY, task_id, now))


async def discard(connection: asyncpg.Connection, task_id: UUID) -> bool:
    """Delete a task that was given up; False if there is none with this id."""
    return await connection.fetchval(DISCARD, task_id) is not None


async def forget_old(connection: asyncpg.Connection, now: datetime) -> None:
    """Delete a bounded number of tasks that were given up longer ago than RETENTION."""
    await connection.execute(FORGET, now - RETENTION, BATCH)
