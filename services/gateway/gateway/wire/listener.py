"""The listening socket, the sweep that enforces time-outs, and the stop."""

import asyncio
import logging
from collections.abc import Iterable
from time import monotonic

from gateway.wire.clock import clock
from gateway.wire.connection import ClientConnection
from gateway.wire.door import Door
from gateway.wire.parts import Parts
from gateway.wire.service import Service

logger = logging.getLogger(__name__)

BACKLOG = 2048
_CLOSING_ITERATIONS = 100


class Listener:
    """Accepts clients until `drain`."""

    def __init__(
        self,
        parts: Parts,
        services: Iterable[Service],
        *,
        host: str,
        port: int,
        door: Door | None = None,
        sweep_seconds: float = 0.5,
    ) -> None:
        self._parts = parts
        self._connections = parts.connections
        self._services = tuple(services)
        self._host = host
        self._port = port
        self._door = door
        self._sweep_seconds = sweep_seconds
        self._server: asyncio.Server | None = None
        self._following: asyncio.Task[None] | None = None
        self._emptied = asyncio.Event()

    @property
    def port(self) -> int:
        """The port it listens on, also if it chose one itself."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Listen: on the doorman's port if there is a doorman, else on its own."""
        loop = asyncio.get_running_loop()
        if self._door is None:
            self._server = await loop.create_server(
                self._accept, self._host, self._port, backlog=BACKLOG
            )
        else:
            self._server = await self._listen_at(self._door)
            self._following = loop.create_task(self._follow(self._door))
        logger.info("gateway.listening", extra={"host": self._host, "port": self.port})

    async def _listen_at(self, door: Door) -> asyncio.Server:
        lent = await door.borrow()
        loop = asyncio.get_running_loop()
        return await loop.create_server(self._accept, sock=lent, backlog=BACKLOG)

    async def _follow(self, door: Door) -> None:
        """Listen again whenever the doorman has been replaced."""
        try:
            while self._server is not None:
                await door.wait_until_gone()
                self._server.close()
                self._server = await self._listen_at(door)
                logger.info("gateway.listening_again", extra={"port": self.port})
        finally:
            door.close()

    def _accept(self) -> ClientConnection:
        return ClientConnection(self._parts)

    async def sweep_for_ever(self) -> None:
        """Enforce the deadlines of connections: one timer instead of one for each request."""
        while True:
            await asyncio.sleep(self._sweep_seconds)
            self.sweep(monotonic())

    def sweep(self, now: float) -> None:
        """End whatever has passed its deadline at `now`."""
        clock.tick()
        self._connections.sweep(now)
        for service in self._services:
            service.sweep(now)
        if self._connections.is_draining and not self._connections:
            self._emptied.set()

    async def drain(self, seconds: float) -> None:
        """Accept nobody else, give requests under way `seconds` to end, then cut off the rest."""
        # Set first, so that it also holds for a client that is accepted while this waits.
        self._connections.is_draining = True
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait({self._following})
        if self._server is not None:
            self._server.close()
        self._connections.drain()
        sweeping = asyncio.create_task(self.sweep_for_ever())
        try:
            async with asyncio.timeout(seconds):
                await self._emptied.wait()
        except TimeoutError:
            logger.warning("gateway.cut_off", extra={"connections": len(self._connections)})
        finally:
            sweeping.cancel()
            self._connections.abort()
            for service in self._services:
                service.close()
            await self._until_closed()

    async def _until_closed(self) -> None:
        """Give the event loop the iterations it needs to close what was aborted."""
        for _ in range(_CLOSING_ITERATIONS):
            if not self._connections and not any(each.open_connections for each in self._services):
                return
            await asyncio.sleep(0)
