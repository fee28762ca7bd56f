"""Passwords: argon2id in a bounded pool.

One hash takes 19 MiB, and a core for about 20 ms. The pool has as many threads as there are cores,
and a short queue, so that a flood of log-ins can neither use up the memory nor make everyone wait
(argon2-cffi releases the GIL while it hashes). Callers say where they stand: those whom we know come
first, then those whose source has asked least of late. When the queue is full, the last in that order
gets 429. So the more somebody asks for, the less they take from others.
"""

import asyncio
import bisect
import itertools
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from prometheus_client import Gauge, Histogram

from identity_svc.people.errors import BusyError
from identity_svc.settings import Settings

HASH_SECONDS = Histogram(
    "stagify_identity_password_hash_seconds",
    "Time one password hash took, without waiting for a thread.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
)
HASHES_PENDING = Gauge(
    "stagify_identity_password_hashes_pending", "Password hashes running or waiting."
)

# With 10, a thread gets a tenth of what another one gets that wants the same core.
NICENESS = 10

T = TypeVar("T")


class Standing(NamedTuple):
    """Who asks for a hash; the smaller, the sooner it is their turn."""

    # Whether nothing speaks for them: no known device, no code from a mail.
    is_stranger: bool = False
    # How much they, or their source, have asked for of late.
    attempts: int = 0


class Passwords:
    """Hashes and checks passwords off the event loop."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=1,
            type=Type.ID,
        )
        self._max_running = settings.password_hash_threads
        self._max_waiting = settings.password_hash_queue
        self._running = 0
        # In the order of their turns.
        self._waiting: list[_Job] = []
        self._numbers = itertools.count()
        self._pool = ThreadPoolExecutor(
            settings.password_hash_threads, "argon2", initializer=_give_way
        )
        # Compared with the password for an unknown account, so that this takes as long as for a known one.
        self.decoy = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str, standing: Standing | None = None) -> str:
        """The encoded hash of `password`; BusyError if the queue is full of others who come first."""
        return await self._run(lambda: self._hasher.hash(password), standing)

    async def verify(
        self, password: str, encoded: str | None, standing: Standing | None = None
    ) -> bool:
        """Whether `encoded` is a hash of `password`. None takes the same time and is False."""
        matches = await self._run(lambda: self._matches(encoded or self.decoy, password), standing)
        return matches and encoded is not None

    def needs_rehash(self, encoded: str) -> bool:
        """Whether `encoded` was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T], standing: Standing | None) -> T:
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        job = _Job(standing or Standing(), next(self._numbers), work, result)
        if self._running < self._max_running:
            self._start(job)
        else:
            self._enqueue(job)
        self._note()
        try:
            return await result
        finally:
            # Whoever goes away frees a place in the queue, but not a thread: it works on.
            if job in self._waiting:
                self._waiting.remove(job)
            self._note()

    def _enqueue(self, job: "_Job") -> None:
        bisect.insort(self._waiting, job)
        if len(self._waiting) > self._max_waiting:
            self._waiting.pop().result.set_exception(BusyError())

    def _start(self, job: "_Job") -> None:
        self._running += 1
        loop = job.result.get_loop()
        future = self._pool.submit(HASH_SECONDS.time()(job.work))
        future.add_done_callback(lambda done: _call_soon(loop, self._finished, job, done))

    def _finished(self, job: "_Job", done: Future[Any]) -> None:
        self._running -= 1
        if not job.result.done():
            _pass_on(done, job.result)
        if self._waiting:
            self._start(self._waiting.pop(0))
        self._note()

    def _note(self) -> None:
        HASHES_PENDING.set(self._running + len(self._waiting))


@dataclass(order=True, slots=True)
class _Job:
    standing: Standing
    # Among equals, who came first.
    number: int
    work: Callable[[], Any] = field(compare=False)
    result: "asyncio.Future[Any]" = field(compare=False)


def _give_way() -> None:
    """Let this thread give way to whoever else wants its core: a hash keeps one busy for as long as ten other
    requests do. On Linux a thread has a niceness of its own; elsewhere it would be that of the process."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        before = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(before + NICENESS, 19))


def _pass_on(done: Future[Any], result: "asyncio.Future[Any]") -> None:
    if done.cancelled():
        result.cancel()
    elif (error := done.exception()) is not None:
        result.set_exception(error)
    else:
        result.set_result(done.result())


def _call_soon(
    loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: Any
) -> None:
    # When a process stops while it hashes, the loop is gone and nobody needs the result any more.
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback, *arguments)
