"""A clock that a test can move, so that no test waits for an hour to pass."""

import asyncio
import contextlib
from datetime import datetime, timedelta, tzinfo

import pytest

from stagify import clock as platform_clock


class Clock:
    """The clock of this process; a test decides how far it is ahead of the real one.

    It changes `utc_now` and `sleep` of `stagify.clock`, and so also periodic work. Other processes,
    SQL's `now()` and time-outs of the event loop keep to the real time.
    """

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._moved = asyncio.Event()

    def advance(self, by: timedelta) -> None:
        """Let time pass. Those that sleep until then wake up in the next turns of the event loop."""
        self._ahead += by
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def now(self, zone: tzinfo) -> datetime:
        """Replaces `datetime.now`."""
        return datetime.now(zone) + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Replaces `asyncio.sleep`."""
        loop = asyncio.get_running_loop()
        due, ahead = loop.time() + seconds, self._ahead
        while (left := due - loop.time() - (self._ahead - ahead).total_seconds()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._moved.wait()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of this test."""
    made = Clock()
    monkeypatch.setattr(platform_clock, "_now", made.now)
    monkeypatch.setattr(platform_clock, "_sleep", made.sleep)
    return made
