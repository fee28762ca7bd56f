"""One upload or download: the bodies of request and answer are passed on as they come.

An exchange keeps a request until it may be sent once more; a transfer keeps nothing. It is never
repeated, needs no turn, and is cut when its bytes do not come at their pace, because the service
has a thread for each. What does not come is counted against whoever holds it up: a client that sends
or reads too slowly, or a service that does neither.
"""

from __future__ import annotations

from time import monotonic

from gateway.wire import record as records
from gateway.wire import refusals
from gateway.wire.answering import ANSWERING, CONTINUE, DONE, Answering
from gateway.wire.bodies import encode_chunks
from gateway.wire.client import Client
from gateway.wire.decisions import Relay
from gateway.wire.parts import Parts
from gateway.wire.record import Record
from gateway.wire.refusals import Refusal
from gateway.wire.request import Request
from gateway.wire.response import ResponseHead
from gateway.wire.upstream import Upstream

# The phase before ANSWERING and DONE.
SENDING = 0


class Transfer(Answering):
    """Implements `Dialling` for the service and `Answered` for the connection to it. The client's
    connection treats it as it treats an exchange."""

    __slots__ = (
        "_ends",
        "_is_received",
        "_moved",
        "_received",
        "_relay",
    )
    is_stream = False

    def __init__(
        self,
        parts: Parts,
        client: Client,
        request: Request,
        record: Record,
        relay: Relay,
    ) -> None:
        self._parts = parts
        self._client = client
        self._stream = client.stream
        self.request = request
        self.record = record
        self._relay = relay
        # The part of the body that arrived before there was a connection to the service.
        self._received: list[bytes] = []
        self._is_received = request.body_length == 0
        self._phase = SENDING
        self._upstream: Upstream | None = None
        self.is_head = request.method == b"HEAD"
        self._is_chunking = self._keep_alive = False
        # Bytes of a body that came in the present span, and when all must have come.
        self._moved = 0
        self._ends = 0.0

    @property
    def is_sent(self) -> bool:
        """See `Answered`."""
        return self._is_received and (self._upstream is None or not self._upstream.has_unsent)

    # -- the request ------------------------------------------------------------------------

    def start(self, now: float) -> None:
        """Send it at `now` (monotonic)."""
        record, service = self.record, self._relay.service
        record.service, record.sent_at = service, now
        self._ends = now + self._relay.pace.total_seconds
        if self._is_received:
            self._await_answer(now)
        else:
            self._begin_span(now)
        # It cannot be repeated.
        upstream = service.take(must_be_open=True)
        if upstream is None:
            # Nothing is read on until there is a connection that takes it.
            self._stream.pause_reading()
            service.dial(self)
        else:
            self.on_connected(upstream)

    def on_connected(self, upstream: Upstream) -> None:
        """See `Dialling`."""
        self._upstream = upstream
        if not self._is_received and self.request.expects_continue:
            self._stream.write(CONTINUE)
        # Before sending, because the service may hold the client up again at once.
        self._stream.resume_reading()
        upstream.send(self, self._relay.head + b"".join(self._received), at_once=True)
        self._received.clear()

    def on_body(self, payload: bytes) -> None:
        """More of the request's body."""
        self._moved += len(payload)
        if self._phase == ANSWERING:
            # The service has answered without it.
            return
        if self._upstream is None:
            self._received.append(payload)
        else:
            self._upstream.pass_on(payload)

    def on_body_end(self) -> None:
        """The request's body is complete."""
        self._is_received = True
        if self._phase == SENDING:
            self._await_answer(monotonic())

    # -- the answer -------------------------------------------------------------------------

    def on_response(self, response: ResponseHead, payload: bytes, is_last: bool) -> None:
        """See `Answered`."""
        now = monotonic()
        self.record.answer_seconds = now - self.record.sent_at
        self._phase = ANSWERING
        self._begin_span(now)
        self._pass_head(
            response,
            self._relay.lines_of(response),
            payload,
            is_last,
            keep_alive=self.request.keep_alive and self.is_sent,
        )

    def on_payload(self, payload: bytes, is_last: bool) -> None:
        """See `Answered`."""
        self._moved += len(payload)
        if self._is_chunking:
            payload = encode_chunks(payload, is_last)
        self.record.sent_bytes += len(payload)
        self._stream.pass_on(payload)

    def on_lost(self, *, was_silent: bool) -> None:
        """See `Answered`."""
        self._upstream = None
        if self._phase == ANSWERING:
            # The client must not take what it has for the whole answer.
            self._end(records.BROKEN_OFF)
            self._stream.abort()
        else:
            self.refuse(refusals.UPSTREAM_FAILED)

    # -- the pace ---------------------------------------------------------------------------

    def _begin_span(self, now: float) -> None:
        self._moved = 0
        self._stream.deadline = min(now + self._relay.pace.span_seconds, self._ends)

    def _await_answer(self, now: float) -> None:
        self._stream.deadline = now + self._parts.timeouts.response_seconds

    def on_deadline(self) -> None:
        """A span has passed, or the time for all of it, or for the answer."""
        now, pace = monotonic(), self._relay.pace
        is_waiting = self._phase == SENDING and self._is_received
        if (
            not is_waiting
            and now < self._ends
            and self._moved >= pace.min_bytes_per_second * pace.span_seconds
        ):
            self._begin_span(now)
        elif self._phase == ANSWERING:
            self.cancel(records.TIMED_OUT)
            self._stream.abort()
        elif is_waiting or (now < self._ends and not self._stream.is_reading):
            self.refuse(refusals.UPSTREAM_TIMEOUT)
        else:
            self.refuse(refusals.TOO_SLOW)

    # -- the end ----------------------------------------------------------------------------

    def refuse(self, refusal: Refusal) -> None:
        """Answer with `refusal`."""
        keep_alive = not refusal.must_close and self._may_keep_alive()
        data = refusal.render(
            self.record.request_id,
            self._parts.own_lines,
            close=not keep_alive,
            head_only=self.is_head,
            lines=self._relay.refusal_lines,
        )
        self._answer_here(data, refusal.status, refusal.code.encode(), keep_alive)

    def _end(self, code: bytes) -> float:
        """Give the place back and tell the observers; the time (monotonic) of that."""
        now = monotonic()
        if self._phase == DONE:
            return now
        self._phase = DONE
        self._received.clear()
        record = self.record
        record.code, record.ended = code, now
        self._relay.leave()
        for observe in self._parts.ended:
            observe(record)
        return now
