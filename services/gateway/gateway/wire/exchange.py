"""One request and its answer: admitted, carried to a service, and carried back.

Nothing is awaited on the usual path: the client's bytes are decided on and written to a pooled
connection in one go, and the answer the same way back.
"""

from __future__ import annotations

from binascii import hexlify
from random import getrandbits
from time import monotonic
from typing import TYPE_CHECKING

from gateway import problems
from gateway.hosts.sites import UNKNOWN
from gateway.observe import access_log
from gateway.observe.tracing import traceparent_of
from gateway.problems import Refusal
from gateway.wire.bodies import LAST_CHUNK, encode_chunk, encode_chunks
from gateway.wire.forwarding import head_of
from gateway.wire.request import CHUNKED, Request
from gateway.wire.response import UNTIL_CLOSED, ResponseHead

if TYPE_CHECKING:
    from uuid import UUID

    from opentelemetry.trace import Span

    from gateway.edge import Edge
    from gateway.hosts.routes import Service
    from gateway.hosts.sites import Caller, Site
    from gateway.pages.documents import Page
    from gateway.wire.downstream import Downstream
    from gateway.wire.upstream import Upstream

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"))
# So much of a body may wait for a connection before the client is told to pause. A request whose
# whole body is no larger is kept until its answer starts, to be sent once more if need be.
_MAX_QUEUED_BYTES = 64 * 1024


class Exchange:
    """Implements `Dialling` towards the pool and `Answered` towards an upstream connection."""

    __slots__ = (
        "_client",
        "_edge",
        "_is_chunking",
        "_is_repeatable",
        "_is_repeated",
        "_keep_alive",
        "_queue",
        "_queued_bytes",
        "_repeatable",
        "_span",
        "_upstream",
        "began",
        "caller",
        "context_line",
        "holds_slot",
        "holds_turn",
        "identity_fields",
        "is_answering",
        "is_done",
        "is_head",
        "is_sent",
        "is_stream",
        "is_waiting",
        "request",
        "request_id",
        "sent_bytes",
        "service",
        "site",
        "started",
        "status",
        "tenant_id",
        "traceparent",
        "upstream_seconds",
    )

    site: Site
    service: Service
    caller: Caller

    def __init__(self, edge: Edge, client: Downstream, request: Request) -> None:
        self._edge = edge
        self._client = client
        self.request = request
        self.began = monotonic()
        # A trace id and a span id, should the client have sent none; the first also names the request.
        ids = hexlify(getrandbits(192).to_bytes(24))
        self.request_id = request.request_id or ids[:32]
        self.traceparent = request.traceparent or b"00-%b-%b-01" % (ids[:32], ids[32:])
        self._span: Span | None = None
        if edge.tracing is not None:
            self._span = edge.tracing.start(request)
            self.traceparent = traceparent_of(self._span)
        self.context_line = b""
        self.is_head = request.method == b"HEAD"
        # The whole request has been handed to the upstream connection.
        self.is_sent = request.body_length == 0
        self.is_done = False
        self.holds_slot = False
        # For its turn at the service, which it holds then.
        self.is_waiting = self.holds_turn = False
        # For the access log and the span; the first two say how the answer went so far.
        self.status = 0
        self.sent_bytes = 0
        self.tenant_id: UUID | None = None
        self.identity_fields = UNKNOWN
        # When the request was sent to its service, and how long until the head of the answer.
        self.started = 0.0
        self.upstream_seconds = 0.0
        self._upstream: Upstream | None = None
        self._queue: list[bytes] = []
        self._queued_bytes = 0
        self._repeatable: bytes | None = None
        self._is_repeatable = self._is_repeated = self.is_answering = False
        self._is_chunking = self.is_stream = False
        self._keep_alive = False

    @property
    def address(self) -> str:
        """The client's address, as far as the gateway believes it."""
        return self._client.peer.client_address(self.request)

    # -- the request ------------------------------------------------------------------------

    def wait(self) -> None:
        """The decision takes longer: a credential is being looked up."""
        if self.is_sent:
            self._client.deadline = monotonic() + self._edge.timeouts.response_seconds

    def carry(self, now: float) -> None:
        """Send the request to its service; it has been admitted at `now` (monotonic)."""
        if not self.is_sent and self.request.expects_continue:
            self._client.write(_CONTINUE)
        # A client that sends its body slowly must not hold a place at the service meanwhile.
        if self.is_sent or self._queued_bytes > _MAX_QUEUED_BYTES:
            self._join(now)

    def _join(self, now: float) -> None:
        """Ask for a place at the service, once the request has been admitted."""
        if not self.holds_slot or self.is_waiting or self.started:
            return
        self.is_waiting = True
        self._client.deadline = now + self._edge.timeouts.turn_seconds
        refusal = self.service.turns.take(self.site.load, self, now)
        if refusal is not None:
            self.refuse(refusal)

    def start(self, now: float) -> None:
        """See `Waiting`."""
        self.is_waiting = False
        self.holds_turn = True
        self.started = now
        self._client.deadline = now + self._edge.timeouts.until_answer(is_sent=self.is_sent)
        self._is_repeatable = (
            self.is_sent
            and self._queued_bytes <= _MAX_QUEUED_BYTES
            and (self.request.method in _IDEMPOTENT or self.request.has_idempotency_key)
        )
        upstream = self.service.pool.take(must_be_open=not self._is_repeatable)
        if upstream is None:
            self.service.pool.dial(self)
        else:
            self.on_connected(upstream)

    def on_connected(self, upstream: Upstream) -> None:
        """See `Dialling`."""
        self._upstream = upstream
        data = self._repeatable
        if data is None:
            data = head_of(self, self._client.peer.forwarded_lines(self.request))
            if self._queue:
                data += b"".join(self._queue)
                self._queue.clear()
            if self._is_repeatable:
                self._repeatable = data
        upstream.send(self, data, at_once=not self._is_repeatable)
        if self._queued_bytes:
            self._queued_bytes = 0
            self._client.resume_reading()

    def on_body(self, payload: bytes) -> None:
        """More of the request's body."""
        if self.request.body_length == CHUNKED:
            payload = encode_chunk(payload)
        self._send(payload)

    def on_body_end(self) -> None:
        """The request's body is complete."""
        self.is_sent = True
        if self.request.body_length == CHUNKED:
            self._send(LAST_CHUNK)
        if not self.is_waiting:
            now = monotonic()
            self._client.deadline = now + self._edge.timeouts.response_seconds
            self._join(now)

    def _send(self, data: bytes) -> None:
        if self._upstream is not None:
            self._upstream.write(data)
            return
        self._queue.append(data)
        self._queued_bytes += len(data)
        if self._queued_bytes > _MAX_QUEUED_BYTES:
            self._client.pause_reading()
            self._join(monotonic())

    # -- the answer -------------------------------------------------------------------------

    def on_response(self, response: ResponseHead, payload: bytes, is_last: bool) -> None:
        """See `Answered`."""
        # The service has done its work; what is left is the client's pace.
        self._leave_turn(now := monotonic())
        if response.is_event_stream and not is_last and not self._become_stream():
            return
        request = self.request
        lines = response.lines
        lines.append(b"x-request-id: " + self.request_id)
        keep_alive = request.keep_alive and self.is_sent and not self._edge.is_draining
        if response.body_length == CHUNKED or response.body_length == UNTIL_CLOSED:
            if request.is_http10:
                keep_alive = False
            else:
                self._is_chunking = True
                lines.append(b"transfer-encoding: chunked")
                payload = encode_chunks(payload, is_last)
        if not keep_alive:
            lines.append(b"connection: close")
        self._keep_alive = keep_alive
        self.is_answering = True
        edge = self._edge
        self.status = response.status
        self.upstream_seconds = now - self.started
        edge.metrics.answered(self.service.name, response.status, self.upstream_seconds)
        if response.status < 500 and not self.caller.is_anonymous:
            edge.metering.count(self.caller)
        lines.append(b"\r\n")
        data = b"\r\n".join(lines) + payload
        self.sent_bytes = len(data)
        self._client.write(data)
        if not is_last:
            self._client.deadline = now + edge.timeouts.stream_idle_seconds

    def on_payload(self, payload: bytes, is_last: bool) -> None:
        """See `Answered`."""
        if self._is_chunking:
            payload = encode_chunks(payload, is_last)
        self.sent_bytes += len(payload)
        self._client.write(payload)
        self._client.deadline = monotonic() + self._edge.timeouts.stream_idle_seconds

    def on_complete(self) -> None:
        """See `Answered`."""
        self._upstream = None
        self._finish(access_log.COMPLETE, self._keep_alive)

    def on_lost(self, *, was_silent: bool) -> None:
        """See `Answered`."""
        self._upstream = None
        if self.is_answering:
            # The client must not take what it has for the whole answer.
            self._end(access_log.BROKEN_OFF)
            self._client.abort()
        elif was_silent and self._repeatable is not None and not self._is_repeated:
            self._is_repeated = True
            self.service.pool.dial(self)
        else:
            self.refuse(problems.UPSTREAM_FAILED)

    def on_unreachable(self, refusal: Refusal) -> None:
        """See `Dialling`."""
        if not self.is_done:
            self.refuse(refusal)

    def _become_stream(self) -> bool:
        self.holds_slot = False
        if self._edge.limits.become_stream(self.site.load):
            self.is_stream = True
            return True
        self.holds_slot = True
        self.refuse(problems.TOO_MANY_IN_FLIGHT)
        return False

    # -- the end ----------------------------------------------------------------------------

    def refuse(self, refusal: Refusal) -> None:
        """Answer `refusal` instead of a service."""
        request = self.request
        keep_alive = (
            request.keep_alive
            and not refusal.must_close
            and not self._edge.is_draining
            and self._client.can_skip_body()
        )
        self._edge.metrics.refused(refusal)
        data = refusal.render(
            self.request_id,
            close=not keep_alive,
            head_only=self.is_head,
            as_page=b"text/html" in request.accept,
        )
        self._answer_here(data, refusal.status, refusal.code.encode(), keep_alive)

    def answer(self, page: Page) -> None:
        """Answer a page of the gateway's own."""
        keep_alive = (
            self.request.keep_alive and not self._edge.is_draining and self._client.can_skip_body()
        )
        data = page.render(self.request_id, close=not keep_alive, head_only=self.is_head)
        self._answer_here(data, 200, access_log.COMPLETE, keep_alive)

    def _answer_here(self, data: bytes, status: int, code: bytes, keep_alive: bool) -> None:
        self.status = status
        self.sent_bytes = len(data)
        self._client.write(data)
        self._finish(code, keep_alive)

    def on_deadline(self) -> None:
        """It took too long: whose fault is it?"""
        if self.is_answering:
            self.cancel(access_log.TIMED_OUT)
            self._client.abort()
        elif self.is_waiting:
            self.refuse(problems.OVERLOADED)
        elif not self.is_sent and self._client.is_reading:
            self.refuse(problems.REQUEST_TIMEOUT)
        else:
            self.refuse(problems.UPSTREAM_TIMEOUT)

    def cancel(self, code: bytes = access_log.CLIENT_GONE) -> None:
        """Nobody waits for the answer any more."""
        if self._upstream is not None:
            self._upstream.abandon()
            self._upstream = None
        self._end(code)

    def _finish(self, code: bytes, keep_alive: bool) -> None:
        if self._upstream is not None:
            self._upstream.abandon()
            self._upstream = None
        self._end(code)
        self._client.on_answered(keep_alive)

    def _end(self, code: bytes) -> None:
        if self.is_done:
            return
        self.is_done = True
        log = self._edge.access_log
        if log is not None:
            log.record(self, code)
        if self._span is not None and self._edge.tracing is not None:
            self._edge.tracing.end(self._span, self, code)
        if self.holds_turn:
            self._leave_turn(monotonic())
        if self.holds_slot:
            self.holds_slot = False
            self._edge.limits.leave(self.site.load)
        elif self.is_stream:
            self.is_stream = False
            self._edge.limits.leave_stream(self.site.load)

    def _leave_turn(self, now: float) -> None:
        if self.holds_turn:
            self.holds_turn = False
            self.service.turns.leave(self.site.load, now - self.started, now)

    # -- back-pressure ----------------------------------------------------------------------

    def pause_client(self) -> None:
        """See `Answered`."""
        self._client.pause_reading()

    def resume_client(self) -> None:
        """See `Answered`."""
        self._client.resume_reading()

    def pause_upstream(self) -> None:
        """The client does not read as fast as the service answers."""
        if self._upstream is not None:
            self._upstream.pause()

    def resume_upstream(self) -> None:
        """The client has caught up."""
        if self._upstream is not None:
            self._upstream.resume()
