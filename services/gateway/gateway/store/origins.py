"""Which pages may use signed links, and what their browsers are told (Fetch Standard, CORS protocol)."""

from gateway.hosts.directory import Directory
from gateway.store.links import CONDITIONS

_METHODS = frozenset((b"GET", b"HEAD", b"PUT"))
# Browsers set Content-Length themselves, so pages need not ask for it.
_HEADERS = CONDITIONS | {b"content-md5", b"content-type"}
_SECONDS = 600
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

VARY = b"vary: origin\r\n"
_PREFLIGHT = (
    b"access-control-allow-methods: GET, HEAD, PUT\r\n"
    b"access-control-allow-headers: %b\r\n"
    b"access-control-max-age: %d\r\n" % (b", ".join(sorted(_HEADERS)), _SECONDS)
)
_EXPOSED = b"accept-ranges, content-length, content-range, etag, last-modified, x-request-id"


class Origins:
    """The origins of the platform host and of every tenant's host that is in use.

    An origin is compared as a whole (scheme, host, port; RFC 6454): browsers write it in one way only.
    """

    def __init__(self, directory: Directory, *, scheme: str, base_domain: str) -> None:
        self._directory = directory
        self._before = f"{scheme}://".encode()
        _, colon, port = base_domain.partition(":")
        suffix = colon + port
        self._after = b"" if suffix == _DEFAULT_PORTS.get(scheme) else suffix.encode()

    def allow(self, origin: bytes) -> bool:
        """Whether pages of `origin` may use links."""
        before, after = self._before, self._after
        if not origin.startswith(before) or not origin.endswith(after):
            return False
        host = origin[len(before) : len(origin) - len(after)]
        if b":" in host:
            return False
        site = self._directory.at(host)
        return site is not None and site.status != "suspended"

    def lines(self, origin: bytes | None) -> bytes:
        """The header lines of every answer to a page of `origin`, each with its line end."""
        if origin is None or not self.allow(origin):
            return VARY
        return b"access-control-allow-origin: %b\r\naccess-control-expose-headers: %b\r\n%b" % (
            origin,
            _EXPOSED,
            VARY,
        )


def preflight_lines(method: bytes | None, headers: bytes) -> bytes | None:
    """The further lines of the answer to a preflight that asks for `method` and, comma separated,
    `headers`; None if that is not allowed."""
    asked = {name.strip(b" \t").lower() for name in headers.split(b",")} - {b""}
    if method not in _METHODS or not asked <= _HEADERS:
        return None
    return _PREFLIGHT
