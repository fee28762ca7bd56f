"""The staging process (`staging-svc jobs`): its composition root, and the loop that takes jobs."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from uuid import UUID

from stagify.database import Database
from stagify.listening import Listener
from stagify.service_worker import configure, run_on
from stagify.transient import is_transient
from staging_engine.port import StagingEngine
from staging_svc.furnishing.engines import make_engine
from staging_svc.furnishing.pipeline import Pipeline
from staging_svc.furnishing.runner import JobRunner
from staging_svc.objects.store import Storage
from staging_svc.queue.service import CANCELLED, QUEUED, Lease, claim_next
from staging_svc.quota.service import Quota
from staging_svc.settings import Settings

logger = logging.getLogger(__name__)

OUTAGE_SECONDS = 1.0


class Slot:
    """Takes jobs and runs them, one at a time."""

    def __init__(
        self, claims: Database, runner: JobRunner, *, lease_seconds: float, poll_seconds: float
    ) -> None:
        self._claims = claims
        self._runner = runner
        self._lease_seconds = lease_seconds
        self._poll_seconds = poll_seconds
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There may be work."""
        self._wake.set()

    def cancel(self, job_id: UUID) -> None:
        """Stop working on this job."""
        self._runner.cancel(job_id)

    async def run(self) -> None:
        """Work until cancelled; a cancel hands back the job in hand."""
        while True:
            self._wake.clear()
            if not await self.run_next():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._poll_seconds)

    async def run_next(self) -> bool:
        """Run the next job to its end, if one is due."""
        lease = await self._claim()
        if lease is None:
            return False
        await self._runner.run(lease)
        return True

    async def _claim(self) -> Lease | None:
        try:
            async with self._claims.tenant_connection(None) as connection:
                return await claim_next(connection, lease_seconds=self._lease_seconds)
        except Exception as error:
            if not is_transient(error):
                raise
            logger.warning("job.claim_failed", extra={"reason": type(error).__name__})
            await asyncio.sleep(OUTAGE_SECONDS)
            return None


class StagingProcess:
    """The parts of one process: slots that share databases, store and quota, an engine each."""

    def __init__(
        self, settings: Settings, make: Callable[[Settings], StagingEngine] = make_engine
    ) -> None:
        self._settings = settings
        slots = settings.job_concurrency
        self.database = Database(
            settings.database_url.get_secret_value(), service="staging-svc", pool_size=2 * slots
        )
        self.claims = Database(
            settings.claim_database_url.get_secret_value(), service="staging-svc", pool_size=1
        )
        self.storage = Storage(settings)
        self.quota = Quota.from_settings(settings)
        self._engines = [make(settings) for _ in range(slots)]
        self.slots = [self._slot(engine) for engine in self._engines]
        self.listener = Listener(
            settings.claim_database_url.get_secret_value(),
            name="staging-svc jobs listener",
            channels={QUEUED: lambda _: self.wake(), CANCELLED: self._on_cancelled},
            on_gap=self.wake,
        )

    def _slot(self, engine: StagingEngine) -> Slot:
        settings = self._settings
        runner = JobRunner(
            self.database,
            Pipeline(self.database, self.storage, self.quota, engine),
            lease_seconds=settings.job_lease_seconds,
            max_attempts=settings.job_max_attempts,
        )
        return Slot(
            self.claims,
            runner,
            lease_seconds=settings.job_lease_seconds,
            poll_seconds=settings.job_poll_seconds,
        )

    def wake(self) -> None:
        """There may be work for any slot."""
        for slot in self.slots:
            slot.wake()

    def _on_cancelled(self, payload: str) -> None:
        for slot in self.slots:
            slot.cancel(UUID(payload))

    async def close(self) -> None:
        """Give back everything."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.claims.close)
            stack.push_async_callback(self.database.close)
            stack.push_async_callback(self.quota.close)
            for engine in self._engines:
                stack.push_async_callback(engine.close)


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure("staging-svc", settings)
    process = StagingProcess(settings)
    jobs = {f"slot-{number}": slot.run for number, slot in enumerate(process.slots)}
    try:
        await run_on(
            (process.database, process.claims),
            settings,
            jobs={"listener": process.listener.run, **jobs},
            checks={"database": process.database.ping, "storage": process.storage.ping},
        )
    finally:
        await process.close()
