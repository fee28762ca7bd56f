"""The one place that reads the wall clock and sleeps by it. `stagify.testing` has a clock that tests
can move."""

import asyncio
from datetime import UTC, datetime

# A test's clock replaces both.
_now = datetime.now
_sleep = asyncio.sleep


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return _now(UTC)


async def sleep(seconds: float) -> None:
    """Wait for that long. For periodic work, so that a test can move the clock instead of waiting."""
    await _sleep(seconds)
