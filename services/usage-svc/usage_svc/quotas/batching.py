"""Group commit: concurrent requests about one thing share one transaction.

A row that all requests of a tenant update can be updated only once per commit. So while a
transaction is under way, further requests with the same key wait together and become the next
batch; each still gets its own answer. A request that is alone is a batch of one and never waits.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
R = TypeVar("R")

# The answers of one batch, in order; an exception is raised to the caller it belongs to.
Work = Callable[[K, list[T]], Awaitable[Sequence[R | Exception]]]


class Batches(Generic[K, T, R]):
    """Collects concurrent items by key and hands them to `work`, one batch per key at a time."""

    def __init__(self, work: Work[K, T, R], *, max_batch: int = 256) -> None:
        self._work = work
        self._max_batch = max_batch
        self._waiting: dict[K, list[tuple[T, asyncio.Future[R]]]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, key: K, item: T) -> R:
        """The answer to `item`; if the whole batch fails, every caller gets its exception."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        queue = self._waiting.get(key)
        if queue is not None:
            queue.append((item, answer))
            return await answer
        self._waiting[key] = [(item, answer)]
        # An empty context: the batch belongs to no single request's log lines or trace.
        task = asyncio.create_task(self._drain(key), context=Context())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await answer

    async def close(self) -> None:
        """Wait for the batches under way."""
        if self._running:
            await asyncio.wait(self._running)

    async def _drain(self, key: K) -> None:
        while queue := self._waiting[key]:
            batch, self._waiting[key] = queue[: self._max_batch], queue[self._max_batch :]
            await self._run(key, batch)
        del self._waiting[key]

    async def _run(self, key: K, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        answers: Sequence[R | Exception]
        try:
            answers = await self._work(key, [item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - raised again, to each who waits
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            # A caller that has gone away has cancelled its future.
            with contextlib.suppress(asyncio.InvalidStateError):
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
