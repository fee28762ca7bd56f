"""What an exchange and a transfer do alike: they pass a service's answer on to the client, or give one
of the gateway's own, and hold up whichever side is faster than the other."""

from __future__ import annotations

from gateway.wire import record as records
from gateway.wire.bodies import encode_chunks
from gateway.wire.client import Client
from gateway.wire.parts import Parts
from gateway.wire.record import Record
from gateway.wire.refusals import Refusal
from gateway.wire.request import CHUNKED, Request
from gateway.wire.response import UNTIL_CLOSED, ResponseHead
from gateway.wire.stream import ClientStream
from gateway.wire.upstream import Upstream

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# The last two phases of both; each has its own before them.
ANSWERING = 4
DONE = 5


class Answering:
    """One request from the time on when it may be answered; its subclass says how it is ended."""

    __slots__ = (
        "_client",
        "_is_chunking",
        "_keep_alive",
        "_parts",
        "_phase",
        "_stream",
        "_upstream",
        "is_head",
        "record",
        "request",
    )
    _client: Client
    _is_chunking: bool
    _keep_alive: bool
    _parts: Parts
    _phase: int
    _stream: ClientStream
    _upstream: Upstream | None
    is_head: bool
    record: Record
    request: Request

    @property
    def is_done(self) -> bool:
        """Whether it is over."""
        return self._phase == DONE

    @property
    def is_answering(self) -> bool:
        """Whether the head of a service's answer has been sent to the client."""
        return self._phase == ANSWERING

    def refuse(self, refusal: Refusal) -> None:
        """Answer with `refusal`."""
        raise NotImplementedError

    def _end(self, code: bytes) -> float:
        """Give everything back and tell the observers; the time (monotonic) of that."""
        raise NotImplementedError

    # -- the answer of a service ------------------------------------------------------------

    def _pass_head(
        self,
        response: ResponseHead,
        lines: list[bytes],
        payload: bytes,
        is_last: bool,
        *,
        keep_alive: bool,
    ) -> None:
        """Send the head that `lines` begin, and the first bytes of the body; `keep_alive` is whether the
        request lets the connection stay open."""
        parts, record = self._parts, self.record
        lines.append(parts.own_lines + record.request_id)
        keep_alive = keep_alive and not parts.connections.is_draining
        if response.body_length == CHUNKED or response.body_length == UNTIL_CLOSED:
            if self.request.is_http10:
                keep_alive = False
            else:
                self._is_chunking = True
                lines.append(b"transfer-encoding: chunked")
                payload = encode_chunks(payload, is_last)
        if not keep_alive:
            lines.append(b"connection: close")
        self._keep_alive = keep_alive
        lines.append(b"")
        lines.append(payload)
        data = b"\r\n".join(lines)
        record.status = response.status
        record.sent_bytes = len(data)
        for observe in parts.answered:
            observe(record)
        self._stream.write(data)

    def on_complete(self) -> None:
        """See `Answered`."""
        self._upstream = None
        self._client.on_answered(self._keep_alive, self._end(records.COMPLETE))

    def on_unreachable(self, refusal: Refusal) -> None:
        """See `Dialling`."""
        if self._phase != DONE:
            self.refuse(refusal)

    # -- an answer of the gateway's own -----------------------------------------------------

    def _may_keep_alive(self) -> bool:
        return (
            self.request.keep_alive
            and not self._parts.connections.is_draining
            and self._client.can_skip_body()
        )

    def _answer_here(
        self, data: bytes, status: int, code: bytes, keep_alive: bool, body: bytes = b""
    ) -> None:
        """Answer with `data`, and with `body` behind it. That is not copied: clients who read slowly
        hold the same bytes all together."""
        record = self.record
        record.status, record.code, record.sent_bytes = status, code, len(data) + len(body)
        for observe in self._parts.answered:
            observe(record)
        self._stream.write(data)
        if body:
            self._stream.write(body)
        self._let_go()
        self._client.on_answered(keep_alive, self._end(code))

    # -- the end ----------------------------------------------------------------------------

    def cancel(self, code: bytes = records.CLIENT_GONE) -> None:
        """End without an answer, or in the middle of one."""
        self._let_go()
        self._end(code)

    def _let_go(self) -> None:
        """Give up the connection to the service, if there is one."""
        if self._upstream is not None:
            self._upstream.abandon()
            self._upstream = None

    # -- back-pressure ----------------------------------------------------------------------

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
