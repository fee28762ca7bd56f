"""Waiting in tests: for a condition, never for a fixed time."""

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar, overload

Found = TypeVar("Found")

PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.01


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
