"""Races between two transactions, in an order that the test decides."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg

from stagify.testing.waiting import eventually

T = TypeVar("T")

BLOCKED = "SELECT cardinality(pg_blocking_pids($1)) > 0"


async def start_blocked(
    watch: asyncpg.Connection, pid: int, work: Coroutine[Any, Any, T]
) -> asyncio.Task[T]:
    """Start `work`, and return when its backend `pid` waits for a lock of another transaction.

    If it ends instead of waiting, the test fails. `watch` is a connection that is not part of the race.
    """
    task = asyncio.create_task(work)

    async def is_blocked() -> bool:
        if task.done():
            raise AssertionError(f"it waited for nobody: {task.exception() or task.result()!r}")
        return bool(await watch.fetchval(BLOCKED, pid))

    await eventually(is_blocked)
    return task
