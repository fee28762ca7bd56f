"""The head of a request as its service gets it, written anew."""

from gateway.wire.decisions import Forward
from gateway.wire.record import Record
from gateway.wire.request import Request

_WITH_BODY = frozenset((b"POST", b"PUT", b"PATCH"))


def head_of(
    request: Request, forward: Forward, record: Record, forwarded_lines: bytes, body_bytes: int
) -> bytes:
    """The head of `request`, whose body is complete and has `body_bytes`, however it was framed;
    `forwarded_lines` ends where the host name is to be put."""
    if body_bytes:
        framing = b"content-length: %d\r\n" % body_bytes
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
            forward.head,
            b"x-request-id: ",
            record.request_id,
            b"\r\ntraceparent: ",
            record.traceparent,
            forwarded_lines,
            request.host,
            b"\r\n",
            framing,
            b"\r\n".join(request.lines),
        )
    )
