"""One connection to a service: sends one request at a time and reads its answer."""

from __future__ import annotations

import asyncio
import select
from typing import Protocol, cast

from gateway.wire.bodies import BodyReader, ChunkedBody, FixedBody, InvalidBodyError, UntilClosed
from gateway.wire.errors import UpstreamProtocolError
from gateway.wire.request import CHUNKED
from gateway.wire.response import ResponseHead, parse_response
from gateway.wire.writes import Writes

_MAX_HEAD_BYTES = 64 * 1024
# Errors and the end of the connection are always reported.
_ANYTHING = select.POLLIN


class Pool(Protocol):
    """The pool that the connection belongs to."""

    writes: Writes

    def release(self, upstream: Upstream) -> None:
        """`upstream` is free again."""

    def forget(self, upstream: Upstream) -> None:
        """`upstream` is closed."""


class Answered(Protocol):
    """The exchange that the answer is for."""

    is_head: bool

    @property
    def is_sent(self) -> bool:
        """Whether the whole request has been sent."""

    def on_response(self, response: ResponseHead, payload: bytes, is_last: bool) -> None:
        """The head of the answer and the first bytes of its body."""

    def on_payload(self, payload: bytes, is_last: bool) -> None:
        """More of the body."""

    def on_complete(self) -> None:
        """Nothing more will come; the connection is free again."""

    def on_lost(self, *, was_silent: bool) -> None:
        """The connection was lost. `was_silent`: not a byte of the answer had come."""

    def pause_client(self) -> None:
        """Stop reading from the client: the service does not keep up."""

    def resume_client(self) -> None:
        """Go on reading from the client: the service has caught up."""


class Upstream(asyncio.Protocol):
    """A connection in the pool, or in use by one exchange."""

    __slots__ = (
        "_answer_for",
        "_buffer",
        "_got_bytes",
        "_head",
        "_is_paused",
        "_pool",
        "_reader",
        "_sent_after",
        "_transport",
        "_writes",
        "idle_since",
    )
    _transport: asyncio.Transport

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._writes = pool.writes
        self._answer_for: Answered | None = None
        self._reader: BodyReader | None = None
        self._head: ResponseHead | None = None
        self._buffer = b""
        self._got_bytes = False
        self._is_paused = False
        # The flush before the one that sends the request.
        self._sent_after = 0
        self.idle_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        # A cast: the transports of uvloop are no subclasses of asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)

    @property
    def is_usable(self) -> bool:
        """Whether the next exchange may take it."""
        return not self._transport.is_closing()

    @property
    def is_open(self) -> bool:
        """Whether the service has not closed it, as the kernel says: the event loop may not have
        noticed yet. Nothing but the end can arrive on an idle connection.
        """
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), _ANYTHING)
        return not poll.poll(0)

    @property
    def has_unsent(self) -> bool:
        """Whether bytes of the request still wait here, because the service does not take them."""
        return self._transport.get_write_buffer_size() > 0

    def send(self, answer_for: Answered, data: bytes, *, at_once: bool) -> None:
        """Start an exchange: send what has arrived of its request.

        `at_once` is for a request that cannot be repeated, on a connection that was open just now.
        """
        self._answer_for = answer_for
        self._got_bytes = False
        # Behind the end of an earlier body, which may still be waiting here.
        writes = self._writes
        self._sent_after = writes.flushes
        writes.put(self._transport, data)
        if at_once:
            writes.flush()

    def pass_on(self, data: bytes) -> None:
        """Send more of the request at once. The event loop reads on until its client is paused, so
        with a later write megabytes would wait here, and each would leave the cache twice."""
        self._transport.write(data)

    def pause(self) -> None:
        """Stop reading the answer: the client does not take it fast enough."""
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Go on reading the answer."""
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()

    def abandon(self) -> None:
        """Close, because nobody waits for the answer: so the service can stop working on it."""
        self._answer_for = None
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        answer_for = self._answer_for
        if answer_for is None:
            # Bytes that no request asked for: nobody knows what comes next on this connection.
            self._transport.abort()
            return
        if not self._got_bytes:
            if self._sent_after == self._writes.flushes:
                # They came before the request was sent, and so they are no answer to it.
                self.abandon()
                answer_for.on_lost(was_silent=True)
                return
            self._got_bytes = True
        try:
            if self._reader is None:
                self._read_head(answer_for, self._buffer + data if self._buffer else data)
            else:
                payload, rest = self._reader.feed(data)
                if payload or rest is not None:
                    answer_for.on_payload(payload, rest is not None)
                if rest is not None:
                    self._complete(answer_for, rest)
        except (UpstreamProtocolError, InvalidBodyError):
            self.abandon()
            answer_for.on_lost(was_silent=False)

    def _read_head(self, answer_for: Answered, data: bytes) -> None:
        while True:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                if len(data) > _MAX_HEAD_BYTES:
                    raise UpstreamProtocolError("head too large")
                self._buffer = data
                return
            head = parse_response(data[:end], to_head=answer_for.is_head)
            data = data[end + 4 :]
            if head.status >= 200:
                break
            # Interim answers are between the gateway and the service.
            if head.status == 101:
                raise UpstreamProtocolError("an upgrade nobody asked for")
        self._buffer = b""
        self._head = head
        payload, rest = self._start_body(head.body_length, data)
        answer_for.on_response(head, payload, rest is not None)
        if rest is not None:
            self._complete(answer_for, rest)

    def _start_body(self, length: int, data: bytes) -> tuple[bytes, bytes | None]:
        if length == len(data):
            # Nearly every answer comes in one piece.
            return data, b""
        if length == 0:
            return b"", data
        reader: BodyReader
        if length > 0:
            reader = FixedBody(length)
        elif length == CHUNKED:
            reader = ChunkedBody()
        else:
            reader = UntilClosed()
        payload, rest = reader.feed(data)
        if rest is None:
            self._reader = reader
        return payload, rest

    def _complete(self, answer_for: Answered, rest: bytes) -> None:
        if self._answer_for is not answer_for:
            # The exchange has let go of this connection while it took the last bytes.
            return
        head, self._head = self._head, None
        self._answer_for = None
        self._reader = None
        if rest or head is None or not head.keep_alive or not answer_for.is_sent:
            self._transport.close()
        else:
            self.resume()
            self._pool.release(self)
        answer_for.on_complete()

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        if self._answer_for is not None:
            self._answer_for.pause_client()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        if self._answer_for is not None:
            self._answer_for.resume_client()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._pool.forget(self)
        answer_for, self._answer_for = self._answer_for, None
        if answer_for is None:
            return
        if isinstance(self._reader, UntilClosed) and exc is None:
            answer_for.on_payload(b"", True)
            answer_for.on_complete()
            return
        answer_for.on_lost(was_silent=not self._got_bytes)
