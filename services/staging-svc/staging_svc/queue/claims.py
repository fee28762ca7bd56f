"""Taking the next job, fairly across tenants: the tenant with the fewest jobs running, then the
one served longest ago, then the oldest job.

Runs as the claim role, which sees the queue of all tenants and nothing else. Claims wait for
each other (they take about a millisecond), so that each one counts what the others took.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
from prometheus_client import Counter

LEASES_LOST = Counter("stagify_job_leases_expired", "Jobs whose process gave no sign of life.")

# Arbitrary, the same in every database: the right to take a job.
CLAIM_LOCK = 0x4A4F_4253

SERIALIZE = "SELECT pg_advisory_xact_lock($1)"

# A job whose lease ran out is waiting again; the attempt counts.
REAP = """
UPDATE jobs SET state = 'queued', lease_token = NULL, lease_expires_at = NULL
WHERE state = 'running' AND lease_expires_at < now()
"""

# The recursion steps from tenant to tenant through the index, however long a queue is.
CLAIM = """
WITH RECURSIVE tenants AS (
    (SELECT tenant_id FROM jobs WHERE state = 'queued' ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT j.tenant_id FROM jobs j
            WHERE j.state = 'queued' AND j.tenant_id > t.tenant_id
            ORDER BY j.tenant_id LIMIT 1)
    FROM tenants t WHERE t.tenant_id IS NOT NULL
), ranked AS (
    SELECT t.tenant_id, oldest.id, served.last,
           (SELECT count(*) FROM jobs r
            WHERE r.tenant_id = t.tenant_id AND r.state = 'running') AS running
    FROM tenants t
    CROSS JOIN LATERAL (
        SELECT j.id FROM jobs j
        WHERE j.tenant_id = t.tenant_id AND j.state = 'queued'
          AND NOT j.is_held AND j.due_at <= now()
        ORDER BY j.id LIMIT 1
    ) oldest
    CROSS JOIN LATERAL (
        SELECT max(s.served_at) AS last FROM jobs s
        WHERE s.tenant_id = t.tenant_id AND s.served_at IS NOT NULL
    ) served
), chosen AS (
    SELECT j.tenant_id, j.id FROM ranked JOIN jobs j USING (tenant_id, id)
    ORDER BY ranked.running, ranked.last NULLS FIRST, ranked.id
    LIMIT 1 FOR UPDATE OF j SKIP LOCKED
)
UPDATE jobs SET
    state = 'running', attempts = attempts + 1, served_at = now(),
    lease_token = $1, lease_expires_at = now() + make_interval(secs => $2)
FROM chosen WHERE jobs.tenant_id = chosen.tenant_id AND jobs.id = chosen.id
RETURNING jobs.tenant_id, jobs.id, jobs.project_id, jobs.attempts,
          jobs.traceparent, jobs.actor, jobs.request_id
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job; `token` proves it at every write."""

    tenant_id: UUID
    job_id: UUID
    project_id: UUID
    token: UUID
    attempt: int
    traceparent: str | None
    actor: str | None
    request_id: str | None


async def claim_next(connection: asyncpg.Connection, *, lease_seconds: float) -> Lease | None:
    """Take the next job, or None if none is due. `connection` is in a transaction as claim role."""
    await connection.execute(SERIALIZE, CLAIM_LOCK)
    reaped = await connection.execute(REAP)
    LEASES_LOST.inc(int(reaped.rpartition(" ")[2]))
    token = uuid4()
    row = await connection.fetchrow(CLAIM, token, lease_seconds)
    if row is None:
        return None
    tenant_id, job_id, project_id, attempts, *behind = row
    return Lease(tenant_id, job_id, project_id, token, attempts, *behind)
