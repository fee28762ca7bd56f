"""The head of a request, read strictly: what two servers could read differently is refused.

What goes to a service is written anew from what was understood here, so no later parser sees
bytes that this one has not. A test compares it with llhttp on random heads.
"""

import re
from dataclasses import dataclass

from gateway.wire import names, refusals
from gateway.wire.cookies import SESSION_COOKIE, take_session
from gateway.wire.errors import RefusedError
from gateway.wire.names import DROP, FORWARD

CHUNKED = -1

# A header line may hold tab, space, visible ASCII and bytes above 127 (obsolete); nothing else.
FIELD_BYTES = bytes([9, *range(32, 127), *range(128, 256)])
_TARGET_BYTES = bytes(byte for byte in range(33, 127) if byte not in b'#"<>\\')
_METHODS = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"))
_VERSION = re.compile(rb"HTTP/[0-9](?:\.[0-9])?")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,128}")
_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ABSOLUTE = re.compile(rb"https?://([^/?]*)(/.*)?", re.IGNORECASE)
# Dot segments and escapes of "/", "\", "." and NUL: a path with more than one spelling is refused.
_DOUBTFUL_PATH = re.compile(rb"//|/\.\.?(?:/|$)|%(?:2e|2f|5c|00)", re.IGNORECASE)
_MAX_LENGTH_DIGITS = 15


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """How large the head of a request may be."""

    max_bytes: int = 32 * 1024
    max_headers: int = 100
    max_target_bytes: int = 8 * 1024


class Request:
    """What the gateway understood of one request. `lines` go on to the service as they are."""

    __slots__ = (
        "accept",
        "authorization",
        "body_length",
        "connection",
        "cookie",
        "expects_continue",
        "forwarded_for",
        "has_idempotency_key",
        "host",
        "is_http10",
        "keep_alive",
        "length",
        "lines",
        "method",
        "origin",
        "request_id",
        "session",
        "target",
        "traceparent",
        "transfer_encoding",
    )

    def __init__(self, method: bytes, target: bytes, is_http10: bool) -> None:
        self.method = method
        self.target = target
        self.is_http10 = is_http10
        self.keep_alive = not is_http10
        self.host = b""
        self.lines: list[bytes] = []
        self.body_length = 0
        self.authorization: bytes | None = None
        self.session: bytes | None = None
        self.origin: bytes | None = None
        self.accept = b""
        self.request_id: bytes | None = None
        self.traceparent: bytes | None = None
        self.expects_continue = False
        self.has_idempotency_key = False
        self.forwarded_for: bytes | None = None
        # Headers that can be judged only when all of them are known.
        self.connection: bytes | None = None
        self.cookie: bytes | None = None
        self.length: bytes | None = None
        self.transfer_encoding: bytes | None = None

    @property
    def path(self) -> bytes:
        """The target without its query."""
        return self.target.partition(b"?")[0]


def parse_request(head: bytes, limits: HeadLimits) -> Request:
    """The request whose head, without the empty line at its end, is `head`."""
    lines = head.split(b"\r\n")
    # Each line break must be CR LF, and no other control byte may occur.
    if len(head.translate(None, FIELD_BYTES)) != 2 * len(lines) - 2:
        raise RefusedError(refusals.MALFORMED_REQUEST)
    if len(lines) - 1 > limits.max_headers:
        raise RefusedError(refusals.HEADERS_TOO_LARGE)
    request = _request_line(lines[0], limits)
    forward = request.lines
    known = names.REQUEST_NAMES.get
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon:
            raise RefusedError(refusals.INVALID_HEADER)
        kind = known(name)
        if kind is None:
            kind = _learn(name)
        if kind == FORWARD:
            forward.append(line)
        elif kind != DROP:
            _READERS[kind](request, line, value.strip(b" \t"))
    _finish(request)
    return request


def _learn(name: bytes) -> int:
    try:
        return names.REQUEST_NAMES.learn(name)
    except names.InvalidNameError as error:
        raise RefusedError(refusals.INVALID_HEADER) from error


def _request_line(line: bytes, limits: HeadLimits) -> Request:
    parts = line.split(b" ")
    if len(parts) != 3:
        raise RefusedError(refusals.MALFORMED_REQUEST)
    method, target, version = parts
    if len(target) > limits.max_target_bytes:
        raise RefusedError(refusals.URI_TOO_LONG)
    if version != b"HTTP/1.1" and version != b"HTTP/1.0":
        known = _VERSION.fullmatch(version) is not None
        raise RefusedError(refusals.VERSION_NOT_SUPPORTED if known else refusals.MALFORMED_REQUEST)
    if method not in _METHODS:
        known = _TOKEN.fullmatch(method) is not None
        raise RefusedError(refusals.METHOD_NOT_SUPPORTED if known else refusals.MALFORMED_REQUEST)
    if target.translate(None, _TARGET_BYTES):
        raise RefusedError(refusals.INVALID_TARGET)
    return Request(method, target, version == b"HTTP/1.0")


def _on_host(request: Request, line: bytes, value: bytes) -> None:
    if request.host or not value:
        raise RefusedError(refusals.INVALID_HOST)
    request.host = value


def _on_authorization(request: Request, line: bytes, value: bytes) -> None:
    if request.authorization is not None:
        raise RefusedError(refusals.DUPLICATE_CREDENTIAL)
    request.authorization = value


def _on_cookie(request: Request, line: bytes, value: bytes) -> None:
    # Cookies may come in several lines; they are one list.
    request.cookie = value if request.cookie is None else request.cookie + b"; " + value


def _on_connection(request: Request, line: bytes, value: bytes) -> None:
    request.connection = value if request.connection is None else request.connection + b"," + value


def _on_length(request: Request, line: bytes, value: bytes) -> None:
    if request.length is not None:
        raise RefusedError(refusals.INVALID_FRAMING)
    request.length = value


def _on_transfer_encoding(request: Request, line: bytes, value: bytes) -> None:
    if request.transfer_encoding is not None:
        raise RefusedError(refusals.INVALID_FRAMING)
    request.transfer_encoding = value


def _on_origin(request: Request, line: bytes, value: bytes) -> None:
    request.origin = value if request.origin is None else b"null"
    request.lines.append(line)


def _on_accept(request: Request, line: bytes, value: bytes) -> None:
    request.accept = value
    request.lines.append(line)


def _on_request_id(request: Request, line: bytes, value: bytes) -> None:
    if _REQUEST_ID.fullmatch(value) is not None:
        request.request_id = value


def _on_traceparent(request: Request, line: bytes, value: bytes) -> None:
    if _TRACEPARENT.fullmatch(value) is not None:
        request.traceparent = value


def _on_expect(request: Request, line: bytes, value: bytes) -> None:
    if value.lower() != b"100-continue":
        raise RefusedError(refusals.EXPECTATION_FAILED)
    # A client of HTTP/1.0 would take the interim answer for the final one.
    request.expects_continue = not request.is_http10


def _on_upgrade(request: Request, line: bytes, value: bytes) -> None:
    raise RefusedError(refusals.UPGRADE_NOT_SUPPORTED)


def _on_idempotency_key(request: Request, line: bytes, value: bytes) -> None:
    request.has_idempotency_key = True
    request.lines.append(line)


def _on_forwarded_for(request: Request, line: bytes, value: bytes) -> None:
    earlier = request.forwarded_for
    request.forwarded_for = value if earlier is None else earlier + b", " + value


_READERS = {
    names.HOST: _on_host,
    names.AUTHORIZATION: _on_authorization,
    names.COOKIE: _on_cookie,
    names.CONNECTION: _on_connection,
    names.CONTENT_LENGTH: _on_length,
    names.TRANSFER_ENCODING: _on_transfer_encoding,
    names.ORIGIN: _on_origin,
    names.ACCEPT: _on_accept,
    names.REQUEST_ID: _on_request_id,
    names.TRACEPARENT: _on_traceparent,
    names.EXPECT: _on_expect,
    names.UPGRADE: _on_upgrade,
    names.IDEMPOTENCY_KEY: _on_idempotency_key,
    names.FORWARDED_FOR: _on_forwarded_for,
}


def _finish(request: Request) -> None:
    if not request.host:
        raise RefusedError(refusals.INVALID_HOST)
    target = request.target
    if not target.startswith(b"/"):
        target = request.target = _origin_form(target, request.host)
    if (b"%" in target or b"/." in target or b"//" in target) and _DOUBTFUL_PATH.search(
        request.path
    ):
        raise RefusedError(refusals.INVALID_TARGET)
    if request.transfer_encoding is not None or request.length is not None:
        request.body_length = _body_length(request)
    if request.cookie is not None:
        _read_cookies(request, request.cookie)
    if request.connection is not None:
        _read_connection(request, request.connection)


def _origin_form(target: bytes, host: bytes) -> bytes:
    """The path of an absolute target, which must name the same authority as Host."""
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise RefusedError(refusals.INVALID_TARGET)
    if match[1].lower() != host.lower():
        raise RefusedError(refusals.INVALID_HOST)
    return match[2] or b"/"


def _body_length(request: Request) -> int:
    if request.transfer_encoding is not None:
        if (
            request.length is not None
            or request.is_http10
            or request.transfer_encoding.lower() != b"chunked"
        ):
            raise RefusedError(refusals.INVALID_FRAMING)
        return CHUNKED
    length = request.length or b""
    if not length.isdigit() or len(length) > _MAX_LENGTH_DIGITS:
        raise RefusedError(refusals.INVALID_FRAMING)
    return int(length)


def _read_cookies(request: Request, cookie: bytes) -> None:
    if SESSION_COOKIE in cookie:
        request.session, cookie = take_session(cookie)
    if cookie:
        request.lines.append(b"cookie: " + cookie)


def _read_connection(request: Request, value: bytes) -> None:
    named = {option.strip(b" \t").lower() for option in value.split(b",")}
    if b"close" in named:
        request.keep_alive = False
    named -= {b"close", b"keep-alive", b""}
    if named:
        # Headers that the client declares to be for this hop only are not passed on.
        request.lines = [
            line for line in request.lines if line.partition(b":")[0].lower() not in named
        ]
