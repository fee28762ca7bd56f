"""The decision on a request to the store's host.

The store decides whether a signature is right and still valid. What is decided here is what a
signature cannot say: that nothing reaches the store which it does not cover, who may use links from
a page, and how many transfers run at a time. Nothing of a tenant's share is used, because nobody knows
the tenant before the store has looked at the signature.
"""

from __future__ import annotations

from gateway.fairness.limits import Limits
from gateway.hosts.sites import NOBODY, Who
from gateway.store import refusals
from gateway.store.links import CONDITIONS, Link, read_link
from gateway.store.origins import Origins, preflight_lines
from gateway.store.places import Places
from gateway.wire.decisions import Answer, Decision, Refuse, Relay
from gateway.wire.peers import Peer
from gateway.wire.refusals import Refusal
from gateway.wire.request import CHUNKED, Request
from gateway.wire.response import ResponseHead
from gateway.wire.service import Service
from gateway.wire.timeouts import Pace

LABEL = "objects"
_BEARER = Who(None, "link")
_DOWNLOADS = (b"GET", b"HEAD")

# What a client may see of the store's answer.
_ANSWER_HEADERS = frozenset(
    (
        b"accept-ranges",
        b"cache-control",
        b"content-disposition",
        b"content-length",
        b"content-range",
        b"content-type",
        b"etag",
        b"last-modified",
    )
)
# Photos may be shown by pages of other hosts, also such as do not share a domain with this one; a
# file that is no photo must do no harm when it is opened here.
_SAFE_LINES = [
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox",
    b"cross-origin-resource-policy: cross-origin",
    b"referrer-policy: no-referrer",
]
_PREFLIGHT_HEAD = b"HTTP/1.1 204 No Content\r\n"


class StoreHost:
    """Serves `host`, the exact value of the Host header, which every signature covers."""

    def __init__(
        self,
        host: str,
        service: Service,
        *,
        limits: Limits,
        origins: Origins,
        places: Places,
        pace: Pace,
    ) -> None:
        self.host = host.encode()
        self.service = service
        self.places = places
        self._limits = limits
        self._origins = origins
        self._pace = pace

    def takes(self, request: Request) -> bool:
        """Whether the body of `request` may have any length: its signature says which."""
        return request.host == self.host and request.method == b"PUT"

    def decide(self, request: Request, peer: Peer, now: float) -> Decision:
        """What to do with `request`, which is for this host and came from `peer` at `now`."""
        lines = self._origins.lines(request.origin)
        source = peer.source_of(request)
        refusal = self._limits.charge(source, now)
        if refusal is not None:
            return Refuse(NOBODY, refusal, lines)
        if request.method == b"OPTIONS":
            # Whatever the path: a page must be able to read why its link is refused.
            return self._preflight(request, lines)
        link = read_link(request.target)
        if link is None:
            return Refuse(NOBODY, refusals.INVALID_LINK, lines)
        head = _head(request, link)
        if isinstance(head, Refusal):
            return Refuse(NOBODY, head, lines)
        place = self.places.enter(source, link.path if request.method == b"PUT" else None)
        if isinstance(place, Refusal):
            return Refuse(NOBODY, place, lines)
        own = [*_SAFE_LINES, lines.removesuffix(b"\r\n")]
        return Relay(
            _BEARER,
            self.service,
            head,
            lambda response: _answer_lines(response) + own,
            lines,
            self._pace,
            place,
        )

    def _preflight(self, request: Request, lines: bytes) -> Answer | Refuse:
        method, headers = None, b""
        for line in request.lines:
            name, _, value = line.partition(b":")
            name = name.lower()
            if name == b"access-control-request-method":
                method = value.strip(b" \t")
            elif name == b"access-control-request-headers":
                headers += b"," + value
        if request.origin is None or not self._origins.allow(request.origin):
            return Refuse(NOBODY, refusals.ORIGIN_NOT_ALLOWED, lines)
        allowed = preflight_lines(method, headers)
        if allowed is None:
            return Refuse(NOBODY, refusals.PREFLIGHT_NOT_ALLOWED, lines)
        return Answer(NOBODY, 204, _PREFLIGHT_HEAD + allowed + lines, b"")


def _head(request: Request, link: Link) -> bytes | Refusal:
    """The head that the store gets: of the headers, those that the signature covers, and the
    conditions of a download."""
    passed = link.signed
    framing = b""
    if request.method == b"PUT":
        if not link.can_upload:
            return refusals.INVALID_LINK
        if request.length is None or request.body_length == CHUNKED:
            return refusals.LENGTH_REQUIRED
        framing = b"content-length: %d\r\n" % request.body_length
    elif request.method in _DOWNLOADS:
        if not link.can_download:
            return refusals.INVALID_LINK
        if request.body_length:
            return refusals.UNEXPECTED_BODY
        passed |= CONDITIONS
    else:
        return refusals.STORE_METHOD_NOT_ALLOWED
    lines: dict[bytes, bytes] = {}
    for line in request.lines:
        name = line.partition(b":")[0].lower()
        if name in passed:
            if name in lines:
                return refusals.REPEATED_HEADER
            lines[name] = line
    return b"%b %b HTTP/1.1\r\nhost: %b\r\n%b%b\r\n" % (
        request.method,
        request.target,
        request.host,
        framing,
        b"".join(line + b"\r\n" for line in lines.values()),
    )


def _answer_lines(response: ResponseHead) -> list[bytes]:
    """The status line of the store's answer, and the headers that clients may see."""
    status_line, *others = response.lines
    lines, names = [status_line], set()
    for line in others:
        name = line.partition(b":")[0].lower()
        if name in _ANSWER_HEADERS:
            lines.append(line)
            names.add(name)
    if b"cache-control" not in names:
        lines.append(b"cache-control: no-store")
    return lines
