"""The head of a request as its service gets it: written anew, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.wire.request import CHUNKED

if TYPE_CHECKING:
    from gateway.wire.exchange import Exchange

_WITH_BODY = frozenset((b"POST", b"PUT", b"PATCH"))


def head_of(exchange: Exchange, forwarded_lines: bytes) -> bytes:
    """The head of the exchange's request; `forwarded_lines` ends where the host's name belongs."""
    request = exchange.request
    if request.body_length > 0:
        framing = b"content-length: %d\r\n" % request.body_length
    elif request.body_length == CHUNKED:
        framing = b"transfer-encoding: chunked\r\n"
    elif request.method in _WITH_BODY:
        framing = b"content-length: 0\r\n"
    else:
        framing = b""
    # The empty last line ends the head.
    request.lines.append(b"\r\n")
    return b"".join(
        (
            request.method,
            b" ",
            request.target,
            exchange.service.host_line,
            exchange.context_line,
            b"x-request-id: ",
            exchange.request_id,
            b"\r\ntraceparent: ",
            exchange.traceparent,
            forwarded_lines,
            request.host,
            b"\r\n",
            framing,
            b"\r\n".join(request.lines),
        )
    )
