"""Runs one leased job to its end, whether that is success or failure.

| an attempt ends by | what becomes of the job |
|---|---|
| success | done |
| refusal of the photo, the choices or the quota | failed at once |
| a failure or a bug on our side | tried again after a growing pause; failed after the last attempt |
| another part of the platform not answering | waits; the attempt is not counted |
| the process being stopped | handed back at once; the attempt is not counted |
| the lease being lost, the project being deleted | nothing: it is no longer ours |
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from uuid import UUID

from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from stagify import cause, telemetry
from stagify.database import Database
from stagify.tenancy import tenant_scope
from stagify.transient import is_transient
from staging_engine.port import EngineFailedError
from staging_svc.furnishing import service as furnishing
from staging_svc.furnishing.errors import NotYetError, RefusedError
from staging_svc.furnishing.pipeline import Pipeline
from staging_svc.objects.service import ObjectLostError
from staging_svc.photos.service import CleaningInterruptedError
from staging_svc.queue import service as queue
from staging_svc.queue.service import Lease, LeaseLostError

logger = logging.getLogger(__name__)

JOBS = Counter("stagify_staging_jobs", "Attempts at jobs by how they ended.", ["outcome"])
SECONDS = Histogram(
    "stagify_staging_job_seconds",
    "Time of successful attempts.",
    buckets=(0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 120, 180),
)

BACKOFF_SECONDS = 5.0
WAIT_SECONDS = 5.0
INTERRUPTED_CODE = "staging_interrupted"
INTERRUPTED = "The photo could not be staged because of a fault on our side."


class JobRunner:
    """Runs jobs one at a time with one pipeline."""

    def __init__(
        self, database: Database, pipeline: Pipeline, *, lease_seconds: float, max_attempts: int
    ) -> None:
        self._database = database
        self._pipeline = pipeline
        self._lease_seconds = lease_seconds
        self._max_attempts = max_attempts
        self._job_id: UUID | None = None
        self._work: asyncio.Task[None] | None = None

    def cancel(self, job_id: UUID) -> None:
        """Stop working on this job, if it is the one in hand: its row is gone."""
        if self._job_id == job_id and self._work is not None:
            self._work.cancel()

    async def run(self, lease: Lease) -> None:
        """Run the job to its end. Cancelling this hands the job back."""
        span = telemetry.continued(lease.traceparent, "staging job", SpanKind.CONSUMER)
        # Whoever asked for the project causes what becomes of it.
        caused_by = cause.scope(lease.actor, lease.request_id)
        with tenant_scope(lease.tenant_id), caused_by, span:
            work = asyncio.create_task(self._attempt(lease))
            keeper = asyncio.create_task(self._keep(lease, work))
            self._job_id, self._work = lease.job_id, work
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError:
                await _settle(work)
                await asyncio.shield(self._hand_back(lease))
                raise
            finally:
                self._job_id = self._work = None
                await _settle(keeper)
            if work.cancelled():
                self._end(lease, "lost")
                return
            work.result()

    async def _keep(self, lease: Lease, work: "asyncio.Task[None]") -> None:
        """Renew the lease until cancelled; stop the work once we have lost the job."""
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                async with self._database.tenant(lease.tenant_id) as session:
                    await queue.renew(session, lease, lease_seconds=self._lease_seconds)
            except LeaseLostError:
                work.cancel()
                return
            except Exception as error:
                if not is_transient(error):
                    raise
                logger.warning("job.renewal_failed", extra={"reason": type(error).__name__})

    async def _attempt(self, lease: Lease) -> None:
        started = time.monotonic()
        try:
            if lease.attempt > self._max_attempts:
                raise RefusedError(INTERRUPTED_CODE, INTERRUPTED)
            await self._pipeline.run(lease)
        except RefusedError as error:
            await self._fail(lease, error)
        except EngineFailedError as error:
            await self._retry(lease, RefusedError(error.code, error.message))
        except CleaningInterruptedError:
            await self._retry(lease, RefusedError(INTERRUPTED_CODE, INTERRUPTED))
        except NotYetError:
            await self._wait(lease)
        except (LeaseLostError, ObjectLostError):
            self._end(lease, "lost")
        except Exception as error:
            if is_transient(error):
                logger.warning("job.interrupted", extra={"reason": type(error).__name__})
                await self._wait(lease)
                return
            logger.exception("job.crashed", extra={"job_id": str(lease.job_id)})
            await self._retry(lease, RefusedError(INTERRUPTED_CODE, INTERRUPTED))
        else:
            SECONDS.observe(time.monotonic() - started)
            self._end(lease, "done")

    async def _retry(self, lease: Lease, failure: RefusedError) -> None:
        if lease.attempt >= self._max_attempts:
            await self._fail(lease, failure)
            return
        delay = BACKOFF_SECONDS * 2 ** (lease.attempt - 1)
        await self._requeue(lease, delay, is_counted=True)
        self._end(lease, "retried", failure.code)

    async def _wait(self, lease: Lease) -> None:
        await self._requeue(lease, WAIT_SECONDS, is_counted=False)
        self._end(lease, "postponed")

    async def _hand_back(self, lease: Lease) -> None:
        await self._requeue(lease, 0, is_counted=False)
        self._end(lease, "handed_back")

    async def _requeue(self, lease: Lease, delay_seconds: float, *, is_counted: bool) -> None:
        with _allowing_loss():
            async with self._database.tenant(lease.tenant_id) as session:
                await furnishing.wait_again(
                    session, lease, delay_seconds=delay_seconds, is_counted=is_counted
                )

    async def _fail(self, lease: Lease, failure: RefusedError) -> None:
        with _allowing_loss():
            async with self._database.tenant(lease.tenant_id) as session:
                await furnishing.fail(
                    session,
                    lease,
                    code=failure.code,
                    message=failure.message,
                    is_photo_useless=failure.is_photo_useless,
                    checks=failure.checks,
                    hints=failure.hints,
                )
        self._end(lease, "failed", failure.code)

    def _end(self, lease: Lease, outcome: str, code: str | None = None) -> None:
        JOBS.labels(outcome).inc()
        logger.info(
            "job.ended",
            extra={
                "job_id": str(lease.job_id),
                "attempt": lease.attempt,
                "outcome": outcome,
                "code": code,
            },
        )


@contextlib.contextmanager
def _allowing_loss() -> Iterator[None]:
    """The end of an attempt may come too late, or not reach the database. Then the lease runs out,
    and the next process that takes the job decides again."""
    try:
        yield
    except LeaseLostError:
        logger.info("job.already_lost")
    except Exception as error:
        if not is_transient(error):
            raise
        logger.warning("job.end_not_recorded", extra={"reason": type(error).__name__})


async def _settle(task: "asyncio.Task[None]") -> None:
    """Cancel `task` and wait until it has ended."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("job.ended_badly", extra={"reason": type(error).__name__})
