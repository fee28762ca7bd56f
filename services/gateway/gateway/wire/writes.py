"""What one turn of the event loop has to send, sent together at its end.

Whoever is woken by the first of many writes works on all of them. One write after each read would
wake a service for every single request, and that costs the gateway more than reading requests.
(uvloop did this by itself up to 0.21; since then it writes at once, which helps whoever has one
connection.)
"""

import asyncio

# Beyond this a transport could not say in time that its peer does not keep up.
_MAX_WAITING = 64


class Writes:
    """Keeps the order of what goes to the same transport. Bytes for one that closes are dropped."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def put(self, transport: asyncio.Transport, data: bytes) -> None:
        """Send `data` at the end of this turn."""
        waiting = self._waiting
        if not waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        waiting.append((transport, data))
        if len(waiting) >= _MAX_WAITING:
            self.flush()

    def flush(self) -> None:
        """Send what waits, now: before a transport is closed, or if it must not wait."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():
                transport.write(data)
