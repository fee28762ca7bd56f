"""One client's connection: reads its requests one at a time and answers them in order."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import cast

from gateway.wire import refusals
from gateway.wire.decisions import Relay
from gateway.wire.errors import RefusedError
from gateway.wire.exchange import Exchange
from gateway.wire.parts import Parts
from gateway.wire.peers import Peer
from gateway.wire.record import STOPPING, Record
from gateway.wire.refusals import Refusal
from gateway.wire.request import Request
from gateway.wire.request_reader import RequestReader
from gateway.wire.sources import Source
from gateway.wire.stream import ClientStream
from gateway.wire.transfer import Transfer

# How much a client may send ahead while its request is being answered.
_MAX_AHEAD_BYTES = 64 * 1024
# A refused body up to this size is read and dropped, so that the connection can be kept.
_MAX_SKIPPED_BYTES = 64 * 1024
# When the gateway stops: how long an idle connection may still bring a last request.
_LAST_REQUEST_SECONDS = 1.0


class ClientConnection(asyncio.Protocol):
    """Implements `Connection` for the set of all connections, and `Client` for its exchange."""

    __slots__ = (
        "_arriving_at",
        "_exchange",
        "_is_starting",
        "_is_writable",
        "_parts",
        "_reader",
        "_skipped",
        "peer",
        "stream",
    )
    stream: ClientStream
    peer: Peer

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._reader = RequestReader(parts.head_limits, parts.max_body_bytes, parts.is_transfer)
        self._exchange: Exchange | Transfer | None = None
        self._is_starting = False
        self._is_writable = True
        # The source of a request of which a part is missing.
        self._arriving_at: Source | None = None
        # Bytes read and dropped of the body of a request that has been refused.
        self._skipped = 0

    @property
    def deadline(self) -> float:
        """See `Connection`."""
        return self.stream.deadline

    @property
    def holder(self) -> Source | None:
        """See `Connection`."""
        return self.peer.holder

    @property
    def is_idle(self) -> bool:
        """See `Connection`."""
        return self._exchange is None and not self.stream.is_closing

    # -- what asyncio calls -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        parts = self._parts
        deadline = monotonic() + parts.timeouts.idle_seconds
        # A cast: the transports of uvloop are no subclasses of asyncio.Transport.
        self.stream = ClientStream(cast(asyncio.Transport, transport), parts.writes, deadline)
        self.peer = parts.peers.of(transport.get_extra_info("peername"))
        refusal = parts.connections.add(self)
        if refusal is not None:
            self._refuse_bytes(refusal)
        elif parts.connections.is_draining:
            self.drain()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        stream, reader = self.stream, self._reader
        if stream.is_closing:
            return
        reader.add(data)
        if reader.is_in_body:
            self._read_body()
            return
        if self._exchange is None:
            self._read_requests()
        if len(reader.held) > _MAX_AHEAD_BYTES:
            stream.pause_reading()

    def eof_received(self) -> bool:
        """See asyncio.Protocol. A client that stops sending is taken to be gone."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.stream.is_closing = True
        self._parts.connections.discard(self)
        self._arrived()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.cancel()

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        self._is_writable = False
        if self._exchange is not None:
            self._exchange.pause_service()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._is_writable = True
        if self._exchange is not None:
            self._exchange.resume_service()
        elif not self.stream.is_closing:
            self.stream.resume_reading()
            self._read_requests()

    # -- requests ---------------------------------------------------------------------------

    def _read_requests(self) -> None:
        """Start the requests that have arrived, until one is not answered at once."""
        if self._is_starting:
            # Called from inside the loop below, when a request is answered at once; the loop goes on.
            return
        reader = self._reader
        self._is_starting = True
        try:
            while (
                reader.held
                and self._exchange is None
                and not reader.is_in_body
                and self._is_writable
                and not self.stream.is_closing
            ):
                request = reader.head()
                if request is None:
                    # From its first byte on, a head may take this long.
                    limit = monotonic() + self._parts.timeouts.head_seconds
                    self.stream.deadline = min(self.stream.deadline, limit)
                    if self._arriving_at is None and self.peer.holder is not None:
                        self._arrive(self.peer.holder)
                    return
                if self._arriving_at is not None:
                    self._arrived()
                self._start(request)
        except RefusedError as error:
            self._refuse_bytes(error.refusal)
        finally:
            self._is_starting = False

    def _start(self, request: Request) -> None:
        parts = self._parts
        exchange = self._exchange = Exchange(parts, self, request)
        began = exchange.record.began
        if request.body_length:
            if request.method == b"PUT" and parts.is_transfer(request):
                # Decided on before its body is read; it holds a place of its own while that comes.
                self._skipped = 0
                exchange.follow(parts.decide(request, self.peer, began), began)
                if self._reader.is_in_body and self._reader.held and not self.stream.is_closing:
                    self._read_body()
                return
            self.stream.deadline = monotonic() + parts.timeouts.body_seconds
            self._skipped = 0
            if self._reader.held:
                self._read_body()
            if exchange.is_done:
                return
            if self._reader.is_in_body:
                self._arrive(exchange.source)
        exchange.follow(parts.decide(request, self.peer, began), began)

    def _read_body(self) -> None:
        exchange, reader = self._exchange, self._reader
        try:
            payload = reader.body()
        except RefusedError as error:
            self._refuse_body(error.refusal)
            return
        if self._arriving_at is not None and not reader.is_in_body:
            self._arrived()
        if exchange is not None:
            if payload:
                exchange.on_body(payload)
            if not reader.is_in_body:
                exchange.on_body_end()
            return
        self._skipped += len(payload)
        if self._skipped > _MAX_SKIPPED_BYTES:
            self._linger()
        elif not reader.is_in_body:
            self._read_requests()

    def _arrive(self, source: Source) -> None:
        """A part of a request is there, the rest is missing."""
        self._arriving_at = source
        source.arrive(self)

    def _arrived(self) -> None:
        """No request is arriving any more."""
        source, self._arriving_at = self._arriving_at, None
        if source is not None:
            source.arrived(self)

    def _refuse_body(self, refusal: Refusal) -> None:
        """The rest of the body cannot be read, and so nothing after it."""
        exchange = self._exchange
        if exchange is None:
            self._linger()
        elif exchange.is_answering:
            exchange.cancel()
            self.stream.abort()
        else:
            exchange.refuse(refusal)
            self._linger()

    def _refuse_bytes(self, refusal: Refusal) -> None:
        """Answer bytes that are not a request, and end the connection; without an answer if the
        source has had too many of them."""
        parts, now = self._parts, monotonic()
        holder = self.peer.holder
        if holder is not None and not holder.pay(now) and not holder.pay_refusal(now):
            parts.peers.sources.cut_off += 1
            self._arrived()
            self.stream.abort()
            return
        record = Record(now)
        data = refusal.render(record.request_id, parts.own_lines, close=True)
        self.stream.write(data)
        record.status, record.code = refusal.status, refusal.code.encode()
        record.sent_bytes, record.traceparent, record.ended = len(data), b"", record.began
        for observe in (*parts.answered, *parts.ended):
            observe(record)
        self._linger()

    def begin_transfer(self, relay: Relay, now: float) -> None:
        """See `Client`."""
        exchange = self._exchange
        assert exchange is not None
        transfer = Transfer(self._parts, self, exchange.request, exchange.record, relay)
        self._exchange = transfer
        transfer.start(now)

    # -- the end of an exchange -------------------------------------------------------------

    def can_skip_body(self) -> bool:
        """See `Client`."""
        exchange, reader = self._exchange, self._reader
        if not reader.is_in_body:
            return True
        if exchange is None or exchange.request.expects_continue:
            # The client may or may not send the body now: nobody can tell what comes next.
            return False
        return reader.rest_is_at_most(_MAX_SKIPPED_BYTES)

    def on_answered(self, keep_alive: bool, now: float) -> None:
        """See `Client`."""
        self._exchange = None
        stream, reader = self.stream, self._reader
        if not keep_alive:
            self._linger() if reader.is_in_body else stream.close()
            return
        stream.deadline = now + self._parts.timeouts.idle_seconds
        if not stream.is_reading:
            stream.resume_reading()
        if reader.held:
            self._read_requests()

    # -- the end of the connection ----------------------------------------------------------

    def close(self) -> None:
        """See `Connection`."""
        self.stream.close()

    def abort(self) -> None:
        """See `Connection`."""
        self.stream.abort()

    def drain(self) -> None:
        """Close after the request under way. An idle connection stays open for a moment, because
        its client may just be sending a request. An event stream is cut, because it would not
        end by itself; its client connects again, to another gateway, and goes on where it was."""
        exchange, stream = self._exchange, self.stream
        if exchange is None:
            if not stream.is_closing and not self._reader.held:
                stream.deadline = min(stream.deadline, monotonic() + _LAST_REQUEST_SECONDS)
        elif exchange.is_stream:
            exchange.cancel(STOPPING)
            stream.abort()

    def on_deadline(self) -> None:
        """See `Connection`."""
        if self.stream.is_closing:
            self.stream.abort()
        elif self._exchange is not None:
            self._exchange.on_deadline()
        elif self._reader.held:
            self._refuse_bytes(refusals.REQUEST_TIMEOUT)
        else:
            self.stream.close()

    def _linger(self) -> None:
        self._arrived()
        if not self.stream.is_closing:
            self._reader.drop()
            self.stream.linger()
