"""The process that furnishes photos (`staging-svc jobs`): its composition root."""

from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from uuid import UUID

from stagify.database import Database
from stagify.listening import Listener
from stagify.service_worker import configure, run_on
from staging_engine.port import StagingEngine
from staging_svc.furnishing.engines import make_engine
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.furnishing.pipeline import Pipeline
from staging_svc.furnishing.runner import JobRunner
from staging_svc.parts import NAME, Parts, make_parts
from staging_svc.queue.service import CANCELLED, QUEUED
from staging_svc.settings import Settings


class StagingProcess:
    """Job loops that share the process's parts; each has its own engine. `parts` stay open when this
    is closed."""

    def __init__(
        self, parts: Parts, make: Callable[[Settings], StagingEngine] = make_engine
    ) -> None:
        self._parts = parts
        settings = parts.settings
        claim_url = settings.claim_database_url.get_secret_value()
        self.claims = Database(claim_url, service=NAME, pool_size=1)
        self._engines = [make(settings) for _ in range(settings.job_concurrency)]
        self.loops = [self._loop(engine) for engine in self._engines]
        # It connects by itself, but as the role of `claims`, which is checked at the start.
        self.listener = Listener(
            claim_url,
            name=f"{NAME} jobs listener",
            channels={QUEUED: lambda _: self.wake(), CANCELLED: self._on_cancelled},
            on_gap=self.wake,
        )

    def _loop(self, engine: StagingEngine) -> JobLoop:
        parts, settings = self._parts, self._parts.settings
        runner = JobRunner(
            parts.database,
            Pipeline(parts.database, parts.storage, parts.quota, engine),
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

    async def aclose(self) -> None:
        """Close what this made."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.claims.close)
            for engine in self._engines:
                stack.push_async_callback(engine.close)


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    # Every job loop may use two connections at a time.
    settings = settings.model_copy(update={"database_pool_size": 2 * settings.job_concurrency})
    configure(NAME, settings)
    async with aclosing(make_parts(settings)) as parts, aclosing(StagingProcess(parts)) as process:
        await run_on(
            (parts.database, process.claims),
            settings,
            jobs={
                "listener": process.listener.run,
                **{f"jobs-{number}": loop.run for number, loop in enumerate(process.loops)},
            },
            checks={"database": parts.database.ping, "storage": parts.storage.ping},
        )
