"""What a refusal is (a problem document, RFC 9457), and all refusals that concern only HTTP.

A refusal is rendered when the process starts; each request adds its id. The layers above have
their refusals in a `refusals.py` of their own.
"""

import json
from dataclasses import dataclass, field

from gateway.wire.clock import clock

_PROBLEM = b"application/problem+json"


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """Why a request is refused. `must_close`: nobody knows where the request ends."""

    status: int
    code: str
    title: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()
    must_close: bool = False
    _head: bytes = field(init=False)
    _before_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        lines = [f"HTTP/1.1 {self.status} {self.title}", "cache-control: no-store"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        members = {
            "type": f"urn:stagify:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        body = json.dumps(members, separators=(",", ":"))
        set_field = object.__setattr__
        set_field(self, "_head", "\r\n".join(lines).encode() + b"\r\n")
        set_field(self, "_before_id", body[:-1].encode() + b',"request_id":"')

    def render(
        self,
        request_id: bytes,
        own_lines: bytes,
        *,
        close: bool,
        head_only: bool = False,
        lines: bytes = b"",
    ) -> bytes:
        """The complete answer; `own_lines` are those of `Parts`, and `lines` further header lines,
        each with its line end. `request_id` must be a valid one, because it is not escaped."""
        body = self._before_id + request_id + b'"}'
        return b"".join(
            (
                self._head,
                lines,
                clock.date_line,
                b"content-type: %b\r\ncontent-length: %d\r\n" % (_PROBLEM, len(body)),
                own_lines,
                request_id,
                b"\r\nconnection: close\r\n\r\n" if close else b"\r\n\r\n",
                b"" if head_only else body,
            )
        )


def _bad(code: str, detail: str) -> Refusal:
    return Refusal(400, code, "Bad Request", detail, must_close=True)


# The methods that the platform knows; each path supports some of them.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

RETRY_SOON = (("retry-after", "1"),)

# The bytes are not one unambiguous HTTP/1.1 request.
MALFORMED_REQUEST = _bad("malformed_request", "The request is not well-formed HTTP/1.1.")
INVALID_HEADER = _bad("invalid_header", "A header name or line is not valid.")
INVALID_HOST = _bad("invalid_host", "Exactly one valid Host header is required.")
INVALID_TARGET = _bad("invalid_target", "The request target is not a plain absolute path.")
INVALID_FRAMING = _bad("invalid_framing", "The length of the body is ambiguous.")
INVALID_CHUNK = _bad("invalid_chunk", "The chunked body is not well-formed.")
DUPLICATE_CREDENTIAL = _bad("duplicate_credential", "A credential was sent more than once.")
DUPLICATE_HEADER = _bad("duplicate_header", "A header that may occur once was sent twice.")
URI_TOO_LONG = Refusal(
    414, "uri_too_long", "URI Too Long", "The request target is too long.", must_close=True
)
HEADERS_TOO_LARGE = Refusal(
    431,
    "headers_too_large",
    "Request Header Fields Too Large",
    "The headers are too many or too large.",
    must_close=True,
)
VERSION_NOT_SUPPORTED = Refusal(
    505,
    "version_not_supported",
    "HTTP Version Not Supported",
    "Only HTTP/1.1 and HTTP/1.0 are supported.",
    must_close=True,
)
METHOD_NOT_SUPPORTED = Refusal(
    501,
    "method_not_supported",
    "Not Implemented",
    "This method is not supported.",
    (("allow", ", ".join(METHODS)),),
    must_close=True,
)
EXPECTATION_FAILED = Refusal(
    417,
    "expectation_failed",
    "Expectation Failed",
    "The only Expect header supported is 100-continue.",
    must_close=True,
)
REQUEST_TIMEOUT = Refusal(
    408,
    "request_timeout",
    "Request Timeout",
    "The request did not arrive in time.",
    must_close=True,
)
TOO_SLOW = Refusal(
    408,
    "transfer_too_slow",
    "Request Timeout",
    "The body came too slowly: try again on a better connection, or with a smaller file.",
    must_close=True,
)
BODY_TOO_LARGE = Refusal(
    413, "body_too_large", "Content Too Large", "The body is larger than allowed here."
)


# The request is well-formed, but cannot be served now.
OVERLOADED = Refusal(
    503, "overloaded", "Service Unavailable", "The platform is busy: try again.", RETRY_SOON
)
TOO_MANY_FROM_ADDRESS = Refusal(
    429,
    "too_many_from_address",
    "Too Many Requests",
    "Too many requests or connections from this address are open at once.",
    RETRY_SOON,
)
UPSTREAM_UNAVAILABLE = Refusal(
    503,
    "upstream_unavailable",
    "Service Unavailable",
    "A part of the platform is not answering right now: try again.",
    RETRY_SOON,
)
UPSTREAM_FAILED = Refusal(
    502, "upstream_failed", "Bad Gateway", "A part of the platform broke off its answer."
)
UPSTREAM_TIMEOUT = Refusal(
    504, "upstream_timeout", "Gateway Timeout", "A part of the platform took too long to answer."
)
