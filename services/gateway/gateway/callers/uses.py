"""Which API keys are in use, told to identity-svc in batches; the list of a tenant's keys shows it.

A look-up tells the first use, and this the later ones, while the verdict is known. A batch that cannot
be told is dropped: whoever goes on using the key is told of a minute later.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from stagify.calls.identity import MAX_USES, ApiKeyUse
from stagify.errors import StagifyError

logger = logging.getLogger(__name__)

# How often the use of a key is told, and how often there is a batch.
TELL_SECONDS = 60.0
BATCH_SECONDS = 5.0

Tell = Callable[[list[ApiKeyUse]], Awaitable[None]]


class Uses:
    """Collects uses, and tells them every BATCH_SECONDS while `run` runs."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        # At most as many as there are verdicts, each of which is noted once in TELL_SECONDS.
        self._noted: list[ApiKeyUse] = []

    def note(self, use: ApiKeyUse) -> None:
        """The key is being used."""
        self._noted.append(use)

    async def run(self) -> None:
        """Tell for ever."""
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Tell what was noted, a call for so many at a time."""
        noted, self._noted = self._noted, []
        for start in range(0, len(noted), MAX_USES):
            batch = noted[start : start + MAX_USES]
            try:
                await self._tell(batch)
            except StagifyError as error:
                logger.warning("uses.not_told", extra={"code": error.code, "uses": len(batch)})
