"""Sends everything that one iteration of the event loop has to send together, at its end.

A service that is woken once then finds many requests. Writing after each read would wake it for
every single request, and that costs the gateway more than reading them. (uvloop did this by itself
up to 0.21; now it writes at once, which is better for a process with one connection.)
"""

import asyncio

# With more, a transport would report too late that its peer does not keep up.
_MAX_WAITING = 64


class Writes:
    """Keeps the order for each transport. Bytes for a transport that is closing are dropped."""

    __slots__ = ("_waiting", "flushes")

    def __init__(self) -> None:
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []
        # How often everything was sent that had been put before.
        self.flushes = 0

    def put(self, transport: asyncio.Transport, data: bytes) -> None:
        """Send `data` at the end of this iteration."""
        waiting = self._waiting
        if not waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        waiting.append((transport, data))
        if len(waiting) >= _MAX_WAITING:
            self.flush()

    def flush(self) -> None:
        """Send now: before a transport is closed, or for data that must not wait."""
        self.flushes += 1
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():
                transport.write(data)
