"""The process that furnishes photos (`staging-svc jobs`): its composition root."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from uuid import UUID

from stagify.database import Database
from stagify.listening import Listener
from stagify.service_worker import configure, run_on
from staging_engine.port import StagingEngine
from staging_svc.furnishing.engines import make_engine
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.furnishing.pipeline import Pipeline
from staging_svc.furnishing.runner import JobRunner
from staging_svc.objects.store import Storage
from staging_svc.parts import NAME
from staging_svc.queue.service import CANCELLED, QUEUED
from staging_svc.quota.service import Quota
from staging_svc.settings import Settings


class StagingProcess:
    """The parts of one process: job loops that share databases, store and quota; each has its own
    engine."""

    def __init__(
        self, settings: Settings, make: Callable[[Settings], StagingEngine] = make_engine
    ) -> None:
        self._settings = settings
        count = settings.job_concurrency
        self.database = Database(
            settings.database_url.get_secret_value(), service=NAME, pool_size=2 * count
        )
        self.claims = Database(
            settings.claim_database_url.get_secret_value(), service=NAME, pool_size=1
        )
        self.storage = Storage(settings)
        self.quota = Quota.from_settings(settings)
        self._engines = [make(settings) for _ in range(count)]
        self.loops = [self._loop(engine) for engine in self._engines]
        self.listener = Listener(
            settings.claim_database_url.get_secret_value(),
            name=f"{NAME} jobs listener",
            channels={QUEUED: lambda _: self.wake(), CANCELLED: self._on_cancelled},
            on_gap=self.wake,
        )

    def _loop(self, engine: StagingEngine) -> JobLoop:
        settings = self._settings
        runner = JobRunner(
            self.database,
            Pipeline(self.database, self.storage, self.quota, engine),
            lease_seconds=settings.job_lease_seconds,
            max_attempts=settings.job_max_attempts,
        )
        return JobLoop(
            self.claims,
            runner,
            lease_seconds=settings.job_lease_seconds,
            poll_seconds=settings.job_poll_seconds,
        )

    def wake(self) -> None:
        """Wake all loops, because there may be work."""
        for loop in self.loops:
            loop.wake()

    def _on_cancelled(self, payload: str) -> None:
        for loop in self.loops:
            loop.cancel(UUID(payload))

    async def close(self) -> None:
        """Close everything."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.claims.close)
            stack.push_async_callback(self.database.close)
            stack.push_async_callback(self.quota.close)
            for engine in self._engines:
                stack.push_async_callback(engine.close)


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure(NAME, settings)
    process = StagingProcess(settings)
    jobs = {f"jobs-{number}": loop.run for number, loop in enumerate(process.loops)}
    try:
        await run_on(
            (process.database, process.claims),
            settings,
            jobs={"listener": process.listener.run, **jobs},
            checks={"database": process.database.ping, "storage": process.storage.ping},
        )
    finally:
        await process.close()
