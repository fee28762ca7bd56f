"""Writes the progress of an engine, which reports it often, only now and then."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from stagify.transient import is_transient
from staging_svc.queue.service import LeaseLostError

logger = logging.getLogger(__name__)

MIN_SECONDS_BETWEEN_WRITES = 0.5


class ProgressWriter:
    """Remembers the newest progress and writes it at most twice a second."""

    def __init__(self, write: Callable[[float], Awaitable[None]]) -> None:
        self._write = write
        self._share = 0.0
        self._changed = asyncio.Event()

    def __call__(self, share: float, step: str) -> None:
        """The engine's callback."""
        self._share = share
        self._changed.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write while the block runs."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None:
                logger.error("progress.broken", exc_info=error)

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._write_or_skip()
            await asyncio.sleep(MIN_SECONDS_BETWEEN_WRITES)

    async def _write_or_skip(self) -> None:
        """Write, and ignore a failure: the next write, or the end of the job, will say more."""
        try:
            await self._write(self._share)
        except Exception as error:
            if not (isinstance(error, LeaseLostError) or is_transient(error)):
                raise
            logger.info("progress.unwritten", extra={"reason": type(error).__name__})
