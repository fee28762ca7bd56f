"""Waiting in tests: for a condition, never for a fixed time."""

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar, overload

from stagify.database import Database

Found = TypeVar("Found")

# Longer than anything takes on a busy machine: it only has to end a test that waits in vain.
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.01

IS_WAITING = """
SELECT EXISTS (SELECT FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock')
"""


@overload
async def eventually(
    look: Callable[[], Awaitable[Found]], seconds: float = PATIENCE_SECONDS
) -> Found: ...


@overload
async def eventually(look: Callable[[], Found], seconds: float = PATIENCE_SECONDS) -> Found: ...


async def eventually(look: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Call `look` until its result is true, and return that; TimeoutError after `seconds`.

    For things that give no sign when they happen, such as the work of another process.
    """
    async with asyncio.timeout(seconds):
        while True:
            found = look()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(POLL_SECONDS)


async def comes_to_wait(database: Database, work: asyncio.Task[Any]) -> bool:
    """Whether `work` comes to wait for a lock that a transaction of the test holds; False if it ends
    instead. Nothing else in this database may be waiting for one."""

    async def look() -> str | None:
        if work.done():
            return "ended"
        async with database.tenant_connection(None) as connection:
            return "waits" if await connection.fetchval(IS_WAITING) else None

    return await eventually(look) == "waits"


async def next_turn() -> None:
    """Let everything that is ready now run until it waits."""
    await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def running(work: Coroutine[None, None, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run `work` while the block runs; if it fails, the test fails."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
