"""Borrows the listening socket from the doorman, so that one gateway can replace another."""

import asyncio
import contextlib
import logging
import socket
from pathlib import Path

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 0.2


class Door:
    """The gateway's connection to the doorman (`deploy/doorman.py`), over a socket file.

    It stays open; when the doorman ends, it ends too, and the socket that was lent is of no use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line: socket.socket | None = None

    async def borrow(self) -> socket.socket:
        """The listening socket; waits for the doorman if it is not there."""
        while True:
            try:
                return await self._borrow()
            except OSError as error:
                self.close()
                logger.warning("door.closed", extra={"path": str(self._path), "error": str(error)})
                await asyncio.sleep(_RETRY_SECONDS)

    async def wait_until_gone(self) -> None:
        """Return when the doorman is gone."""
        assert self._line is not None
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_recv(self._line, 1)
        self.close()

    def close(self) -> None:
        """Close the connection to the doorman."""
        if self._line is not None:
            self._line.close()
            self._line = None

    async def _borrow(self) -> socket.socket:
        line = self._line = socket.socket(socket.AF_UNIX)
        line.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(line, str(self._path))
        readable = asyncio.Event()
        loop.add_reader(line, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(line)
        _, lent, _, _ = socket.recv_fds(line, 1, 1)
        if not lent:
            raise ConnectionError("the doorman hung up")
        return socket.socket(fileno=lent[0])
