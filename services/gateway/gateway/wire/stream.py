"""The sending side of a client's connection, and the ways to end it."""

import asyncio
from time import monotonic

from gateway.wire.writes import Writes

_LINGER_SECONDS = 2.0


class ClientStream:
    """Wraps the transport. When `deadline` (monotonic) has passed, the sweep calls the connection."""

    __slots__ = ("_transport", "_writes", "deadline", "is_closing", "is_reading")

    def __init__(self, transport: asyncio.Transport, writes: Writes, deadline: float) -> None:
        self._transport = transport
        self._writes = writes
        self.deadline = deadline
        self.is_reading = True
        self.is_closing = False

    def write(self, data: bytes) -> None:
        """Send `data` at the end of this iteration of the event loop."""
        self._writes.put(self._transport, data)

    def pass_on(self, data: bytes) -> None:
        """Send `data` at once, behind what was written before; see `Upstream.pass_on`."""
        self._writes.flush()
        if not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close when everything written has been sent."""
        self.is_closing = True
        self._writes.flush()
        self._transport.close()

    def end(self) -> None:
        """Close in a moment at the latest, also if the client does not take what was written."""
        self.deadline = monotonic() + _LINGER_SECONDS
        self.close()

    def linger(self) -> None:
        """Close for writing, and go on reading for a moment: to close with unread bytes would reset
        the connection, and the client might lose the answer."""
        self.is_closing = True
        self.deadline = monotonic() + _LINGER_SECONDS
        if self._transport.is_closing():
            return
        self.resume_reading()
        self._writes.flush()
        self._transport.write_eof()

    def abort(self) -> None:
        """Close at once."""
        self.is_closing = True
        self._transport.abort()

    def pause_reading(self) -> None:
        """Stop reading from the client."""
        if self.is_reading and not self._transport.is_closing():
            self.is_reading = False
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on reading from the client."""
        if not self.is_reading and not self._transport.is_closing():
            self.is_reading = True
            self._transport.resume_reading()
