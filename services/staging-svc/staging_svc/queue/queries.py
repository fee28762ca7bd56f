"""SQL of the queue.

Claiming runs as the claim role, which sees the queue of all tenants and nothing else; the rest
sees one tenant's jobs.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
from sqlmodel import col, delete, select, update

from stagify.cause import Cause
from stagify.database import Session
from staging_svc.queue.models import Job

# The advisory lock that gives the right to take a job: any number, the same in every database.
CLAIM_LOCK = 0x4A4F_4253

# A job whose lease has run out waits again; the attempt counts.
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

ENQUEUE = """
WITH job AS (
    INSERT INTO jobs (tenant_id, id, created_at, project_id, state, attempts, is_held, due_at,
                      traceparent, actor, request_id)
    VALUES ($1, $2, $3, $4, 'queued', 0, false, $3, $5, $6, $7)
)
SELECT pg_notify($8, ''), pg_notify($9, $10)
"""

FORGET_ENDED = "DELETE FROM jobs WHERE project_id = $1 AND state IN ('done', 'failed')"


async def add_job(
    connection: asyncpg.Connection,
    *,
    tenant_id: UUID,
    job_id: UUID,
    project_id: UUID,
    now: datetime,
    traceparent: str | None,
    caused_by: Cause,
    channel: str,
    also_notify: tuple[str, str],
) -> None:
    """Write a job that is due, and notify `channel` when the transaction commits, and another one with
    a payload."""
    await connection.execute(
        ENQUEUE,
        tenant_id,
        job_id,
        now,
        project_id,
        traceparent,
        caused_by.actor,
        caused_by.request_id,
        channel,
        *also_notify,
    )


async def take_turns(connection: asyncpg.Connection) -> None:
    """Wait until no other transaction is claiming."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", CLAIM_LOCK)


async def queue_expired(connection: asyncpg.Connection) -> int:
    """Put jobs whose lease has run out back into the queue, and return how many there were."""
    status = await connection.execute(REAP)
    return int(status.rpartition(" ")[2])


async def claim_fairest(
    connection: asyncpg.Connection, *, token: UUID, lease_seconds: float
) -> asyncpg.Record | None:
    """Lease the job whose turn it is, and return its tenant_id, id, project_id and attempts, and where
    it comes from: traceparent, actor, request_id."""
    return await connection.fetchrow(CLAIM, token, lease_seconds)


async def lock_job(session: Session, job_id: UUID) -> Job | None:
    """The job, locked until the transaction ends."""
    found = await session.exec(select(Job).where(Job.id == job_id).with_for_update())
    return found.one_or_none()


async def delete_jobs(session: Session, project_id: UUID, *states: str) -> list[UUID]:
    """Delete a project's jobs that are in one of these states, and return their ids."""
    deleted = await session.exec(
        delete(Job)
        .where(col(Job.project_id) == project_id, col(Job.state).in_(states))
        .returning(col(Job.id))
    )
    return list(deleted.scalars())


async def forget_ended(connection: asyncpg.Connection, project_id: UUID) -> None:
    """Delete a project's job that has ended."""
    await connection.execute(FORGET_ENDED, project_id)


async def hold_queued(session: Session) -> None:
    """Mark the tenant's waiting jobs so that none is taken."""
    await session.exec(update(Job).where(col(Job.state) == "queued").values(is_held=True))


async def release_held(session: Session) -> None:
    """Remove that mark."""
    await session.exec(update(Job).where(col(Job.is_held)).values(is_held=False))
