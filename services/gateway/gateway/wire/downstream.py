"""One client's connection: bytes to requests, one at a time and answered in order."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, cast

from gateway import problems
from gateway.observe.access_log import STOPPING
from gateway.problems import Refusal
from gateway.wire.bodies import (
    BodyReader,
    BodyTooLargeError,
    ChunkedBody,
    FixedBody,
    InvalidBodyError,
)
from gateway.wire.errors import RefusedError
from gateway.wire.exchange import Exchange
from gateway.wire.peers import Peer, new_request_id
from gateway.wire.request import CHUNKED, Request, parse_request

if TYPE_CHECKING:
    from gateway.edge import Edge

# What a client may send ahead while its request is being answered.
_MAX_AHEAD_BYTES = 64 * 1024
# A refused body up to this size is read and dropped, so that the connection can be kept.
_MAX_SKIPPED_BYTES = 64 * 1024
_LINGER_SECONDS = 2.0
# How long an idle connection may still bring its last request when the gateway stops.
_LAST_REQUEST_SECONDS = 1.0


class Downstream(asyncio.Protocol):
    """The client's side. `deadline` (monotonic) is enforced by the listener's sweep."""

    __slots__ = (
        "_buffer",
        "_edge",
        "_exchange",
        "_is_closing",
        "_is_starting",
        "_is_writable",
        "_reader",
        "_skipped",
        "_transport",
        "deadline",
        "is_reading",
        "peer",
    )
    _transport: asyncio.Transport
    peer: Peer

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._buffer = b""
        self._exchange: Exchange | None = None
        # Reads the body of the current request, or of a refused one, which is dropped.
        self._reader: BodyReader | None = None
        self._skipped = 0
        self._is_closing = False
        self._is_starting = False
        self.is_reading = True
        self._is_writable = True
        self.deadline = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        # A cast: the transports of uvloop are no subclasses of asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)
        self.peer = self._edge.peers.of(transport.get_extra_info("peername"))
        self.deadline = monotonic() + self._edge.timeouts.idle_seconds
        if not self._edge.connected(self):
            self._refuse_connection(problems.OVERLOADED)
        elif self._edge.is_draining:
            self.drain()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._is_closing:
            return
        if self._reader is not None:
            self._read_body(data)
            return
        self._buffer = self._buffer + data if self._buffer else data
        if self._exchange is None:
            self._read_requests()
        if len(self._buffer) > _MAX_AHEAD_BYTES:
            self.pause_reading()

    @property
    def is_idle(self) -> bool:
        """Whether it has no request under way."""
        return self._exchange is None and not self._is_closing

    # -- requests ---------------------------------------------------------------------------

    def _read_requests(self) -> None:
        """Start the requests in the buffer; one that is not answered at once ends the loop."""
        if self._is_starting:
            # One was answered at once, from inside of the loop, which goes on by itself.
            return
        self._is_starting = True
        try:
            self._start_requests()
        finally:
            self._is_starting = False

    def _start_requests(self) -> None:
        while (
            self._buffer
            and self._exchange is None
            and self._reader is None
            and self._is_writable
            and not self._is_closing
        ):
            data = self._buffer
            # One empty line before a request is left over by old clients (RFC 9112, 2.2).
            start = 2 if data.startswith(b"\r\n") else 0
            end = data.find(b"\r\n\r\n", start)
            try:
                if end < 0:
                    self._check_partial(data, start)
                    return
                if end - start > self._edge.head_limits.max_bytes:
                    raise RefusedError(problems.HEADERS_TOO_LARGE)
                request = parse_request(data[start:end], self._edge.head_limits)
                if request.body_length > self._edge.max_body_bytes:
                    raise RefusedError(problems.BODY_TOO_LARGE)
            except RefusedError as error:
                self._refuse_connection(error.refusal)
                return
            self._buffer = b""
            self._start(request, data[end + 4 :])

    def _check_partial(self, data: bytes, start: int) -> None:
        """An incomplete head: refuse early what can never become a valid one."""
        limits = self._edge.head_limits
        if len(data) - start > limits.max_bytes:
            raise RefusedError(problems.HEADERS_TOO_LARGE)
        if len(data) > limits.max_target_bytes and b"\r\n" not in data[start:]:
            raise RefusedError(problems.URI_TOO_LONG)
        if data.count(b"\n") != data.count(b"\r\n"):
            raise RefusedError(problems.MALFORMED_REQUEST)
        # From the first byte of a head on, the whole of it has this long.
        if self.deadline > (limit := monotonic() + self._edge.timeouts.head_seconds):
            self.deadline = limit

    def _start(self, request: Request, rest: bytes) -> None:
        exchange = self._exchange = Exchange(self._edge, self, request)
        if request.body_length == 0:
            self._buffer = rest
        else:
            self.deadline = monotonic() + self._edge.timeouts.body_seconds
            self._skipped = 0
            if request.body_length == CHUNKED:
                self._reader = ChunkedBody(self._edge.max_body_bytes)
            else:
                self._reader = FixedBody(request.body_length)
            if rest:
                self._read_body(rest)
        if not exchange.is_done:
            self._edge.admission.decide(exchange)

    def _read_body(self, data: bytes) -> None:
        exchange, reader = self._exchange, self._reader
        assert reader is not None
        try:
            payload, rest = reader.feed(data)
        except InvalidBodyError:
            self._refuse_body(problems.INVALID_CHUNK)
            return
        except BodyTooLargeError:
            self._refuse_body(problems.BODY_TOO_LARGE)
            return
        if exchange is None:
            self._skip(len(payload))
        elif payload:
            exchange.on_body(payload)
        if rest is None:
            return
        self._reader = None
        self._buffer = rest
        if exchange is not None:
            exchange.on_body_end()
        else:
            self._read_requests()

    def _skip(self, size: int) -> None:
        self._skipped += size
        if self._skipped > _MAX_SKIPPED_BYTES:
            self._linger()

    def _refuse_body(self, refusal: Refusal) -> None:
        """The body cannot be read on, so neither can anything behind it."""
        if self._exchange is None:
            self._linger()
        elif self._exchange.is_answering:
            self._exchange.cancel()
            self.abort()
        else:
            self._exchange.refuse(refusal)
            self._linger()

    def can_skip_body(self) -> bool:
        """Whether what is left of the refused request's body is small enough to read and drop."""
        if self._reader is None:
            return True
        exchange = self._exchange
        if exchange is None or exchange.request.expects_continue:
            # The client may or may not send the body now: nobody can tell what comes next.
            return False
        return isinstance(self._reader, FixedBody) and self._reader.remaining <= _MAX_SKIPPED_BYTES

    # -- answers ----------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send `data` to the client."""
        self._edge.writes.put(self._transport, data)

    def on_answered(self, keep_alive: bool) -> None:
        """The current request has its answer; the next one may start."""
        self._exchange = None
        if not keep_alive:
            self._linger() if self._reader is not None else self.close()
            return
        self.deadline = monotonic() + self._edge.timeouts.idle_seconds
        if not self.is_reading:
            self.resume_reading()
        if self._buffer:
            self._read_requests()

    def _refuse_connection(self, refusal: Refusal) -> None:
        """Answer bytes that are no request, and end the connection."""
        edge = self._edge
        edge.metrics.refused(refusal)
        request_id = new_request_id()
        data = refusal.render(request_id, close=True)
        self.write(data)
        if edge.access_log is not None:
            edge.access_log.record_refused(refusal, request_id, len(data))
        self._linger()

    # -- the end ----------------------------------------------------------------------------

    def close(self) -> None:
        """Close when everything written has been sent."""
        self._is_closing = True
        self._edge.writes.flush()
        self._transport.close()

    def _linger(self) -> None:
        """Close for writing, and read on for a moment: closing with bytes unread resets the
        connection, and the client may lose the answer."""
        if self._is_closing:
            return
        self._is_closing = True
        self._buffer = b""
        self._reader = None
        self.deadline = monotonic() + _LINGER_SECONDS
        if self._transport.is_closing():
            return
        self.resume_reading()
        self._edge.writes.flush()
        self._transport.write_eof()

    def abort(self) -> None:
        """Close at once."""
        self._is_closing = True
        self._transport.abort()

    def drain(self) -> None:
        """Close after the request under way, or after the one that an idle client may be sending
        just now: closed at once, its connection would lose it. An event stream would not end by
        itself; its client connects again, elsewhere, and goes on where it was."""
        if self._exchange is None:
            if not self._is_closing and not self._buffer:
                self.deadline = min(self.deadline, monotonic() + _LAST_REQUEST_SECONDS)
        elif self._exchange.is_stream:
            self._exchange.cancel(STOPPING)
            self.abort()

    def on_deadline(self) -> None:
        """Called by the sweep when `deadline` has passed."""
        if self._is_closing:
            self._transport.abort()
        elif self._exchange is not None:
            self._exchange.on_deadline()
        elif self._buffer:
            self._refuse_connection(problems.REQUEST_TIMEOUT)
        else:
            self.close()

    def eof_received(self) -> bool:
        """See asyncio.Protocol. A client that stops sending is taken to be gone."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._is_closing = True
        self._edge.disconnected(self)
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.cancel()

    # -- back-pressure ----------------------------------------------------------------------

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

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        self._is_writable = False
        if self._exchange is not None:
            self._exchange.pause_upstream()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._is_writable = True
        if self._exchange is not None:
            self._exchange.resume_upstream()
        elif not self._is_closing:
            self.resume_reading()
            self._read_requests()
