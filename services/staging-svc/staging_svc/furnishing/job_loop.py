"""The loop that takes jobs and runs them; a process has one for each photo it works on at a time."""

import asyncio
import contextlib
import logging
from uuid import UUID

from stagify.database import Database
from stagify.transient import is_transient
from staging_svc.furnishing.runner import JobRunner
from staging_svc.queue.service import Lease, claim_next

logger = logging.getLogger(__name__)

OUTAGE_SECONDS = 1.0


class JobLoop:
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
        """Wake up, because there may be work."""
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
