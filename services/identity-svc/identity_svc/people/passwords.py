"""Passwords: argon2id in a bounded pool.

One hash takes 19 MiB, and a core for about 20 ms. The pool has as many threads as there are cores,
and a short queue; when that is full, callers get 429, so that a flood of log-ins can neither use up
the memory nor make everyone wait (argon2-cffi releases the GIL while it hashes).
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

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

T = TypeVar("T")


class Passwords:
    """Hashes and checks passwords off the event loop."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_time_cost,
            memory_cost=settings.argon2_memory_kib,
            parallelism=1,
            type=Type.ID,
        )
        self._limit = settings.password_hash_threads + settings.password_hash_queue
        self._pending = 0
        self._pool = ThreadPoolExecutor(settings.password_hash_threads, "argon2")
        # Compared with the password for an unknown account, so that this takes as long as for a known one.
        self._decoy = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The encoded hash of `password`; BusyError if the queue is full."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, encoded: str | None) -> bool:
        """Whether `encoded` is a hash of `password`. None takes the same time and is False."""
        matches = await self._run(lambda: self._matches(encoded or self._decoy, password))
        return matches and encoded is not None

    def require_room(self) -> None:
        """Raise BusyError if the queue is full; call this before work that would then be in vain."""
        if self._pending >= self._limit:
            raise BusyError

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

    async def _run(self, work: Callable[[], T]) -> T:
        self.require_room()
        loop = asyncio.get_running_loop()
        future = self._pool.submit(HASH_SECONDS.time()(work))
        self._pending += 1
        HASHES_PENDING.inc()
        # On the future, not here: if the caller goes away, the thread still works on.
        future.add_done_callback(lambda _: _call_soon(loop, self._finished))
        return await asyncio.wrap_future(future)

    def _finished(self) -> None:
        self._pending -= 1
        HASHES_PENDING.dec()


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    # When a process stops while it hashes, the loop is gone and nobody needs the count any more.
    if not loop.is_closed():
        loop.call_soon_threadsafe(callback)
