"""One document in memory: rendered once, with its compressed form and its entity tag (RFC 9110, 8.8.3)."""

import zlib
from hashlib import sha256

from gateway.wire.decisions import Answer
from gateway.wire.request import Request

HTML = "text/html; charset=utf-8"
# Kept by clients, but not used without asking whether it is still the newest.
REVALIDATED = "no-cache"
FOR_AN_HOUR = "public, max-age=3600"
# Only the host's own scripts; Swagger UI sets styles by script and has small inline images.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# Shorter ones are one packet in any case.
_MIN_COMPRESSED_BYTES = 1024
# Makes zlib write the header and the checksum of gzip.
_GZIP = 16 + zlib.MAX_WBITS


class Document:
    """What a GET gets: the whole, the same compressed, or 304 if the client has it already."""

    __slots__ = ("_compressed", "_has_compressed", "_tag", "_unchanged", "_whole")

    def __init__(self, content_type: str, body: bytes, cache_control: str = REVALIDATED) -> None:
        digest = sha256(body).hexdigest()[:32]
        self._tag = digest.encode()
        common = (
            f"cache-control: {cache_control}\r\nvary: accept-encoding\r\n"
            f"content-security-policy: {_POLICY}\r\n"
            "referrer-policy: no-referrer\r\n"
        )

        def answer(form: str, coding: str, body: bytes) -> Answer:
            head = (
                f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n"
                f'content-length: {len(body)}\r\n{coding}etag: "{digest}{form}"\r\n{common}'
            )
            return Answer(None, 200, head.encode(), body)

        def unchanged(form: str) -> Answer:
            head = f'HTTP/1.1 304 Not Modified\r\netag: "{digest}{form}"\r\n{common}'
            return Answer(None, 304, head.encode(), b"")

        self._whole = answer("", "", body)
        self._has_compressed = len(body) >= _MIN_COMPRESSED_BYTES
        self._compressed = self._whole
        self._unchanged = {False: unchanged(""), True: unchanged("")}
        if self._has_compressed:
            self._compressed = answer("-gzip", "content-encoding: gzip\r\n", _gzip(body))
            self._unchanged[True] = unchanged("-gzip")

    def answer(self, request: Request) -> Answer:
        """The answer to a GET or HEAD."""
        compressed = self._has_compressed and _takes_gzip(_header(request, b"accept-encoding"))
        known = _header(request, b"if-none-match")
        if known and self._is_known(known):
            return self._unchanged[compressed]
        return self._compressed if compressed else self._whole

    def _is_known(self, tags: bytes) -> bool:
        """Whether the client has this document, in either form (weak comparison: RFC 9110, 13.1.2)."""
        if tags == b"*":
            return True
        own = (self._tag, self._tag + b"-gzip")
        return any(
            tag.strip(b" \t").removeprefix(b"W/").strip(b'"') in own for tag in tags.split(b",")
        )


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()


def _header(request: Request, name: bytes) -> bytes:
    """The value of a header that is passed on to services as it is; empty if it is not there. Only
    documents need these, so that the parser does not look for them."""
    values = []
    for line in request.lines:
        found, _, value = line.partition(b":")
        if found.lower() == name:
            values.append(value.strip(b" \t"))
    return b",".join(values)


def _takes_gzip(accepted: bytes) -> bool:
    """Whether `accept-encoding` allows gzip (RFC 9110, 12.5.3)."""
    anything = False
    for part in accepted.lower().split(b","):
        coding, _, weight = part.replace(b" ", b"").replace(b"\t", b"").partition(b";")
        is_wanted = not weight.startswith(b"q=0") or weight[4:].strip(b"0.") != b""
        if coding in (b"gzip", b"x-gzip"):
            return is_wanted
        if coding == b"*":
            anything = is_wanted
    return anything
