"""One service behind the gateway, and the connections to it."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from typing import Protocol

from gateway.log_throttle import LogThrottle
from gateway.wire import refusals
from gateway.wire.refusals import Refusal
from gateway.wire.upstream import Upstream
from gateway.wire.writes import Writes
from stagify.connections import connected

logger = logging.getLogger(__name__)


class Dialling(Protocol):
    """A request that waits for a new connection."""

    @property
    def is_done(self) -> bool:
        """Whether it no longer needs one."""

    def on_connected(self, upstream: Upstream) -> None:
        """The connection is `upstream`."""

    def on_unreachable(self, refusal: Refusal) -> None:
        """No connection could be made."""


class Service:
    """The service's address and connections. The connection used last is taken first; others stay
    idle and are closed in the end.

    `label` is the name in the access log, and `host_line` the Host header of requests to it.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        writes: Writes,
        *,
        connect_seconds: float,
        idle_seconds: float,
        max_idle: int = 256,
    ) -> None:
        self.name = name
        self.label = name.encode()
        self.host_line = f"host: {host}:{port}\r\n".encode()
        self._host = host
        self._port = port
        self.writes = writes
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._max_idle = max_idle
        self._idle: list[Upstream] = []
        self._all: set[Upstream] = set()
        self._dials: set[asyncio.Task[None]] = set()
        self._log_throttle = LogThrottle()
        self._now = monotonic()

    def take(self, *, must_be_open: bool = False) -> Upstream | None:
        """An idle connection, if there is one.

        `must_be_open` is for a request that cannot be repeated: it must not be sent on a connection
        that the service has just closed.
        """
        idle = self._idle
        while idle:
            upstream = idle.pop()
            if not upstream.is_usable:
                continue
            if must_be_open and not upstream.is_open:
                upstream.abandon()
                continue
            return upstream
        return None

    def dial(self, waiting: Dialling) -> None:
        """Make a connection for `waiting`."""
        task = asyncio.get_running_loop().create_task(self._dial(waiting))
        self._dials.add(task)
        task.add_done_callback(self._dials.discard)

    async def _dial(self, waiting: Dialling) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, upstream = await connected(
                    lambda: loop.create_connection(lambda: Upstream(self), self._host, self._port),
                    first_seconds=self._connect_seconds / 2,
                )
        except TimeoutError:
            waiting.on_unreachable(refusals.UPSTREAM_TIMEOUT)
        except OSError as error:
            if self._log_throttle.is_due():
                skipped = self._log_throttle.take_skipped()
                extra = {"upstream": self.name, "errno": error.errno, "not_logged": skipped}
                logger.warning("upstream.unreachable", extra=extra)
            waiting.on_unreachable(refusals.UPSTREAM_UNAVAILABLE)
        else:
            self._all.add(upstream)
            if waiting.is_done:
                self.release(upstream)
            else:
                waiting.on_connected(upstream)

    def release(self, upstream: Upstream) -> None:
        """`upstream` is free again."""
        if len(self._idle) >= self._max_idle:
            upstream.abandon()
            return
        upstream.idle_since = self._now
        self._idle.append(upstream)

    def forget(self, upstream: Upstream) -> None:
        """`upstream` is closed."""
        self._all.discard(upstream)

    def sweep(self, now: float) -> None:
        """Close what has been idle too long; called about once a second."""
        self._now = now
        kept = []
        for upstream in self._idle:
            if upstream.idle_since + self._idle_seconds < now:
                upstream.abandon()
            elif upstream.is_usable:
                kept.append(upstream)
        self._idle[:] = kept

    def close(self) -> None:
        """Close every connection, used or not."""
        for task in self._dials:
            task.cancel()
        for upstream in list(self._all):
            upstream.abandon()
        self._idle.clear()

    @property
    def open_connections(self) -> int:
        """Connections, used and idle."""
        return len(self._all)
