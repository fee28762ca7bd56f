"""The one place that reads the wall clock, and waits by it; `stagify.testing` has one that moves."""

import asyncio
from datetime import UTC, datetime

# A test's clock takes the place of both.
_now = datetime.now
_sleep = asyncio.sleep


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return _now(UTC)


async def sleep(seconds: float) -> None:
    """Return after so long; for what is done again and again, and would keep a test waiting."""
    await _sleep(seconds)
