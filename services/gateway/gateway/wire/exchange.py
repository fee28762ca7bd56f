"""One request and its answer: follows the decision, sends the request to a service when its turn
comes, and passes the answer back.

A request is counted in when it is complete, and its decision is made anew if it was not when it came.
Until then it holds nothing but a place of its source. Nothing is awaited on the usual path: a request is read, decided on and written to a pooled
connection in one go, and so is the answer on its way back.
"""

from __future__ import annotations

from time import monotonic

from gateway.wire import record as records
from gateway.wire import refusals
from gateway.wire.answering import ANSWERING, CONTINUE, DONE, Answering
from gateway.wire.bodies import LAST_CHUNK, encode_chunks
from gateway.wire.client import Client
from gateway.wire.decisions import Answer, DecideLater, Decision, Forward, Refuse, Relay
from gateway.wire.forwarding import head_of
from gateway.wire.parts import Parts
from gateway.wire.record import Record
from gateway.wire.refusals import Refusal
from gateway.wire.request import Request
from gateway.wire.response import ResponseHead
from gateway.wire.sources import Source
from gateway.wire.upstream import Upstream

_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"))
# A body of more than this is large: few of them are kept at a time, and none until its answer starts,
# so that its request could be sent once more.
_LARGE_BYTES = 64 * 1024
# A body of the gateway's own up to this size is sent in one piece with its head.
_COPIED_BYTES = 16 * 1024

# How far an exchange has come, in this order; one that the gateway answers itself skips the middle.
DECIDING = 0
# To be sent on, but its body is still on its way.
ARRIVING = 1
# Counted in at the turnstile.
WAITING = 2
RUNNING = 3
# ANSWERING and DONE follow.


class Exchange(Answering):
    """Implements `Counted` and `Waiting` for the turnstile, `Dialling` for the service, and `Answered` for the
    connection to the service."""

    __slots__ = (
        "_body",
        "_body_bytes",
        "_ends",
        "_forward",
        "_is_held",
        "_is_large",
        "_is_repeatable",
        "_is_repeated",
        "_repeatable",
        "_source",
        "is_sent",
        "is_stream",
    )
    _forward: Forward
    # Until when (monotonic) an answer may last that goes on after its head.
    _ends: float
    _source: Source

    def __init__(self, parts: Parts, client: Client, request: Request) -> None:
        self._parts = parts
        self._client = client
        self._stream = client.stream
        self.request = request
        record = self.record = Record(
            monotonic(), request.method, request.target, request.request_id, request.traceparent
        )
        if parts.track is not None:
            record.tracked = parts.track(request)
            record.traceparent = record.tracked.traceparent
        self._phase = DECIDING
        self.is_head = request.method == b"HEAD"
        # Whether the whole request has arrived; nothing is sent on before.
        self.is_sent = request.body_length == 0
        self.is_stream = False
        self._upstream: Upstream | None = None
        # What has arrived of the body; and the whole request, if it may be sent again.
        self._body: list[bytes] | None = None
        self._body_bytes = 0
        self._repeatable: bytes | None = None
        self._is_repeatable = self._is_repeated = False
        self._is_chunking = self._keep_alive = self._is_large = self._is_held = False

    @property
    def source(self) -> Source:
        """See `Counted`."""
        try:
            return self._source
        except AttributeError:
            # Found when it is needed; most requests never do.
            self._source = self._client.peer.source_of(self.request)
            return self._source

    # -- the decision -----------------------------------------------------------------------

    def follow(self, decision: Decision, now: float) -> None:
        """Carry out what was decided at `now` (monotonic)."""
        self.record.who = decision.who
        if isinstance(decision, Forward):
            self._forward = decision
            if self.is_sent:
                self._wait_for_turn(now)
                return
            self._phase = ARRIVING
            if self.request.expects_continue:
                self._stream.write(CONTINUE)
        elif isinstance(decision, Refuse):
            self.refuse(decision.refusal, decision.lines)
        elif isinstance(decision, Answer):
            self._answer(decision)
        elif isinstance(decision, Relay):
            self._client.begin_transfer(decision, now)
        else:
            if self.is_sent:
                self._stream.deadline = monotonic() + self._parts.timeouts.response_seconds
            decision.wait(self._on_decided)

    def _on_decided(self, decide: DecideLater) -> None:
        if self._phase != DONE:
            now = monotonic()
            self.follow(decide(now), now)

    # -- the request ------------------------------------------------------------------------

    def _wait_for_turn(self, now: float) -> None:
        turnstile = self._forward.turnstile
        refusal = turnstile.enter(self, now)
        if refusal is None:
            self._phase = WAITING
            refusal = turnstile.take_turn(self, now)
            if self._phase == WAITING:
                self._stream.deadline = now + self._parts.timeouts.turn_seconds
        if refusal is not None:
            self.refuse(refusal)

    def start(self, now: float) -> None:
        """See `Waiting`."""
        self._phase = RUNNING
        record, request = self.record, self.request
        service = record.service = self._forward.service
        record.sent_at = now
        self._stream.deadline = now + self._parts.timeouts.response_seconds
        is_repeatable = self._is_repeatable = self._body_bytes <= _LARGE_BYTES and (
            request.method in _IDEMPOTENT or request.has_idempotency_key
        )
        upstream = service.take(must_be_open=not is_repeatable)
        if upstream is None:
            service.dial(self)
        else:
            self.on_connected(upstream)

    def on_connected(self, upstream: Upstream) -> None:
        """See `Dialling`."""
        self._upstream = upstream
        data = self._repeatable
        if data is None:
            request = self.request
            forwarded_lines = self._client.peer.forwarded_lines(request)
            data = head_of(request, self._forward, self.record, forwarded_lines, self._body_bytes)
            if self._body is not None:
                data += b"".join(self._body)
                self._body = None
            if self._is_repeatable:
                self._repeatable = data
        upstream.send(self, data, at_once=not self._is_repeatable)

    def on_body(self, payload: bytes) -> None:
        """More of the request's body."""
        if self._body is None:
            self._body = []
        self._body.append(payload)
        self._body_bytes += len(payload)
        if self._body_bytes > _LARGE_BYTES and not self._is_large:
            self._is_large = self.source.keep_large()
            if not self._is_large:
                self.refuse(refusals.OVERLOADED)

    def on_body_end(self) -> None:
        """The request's body is complete."""
        if self._phase == DONE:
            return
        self.is_sent = True
        now = monotonic()
        self._stream.deadline = now + self._parts.timeouts.response_seconds
        if self._phase == ARRIVING:
            # Anew: since the head came, the caller's rights may have ended.
            self._phase = DECIDING
            self.follow(self._parts.decide(self.request, self._client.peer, now), now)

    # -- the answer -------------------------------------------------------------------------

    def on_response(self, response: ResponseHead, payload: bytes, is_last: bool) -> None:
        """See `Answered`."""
        record, now = self.record, monotonic()
        record.answer_seconds = seconds = now - record.sent_at
        # The service has done its work; the rest depends on how fast the client reads.
        self._phase = ANSWERING
        self._forward.turnstile.leave_turn(seconds, now)
        if response.is_event_stream and not is_last and not self._become_stream():
            return
        # A stream may be cut off at any time: a client that is not told could use the connection once
        # more in the very moment in which it is closed.
        keep_alive = self.request.keep_alive and not self.is_stream
        self._pass_head(response, response.lines, payload, is_last, keep_alive=keep_alive)
        if not is_last:
            self._is_held = True
            self._ends = self._forward.hold(self)
            self._stream.deadline = min(now + self._parts.timeouts.stream_idle_seconds, self._ends)

    def on_payload(self, payload: bytes, is_last: bool) -> None:
        """See `Answered`."""
        if self._is_chunking:
            payload = encode_chunks(payload, is_last)
        self.record.sent_bytes += len(payload)
        self._stream.write(payload)
        idle_seconds = self._parts.timeouts.stream_idle_seconds
        self._stream.deadline = min(monotonic() + idle_seconds, self._ends)

    def on_lost(self, *, was_silent: bool) -> None:
        """See `Answered`."""
        self._upstream = None
        if self._phase == ANSWERING:
            # The client must not take what it has for the whole answer.
            self._end(records.BROKEN_OFF)
            self._stream.abort()
        elif was_silent and self._repeatable is not None and not self._is_repeated:
            self._is_repeated = True
            self._forward.service.dial(self)
        else:
            self.refuse(refusals.UPSTREAM_FAILED)

    def _become_stream(self) -> bool:
        refusal = self._forward.turnstile.become_stream(self)
        if refusal is not None:
            self.refuse(refusal)
            return False
        self.is_stream = True
        return True

    # -- the end ----------------------------------------------------------------------------

    def refuse(self, refusal: Refusal, lines: bytes = b"") -> None:
        """Answer with `refusal`; see `Refuse` for `lines`."""
        keep_alive = not refusal.must_close and self._may_keep_alive()
        data = refusal.render(
            self.record.request_id,
            self._parts.own_lines,
            close=not keep_alive,
            head_only=self.is_head,
            lines=lines,
        )
        self._answer_here(data, refusal.status, refusal.code.encode(), keep_alive)

    def _answer(self, answer: Answer) -> None:
        keep_alive = self._may_keep_alive()
        request_id, own = self.record.request_id, self._parts.own_lines
        data = answer.render_head(request_id, own, close=not keep_alive)
        body = b"" if self.is_head else answer.body
        if len(body) <= _COPIED_BYTES:
            data, body = data + body, b""
        self._answer_here(data, answer.status, answer.code, keep_alive, body)

    def on_deadline(self) -> None:
        """It took too long: answer according to who was waited for."""
        if self._phase == ANSWERING:
            if self._is_held and monotonic() >= self._ends:
                self.cut_off(records.EXPIRED)
                return
            self.cancel(records.TIMED_OUT)
            self._stream.abort()
        elif self._phase == WAITING:
            self.refuse(refusals.OVERLOADED)
        elif not self.is_sent:
            self.refuse(refusals.REQUEST_TIMEOUT)
        else:
            self.refuse(refusals.UPSTREAM_TIMEOUT)

    def cut_off(self, code: bytes) -> None:
        """See `Lasting`. A stream of events ends as if it were complete: its client connects again,
        and is told why it gets no more. No other client may take what it has for the whole."""
        if self._phase == DONE:
            return
        self.cancel(code)
        if self.is_stream and self._is_chunking:
            self._stream.write(LAST_CHUNK)
            self._stream.end()
        else:
            self._stream.abort()

    def _end(self, code: bytes) -> float:
        """Count the request out and tell the observers; the time (monotonic) of that."""
        now = monotonic()
        phase, self._phase = self._phase, DONE
        if phase == DONE:
            return now
        record = self.record
        record.code = code
        record.ended = now
        for observe in self._parts.ended:
            observe(record)
        if self._is_large:
            self.source.drop_large()
        if phase >= WAITING:
            if self._is_held:
                self._forward.let_go(self)
            turnstile = self._forward.turnstile
            if phase == RUNNING:
                turnstile.leave_turn(now - record.sent_at, now)
            if self.is_stream:
                turnstile.leave_stream(self)
            else:
                turnstile.leave(self)
        return now
