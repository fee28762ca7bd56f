"""The queue as one tenant's transactions see it.

Whoever works on a job names its lease in every write; the row is locked and the token compared,
so a process that lost its lease can change nothing any more.
"""

from datetime import timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify import cause, telemetry
from stagify.clock import utc_now
from stagify.ids import new_id
from staging_svc.queue.claims import Lease
from staging_svc.queue.models import Job

# Channels of NOTIFY: a job became due; the job of this id was cancelled.
QUEUED = "staging_jobs_queued"
CANCELLED = "staging_jobs_cancelled"

NOTIFY = text("SELECT pg_notify(:channel, :payload)")

ENQUEUE = """
WITH job AS (
    INSERT INTO jobs (tenant_id, id, created_at, project_id, state, attempts, is_held, due_at,
                      traceparent, actor, request_id)
    VALUES ($1, $2, $3, $4, 'queued', 0, false, $3, $5, $6, $7)
)
SELECT pg_notify($8, '')
"""


class LeaseLostError(Exception):
    """The job is someone else's by now, or was cancelled."""


async def enqueue(connection: asyncpg.Connection, *, tenant_id: UUID, project_id: UUID) -> UUID:
    """Put a project's job into the queue; workers wake up when the transaction commits."""
    job_id, behind = new_id(), cause.current.get()
    await connection.execute(
        ENQUEUE,
        tenant_id,
        job_id,
        utc_now(),
        project_id,
        telemetry.current_traceparent(),
        behind.actor,
        behind.request_id,
        QUEUED,
    )
    return job_id


async def cancel(session: AsyncSession, project_id: UUID) -> None:
    """Take a project's job away, from a running process too.

    Call it before locking the project: workers lock the job first.
    """
    cancelled = await session.exec(
        delete(Job).where(col(Job.project_id) == project_id).returning(col(Job.id))
    )
    for job_id in cancelled.scalars():
        await _notify(session, CANCELLED, str(job_id))


async def hold_all(session: AsyncSession) -> None:
    """Let none of this tenant's waiting jobs be taken."""
    await session.exec(update(Job).where(col(Job.state) == "queued").values(is_held=True))


async def release_all(session: AsyncSession) -> None:
    """Let this tenant's jobs be taken again."""
    await session.exec(update(Job).where(col(Job.is_held)).values(is_held=False))
    await _notify(session, QUEUED)


async def locked(session: AsyncSession, lease: Lease) -> Job:
    """The job, locked until the end of the transaction; LeaseLostError if it is not ours."""
    found = await session.exec(select(Job).where(Job.id == lease.job_id).with_for_update())
    job = found.one_or_none()
    if job is None or job.lease_token != lease.token:
        raise LeaseLostError
    return job


async def mark_started(session: AsyncSession, lease: Lease) -> bool:
    """Note that work has begun; whether this was the first time."""
    job = await locked(session, lease)
    is_first = job.started_at is None
    job.started_at = job.started_at or utc_now()
    return is_first


async def renew(session: AsyncSession, lease: Lease, *, lease_seconds: float) -> None:
    """A sign of life."""
    job = await locked(session, lease)
    job.lease_expires_at = utc_now() + timedelta(seconds=lease_seconds)


async def finish(session: AsyncSession, lease: Lease, *, is_done: bool) -> None:
    """The job has ended: done, or failed for good."""
    job = await locked(session, lease)
    job.state = "done" if is_done else "failed"
    job.finished_at = utc_now()
    _release(job)


async def requeue(
    session: AsyncSession, lease: Lease, *, delay_seconds: float = 0, is_counted: bool = True
) -> None:
    """Give the job back. `is_counted` says whether this was an attempt at the photo itself."""
    job = await locked(session, lease)
    job.state = "queued"
    job.due_at = utc_now() + timedelta(seconds=delay_seconds)
    if not is_counted:
        job.attempts -= 1
    _release(job)
    await _notify(session, QUEUED)


def _release(job: Job) -> None:
    job.lease_token = None
    job.lease_expires_at = None


async def _notify(session: AsyncSession, channel: str, payload: str = "") -> None:
    await session.execute(NOTIFY, {"channel": channel, "payload": payload})
