"""The queue: jobs come in, are taken fairly across tenants, and end.

The next job is one of the tenant with the fewest running jobs, then of the one served longest ago,
then the oldest. A process that works on a job names its lease in every write; the row is locked and
the token compared, so a process that has lost its lease can no longer change anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from prometheus_client import Counter

from stagify import cause, telemetry
from stagify.clock import utc_now
from stagify.database import Connection, Session
from stagify.ids import new_id
from stagify.listening import notify
from staging_svc.queue import queries

if TYPE_CHECKING:
    from staging_svc.queue.models import Job

LEASES_LOST = Counter("stagify_job_leases_expired", "Jobs whose process gave no sign of life.")

# Channels of NOTIFY: a job became due; the job of this id was cancelled.
QUEUED = "staging_jobs_queued"
CANCELLED = "staging_jobs_cancelled"


class LeaseLostError(Exception):
    """The job is someone else's by now, or was cancelled."""


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


async def enqueue(
    connection: Connection, *, tenant_id: UUID, project_id: UUID, also_notify: tuple[str, str]
) -> UUID:
    """Put a project's job into the queue; workers wake up when the transaction commits. A channel and
    a payload for it are notified in the same round trip."""
    job_id = new_id()
    await queries.add_job(
        connection,
        tenant_id=tenant_id,
        job_id=job_id,
        project_id=project_id,
        now=utc_now(),
        traceparent=telemetry.current_traceparent(),
        caused_by=cause.current.get(),
        channel=QUEUED,
        also_notify=also_notify,
    )
    return job_id


async def claim_next(connection: Connection, *, lease_seconds: float) -> Lease | None:
    """Take the next job, or None if none is due. `connection` is in a transaction as claim role.

    Claims wait for each other (they take about a millisecond), so that each one counts what the
    others took.
    """
    await queries.take_turns(connection)
    LEASES_LOST.inc(await queries.queue_expired(connection))
    token = uuid4()
    row = await queries.claim_fairest(connection, token=token, lease_seconds=lease_seconds)
    if row is None:
        return None
    return Lease(
        tenant_id=row["tenant_id"],
        job_id=row["id"],
        project_id=row["project_id"],
        token=token,
        attempt=row["attempts"],
        traceparent=row["traceparent"],
        actor=row["actor"],
        request_id=row["request_id"],
    )


async def enqueue_again(
    connection: Connection, *, tenant_id: UUID, project_id: UUID, also_notify: tuple[str, str]
) -> UUID:
    """The same for a project whose job has ended; it is replaced."""
    await queries.forget_ended(connection, project_id)
    return await enqueue(
        connection, tenant_id=tenant_id, project_id=project_id, also_notify=also_notify
    )


async def cancel(session: Session, project_id: UUID) -> None:
    """Delete a project's job if it has not ended, even if a process is working on it.

    Call it before locking the project: workers lock the job first.
    """
    for job_id in await queries.delete_jobs(session, project_id, "queued", "running"):
        await notify(session, CANCELLED, str(job_id))


async def forget(session: Session, project_id: UUID) -> None:
    """Delete a project's job that has ended, because the project is being deleted."""
    await queries.delete_jobs(session, project_id, "done", "failed")


async def hold_all(session: Session) -> None:
    """Stop the tenant's waiting jobs from being taken."""
    await queries.hold_queued(session)


async def release_all(session: Session) -> None:
    """Allow the tenant's jobs to be taken again."""
    await queries.release_held(session)
    await notify(session, QUEUED)


async def locked(session: Session, lease: Lease) -> Job:
    """The job, locked until the end of the transaction; LeaseLostError if it is not ours."""
    job = await queries.lock_job(session, lease.job_id)
    if job is None or job.lease_token != lease.token:
        raise LeaseLostError
    return job


async def mark_started(session: Session, lease: Lease) -> bool:
    """Note that work has begun, and return whether this was the first time."""
    job = await locked(session, lease)
    is_first = job.started_at is None
    job.started_at = job.started_at or utc_now()
    return is_first


async def renew(session: Session, lease: Lease, *, lease_seconds: float) -> None:
    """Renew the lease."""
    job = await locked(session, lease)
    job.lease_expires_at = utc_now() + timedelta(seconds=lease_seconds)


async def finish(session: Session, lease: Lease, *, is_done: bool) -> None:
    """The job has ended: done, or failed for good."""
    job = await locked(session, lease)
    job.state = "done" if is_done else "failed"
    job.finished_at = utc_now()
    _release(job)


async def requeue(
    session: Session, lease: Lease, *, delay_seconds: float = 0, is_counted: bool = True
) -> None:
    """Put the job back into the queue. `is_counted` says whether this counts as an attempt."""
    job = await locked(session, lease)
    job.state = "queued"
    job.due_at = utc_now() + timedelta(seconds=delay_seconds)
    if not is_counted:
        job.attempts -= 1
    _release(job)
    await notify(session, QUEUED)


def _release(job: Job) -> None:
    job.lease_token = None
    job.lease_expires_at = None
