"""NOTIFY in a transaction, and one connection that listens for a whole process."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
from sqlalchemy import func, select

from stagify.database import UNUSABLE, Session

logger = logging.getLogger(__name__)

Callback = Callable[[str], None]

CHECK_SECONDS = 10.0
BACKOFF_SECONDS = 1.0


async def notify(session: Session, channel: str, payload: str = "") -> None:
    """Notify all listeners to `channel` when this transaction commits."""
    await session.execute(select(func.pg_notify(channel, payload)))


class Listener:
    """Calls back for each notification, and calls `on_gap` whenever some may have been missed."""

    def __init__(
        self, url: str, *, name: str, channels: Mapping[str, Callback], on_gap: Callable[[], None]
    ) -> None:
        self._url = url
        self._name = name
        self._channels = channels
        self._on_gap = on_gap
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled; a broken connection is replaced."""
        while True:
            try:
                await self._session()
            except UNUSABLE as error:
                logger.warning("listener.interrupted", extra={"reason": type(error).__name__})
            self.connected.clear()
            await asyncio.sleep(BACKOFF_SECONDS)

    async def _session(self) -> None:
        connection = await asyncpg.connect(
            self._url,
            timeout=5,
            command_timeout=5,
            server_settings={"application_name": self._name},
        )
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _: closed.set())
        try:
            for channel, callback in self._channels.items():
                await connection.add_listener(channel, _adapted(callback))
            self.connected.set()
            self._on_gap()
            # A half-open connection gives no sign that it is broken: check now and then.
            while not closed.is_set():
                await woken(closed, CHECK_SECONDS)
                await connection.fetchval("SELECT 1")
        finally:
            connection.terminate()


def _adapted(callback: Callback) -> Callable[..., None]:
    def call(connection: Any, pid: int, channel: str, payload: str) -> None:
        callback(payload)

    return call


async def woken(event: asyncio.Event, seconds: float) -> None:
    """Wait until `event` is set, but no longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
