"""The head of a request, read strictly: what two servers could read differently is refused.

What goes to a service is written anew from what was understood here, so no later parser sees
bytes that this one has not. A test compares it with llhttp on random heads.
"""

import re
from dataclasses import dataclass

from gateway.wire import names, refusals
from gateway.wire.authority import is_same_server
from gateway.wire.cookies import SESSION_COOKIE, take_session
from gateway.wire.errors import RefusedError
from gateway.wire.names import DROP, FORWARD

CHUNKED = -1
# The target of OPTIONS that asks about no path in particular.
SERVER_AS_A_WHOLE = b"*"

# A header line may hold tab, space, visible ASCII and bytes above 127 (obsolete); nothing else.
FIELD_BYTES = bytes([9, *range(32, 127), *range(128, 256)])
# What a target consists of: bytes that say nothing else, and those that are looked at closely.
_PLAIN_BYTES = bytes(byte for byte in range(33, 127) if byte not in b'#"<>\\%`')
_CLOSE_BYTES = b"%`"
_METHODS = frozenset(method.encode() for method in refusals.METHODS)
_VERSION = re.compile(rb"HTTP/[0-9](?:\.[0-9])?")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,128}")
_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ABSOLUTE = re.compile(rb"(https?)://([^/?]*)(/[^?]*)?(\?.*)?", re.IGNORECASE)
# A path with more than one spelling is refused: empty and dot segments, and escapes of "/", "\", "."
# and NUL. A backquote hyper, with which the services listen, refuses without a word of explanation.
_DOUBTFUL_SEGMENT = re.compile(rb"//|/\.\.?(?:/|$)")
_DOUBTFUL_BYTE = re.compile(rb"%(?:2e|2f|5c|00)|`", re.IGNORECASE)
_MAX_LENGTH_DIGITS = 15


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """How large the head of a request may be.

    The services take 100 header lines, of which the gateway adds up to 9 (`forwarding.py`, and the
    session on the platform's host).
    """

    max_bytes: int = 32 * 1024
    max_headers: int = 90
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
        "fetch_site",
        "forwarded_for",
        "forwarded_proto",
        "has_content_type",
        "has_idempotency_key",
        "has_last_event_id",
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
        # Empty if it is of another scheme than Bearer, and so not for us.
        self.authorization: bytes | None = None
        self.session: bytes | None = None
        self.origin: bytes | None = None
        self.fetch_site: bytes | None = None
        self.accept = b""
        self.request_id: bytes | None = None
        self.traceparent: bytes | None = None
        self.expects_continue = False
        self.has_idempotency_key = self.has_content_type = self.has_last_event_id = False
        self.forwarded_for: bytes | None = None
        self.forwarded_proto: bytes | None = None
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
    odd = target.translate(None, _PLAIN_BYTES)
    if odd and (
        odd.translate(None, _CLOSE_BYTES) or _DOUBTFUL_BYTE.search(target.partition(b"?")[0])
    ):
        raise RefusedError(refusals.INVALID_TARGET)
    return Request(method, target, version == b"HTTP/1.0")


def _on_host(request: Request, line: bytes, value: bytes) -> None:
    if request.host or not value:
        raise RefusedError(refusals.INVALID_HOST)
    request.host = value


# Of the headers below, different readers could pick different ones if there were two, so a second one
# is refused; also one with the same value, because such a header is not a list (RFC 9110, 5.3).


def _on_authorization(request: Request, line: bytes, value: bytes) -> None:
    if request.authorization is not None:
        raise RefusedError(refusals.DUPLICATE_CREDENTIAL)
    # A browser or a proxy may add credentials of its own, such as Basic, which say nothing to us.
    is_ours = value[:7].lower() in (b"bearer ", b"bearer")
    request.authorization = value if is_ours else b""


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
    if request.origin is not None:
        raise RefusedError(refusals.DUPLICATE_HEADER)
    request.origin = value
    request.lines.append(line)


def _on_fetch_site(request: Request, line: bytes, value: bytes) -> None:
    if request.fetch_site is not None:
        raise RefusedError(refusals.DUPLICATE_HEADER)
    request.fetch_site = value
    request.lines.append(line)


def _on_content_type(request: Request, line: bytes, value: bytes) -> None:
    if request.has_content_type:
        raise RefusedError(refusals.DUPLICATE_HEADER)
    request.has_content_type = True
    request.lines.append(line)


def _on_last_event_id(request: Request, line: bytes, value: bytes) -> None:
    if request.has_last_event_id:
        raise RefusedError(refusals.DUPLICATE_HEADER)
    request.has_last_event_id = True
    # An empty one says that there was no event yet (HTML, "last event ID string").
    if value:
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
    # HTTP/1.0 has no expectations (RFC 9110, 10.1.1): its client would take an interim answer for
    # the final one.
    if request.is_http10:
        return
    for expectation in value.lower().split(b","):
        expected = expectation.strip(b" \t")
        if expected == b"100-continue":
            request.expects_continue = True
        elif expected:
            raise RefusedError(refusals.EXPECTATION_FAILED)


def _on_idempotency_key(request: Request, line: bytes, value: bytes) -> None:
    if request.has_idempotency_key:
        raise RefusedError(refusals.DUPLICATE_HEADER)
    request.has_idempotency_key = True
    request.lines.append(line)


def _on_forwarded_for(request: Request, line: bytes, value: bytes) -> None:
    earlier = request.forwarded_for
    request.forwarded_for = value if earlier is None else earlier + b", " + value


def _on_forwarded_proto(request: Request, line: bytes, value: bytes) -> None:
    # The last one is that of the proxy before us.
    request.forwarded_proto = value.rpartition(b",")[2].strip(b" \t").lower()


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
    names.IDEMPOTENCY_KEY: _on_idempotency_key,
    names.CONTENT_TYPE: _on_content_type,
    names.LAST_EVENT_ID: _on_last_event_id,
    names.FETCH_SITE: _on_fetch_site,
    names.FORWARDED_FOR: _on_forwarded_for,
    names.FORWARDED_PROTO: _on_forwarded_proto,
}


def _finish(request: Request) -> None:
    if not request.host:
        raise RefusedError(refusals.INVALID_HOST)
    target = request.target
    if not target.startswith(b"/"):
        target = request.target = _plain_target(request.method, target, request.host)
    if (b"/." in target or b"//" in target) and _DOUBTFUL_SEGMENT.search(request.path):
        raise RefusedError(refusals.INVALID_TARGET)
    if request.transfer_encoding is not None or request.length is not None:
        request.body_length = _body_length(request)
    if request.cookie is not None:
        _read_cookies(request, request.cookie)
    if request.connection is not None:
        _read_connection(request, request.connection)


def _plain_target(method: bytes, target: bytes, host: bytes) -> bytes:
    """The asterisk of OPTIONS, or the path and query of an absolute target.

    RFC 9112 (3.2.2) would have us ignore Host there, but two names for one request are refused.
    """
    if target == SERVER_AS_A_WHOLE and method == b"OPTIONS":
        return target
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise RefusedError(refusals.INVALID_TARGET)
    if not is_same_server(match[1].lower(), match[2], host):
        raise RefusedError(refusals.INVALID_HOST)
    return (match[3] or b"/") + (match[4] or b"")


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
        request.has_idempotency_key &= b"idempotency-key" not in named
        # Headers that the client declares to be for this hop only are not passed on.
        request.lines = [
            line for line in request.lines if line.partition(b":")[0].lower() not in named
        ]
