"""Back-pressure between a client and a service, the same for exchanges and transfers."""

from __future__ import annotations

from gateway.wire.stream import ClientStream
from gateway.wire.upstream import Upstream


class BackPressure:
    """Holds up whichever side is faster than the other."""

    __slots__ = ()
    _stream: ClientStream
    _upstream: Upstream | None

    def pause_client(self) -> None:
        """See `Answered`."""
        self._stream.pause_reading()

    def resume_client(self) -> None:
        """See `Answered`."""
        self._stream.resume_reading()

    def pause_service(self) -> None:
        """Stop reading the answer: the client does not keep up."""
        if self._upstream is not None:
            self._upstream.pause()

    def resume_service(self) -> None:
        """Go on reading the answer: the client has caught up."""
        if self._upstream is not None:
            self._upstream.resume()
