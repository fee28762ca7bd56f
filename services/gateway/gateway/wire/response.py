"""The head of a service's answer: the lines the client gets, and where the body ends."""

import re
from functools import lru_cache

from gateway.wire import names
from gateway.wire.errors import UpstreamProtocolError
from gateway.wire.names import (
    CACHE_CONTROL,
    CONNECTION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    FORWARD,
    TRANSFER_ENCODING,
)
from gateway.wire.request import CHUNKED, FIELD_BYTES

UNTIL_CLOSED = -2

# Kinds of lines, in addition to the kinds of names.
_EVENT_STREAM = 100
_CLOSE = 101
_KEEP_ALIVE = 102
# Lines seen before: most lines are the same in every answer.
_learnt: dict[bytes, int] = {}
_MAX_LEARNT = 4096
_MAX_LEARNT_BYTES = 128

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [\t -~\x80-\xff]*)?")


class ResponseHead:
    """One answer's head. `lines[0]` is the status line; `body_length` may be CHUNKED."""

    __slots__ = ("body_length", "is_event_stream", "keep_alive", "lines", "status")

    def __init__(self, status: int, status_line: bytes, keep_alive: bool) -> None:
        self.status = status
        self.lines = [status_line]
        self.keep_alive = keep_alive
        self.body_length = UNTIL_CLOSED
        self.is_event_stream = False


def parse_response(head: bytes, *, to_head: bool) -> ResponseHead:
    """The answer whose head is `head`; `to_head` when the request's method was HEAD."""
    lines = head.split(b"\r\n")
    response = ResponseHead(*_status_line(lines[0]))
    length: bytes | None = None
    is_chunked = is_cache_said = False
    forward = response.lines
    known = _learnt.get
    for line in lines[1:]:
        kind = known(line)
        if kind is None:
            kind = _learn(line)
        if kind == FORWARD:
            forward.append(line)
        elif kind == CONTENT_LENGTH:
            if length is not None:
                raise UpstreamProtocolError("two lengths")
            length = line.partition(b":")[2].strip(b" \t")
        elif kind == CACHE_CONTROL:
            is_cache_said = True
            forward.append(line)
        elif kind == _EVENT_STREAM:
            response.is_event_stream = True
            forward.append(line)
        elif kind == _CLOSE:
            response.keep_alive = False
        elif kind == _KEEP_ALIVE:
            response.keep_alive = True
        elif kind == TRANSFER_ENCODING:
            is_chunked = True
    if not is_cache_said:
        forward.append(b"cache-control: no-store")
    _set_length(response, length, is_chunked, to_head)
    return response


def _learn(line: bytes) -> int:
    """Read a line strictly, and remember its kind."""
    if line.translate(None, FIELD_BYTES):
        raise UpstreamProtocolError("control bytes in the head")
    name, colon, value = line.partition(b":")
    try:
        kind = names.RESPONSE_NAMES.kind_of(name)
    except names.InvalidNameError as error:
        raise UpstreamProtocolError("not a header name") from error
    if not colon:
        raise UpstreamProtocolError("a header without a colon")
    value = value.strip(b" \t").lower()
    if kind == CONTENT_TYPE:
        kind = _EVENT_STREAM if value.startswith(b"text/event-stream") else FORWARD
    elif kind == CONNECTION:
        kind = _CLOSE if value == b"close" else _KEEP_ALIVE
    elif kind == TRANSFER_ENCODING and value != b"chunked":
        raise UpstreamProtocolError("an unknown transfer coding")
    if len(line) <= _MAX_LEARNT_BYTES:
        if len(_learnt) >= _MAX_LEARNT:
            _learnt.clear()
        _learnt[line] = kind
    return kind


@lru_cache(maxsize=256)
def _status_line(line: bytes) -> tuple[int, bytes, bool]:
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise UpstreamProtocolError("not a status line")
    # The gateway answers with HTTP/1.1, whatever the service speaks.
    return int(match[2]), b"HTTP/1.1" + line[8:], match[1] == b"1"


def _set_length(
    response: ResponseHead, length: bytes | None, is_chunked: bool, to_head: bool
) -> None:
    if is_chunked and length is not None:
        raise UpstreamProtocolError("a length and a transfer coding")
    if length is not None and not (length.isdigit() and len(length) <= 18):
        raise UpstreamProtocolError("not a length")
    if length is not None and response.status != 204:
        response.lines.append(b"content-length: " + length)
    if to_head or response.status in (204, 304):
        response.body_length = 0
    elif is_chunked:
        response.body_length = CHUNKED
    elif length is not None:
        response.body_length = int(length)
    else:
        response.keep_alive = False
