"""One document in memory: rendered once, with its compressed forms and its entity tag (RFC 9110, 8.8.3)."""

import zlib
from collections.abc import Mapping
from hashlib import sha256

from gateway.pages.negotiation import IDENTITY, coding_of, header
from gateway.wire.decisions import Answer
from gateway.wire.request import Request

HTML = "text/html; charset=utf-8"
# Kept by clients, but not used without asking whether it is still the newest.
REVALIDATED = "no-cache"
FOR_AN_HOUR = "public, max-age=3600"
# Only the host's own scripts; Swagger UI sets styles by script and has small inline images.
_OF_THE_DOCS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
}
# Shorter ones are one packet in any case.
_MIN_COMPRESSED_BYTES = 1024
# Makes zlib write the header and the checksum of gzip.
_GZIP = 16 + zlib.MAX_WBITS


class Document:
    """What a GET gets: the whole, the same compressed, or 304 if the client has it already.

    `headers` are further ones. `forms` are compressed forms that exist already, by their coding, the
    best first; if there are none, a long document is compressed with gzip.
    """

    __slots__ = ("_answers", "_codings", "_digest", "_unchanged")

    def __init__(
        self,
        content_type: str,
        body: bytes,
        cache_control: str = REVALIDATED,
        *,
        headers: Mapping[str, str] = _OF_THE_DOCS,
        vary: str = "accept-encoding",
        forms: Mapping[bytes, bytes] | None = None,
    ) -> None:
        lines = {"cache-control": cache_control, "vary": vary, **headers}
        common = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._digest = sha256(common.encode() + body).hexdigest()[:32].encode()
        if forms is None:
            forms = {b"gzip": gzipped(body)} if len(body) >= _MIN_COMPRESSED_BYTES else {}
        self._codings = tuple(forms)
        self._answers = {IDENTITY: self._answer(content_type, IDENTITY, body, common)}
        for coding, packed in forms.items():
            self._answers[coding] = self._answer(content_type, coding, packed, common)
        self._unchanged = {
            coding: Answer(
                None,
                304,
                b"HTTP/1.1 304 Not Modified\r\netag: %b\r\n%b"
                % (self._tag(coding), common.encode()),
                b"",
            )
            for coding in self._answers
        }

    def answer(self, request: Request) -> Answer:
        """The answer to a GET or HEAD."""
        coding = coding_of(request, self._codings) if self._codings else IDENTITY
        known = header(request, b"if-none-match")
        if known and self._is_known(known):
            return self._unchanged[coding]
        return self._answers[coding]

    def _answer(self, content_type: str, coding: bytes, body: bytes, common: str) -> Answer:
        packed = b"" if coding == IDENTITY else b"content-encoding: %b\r\n" % coding
        head = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n%betag: %b\r\n%b" % (
            content_type.encode(),
            len(body),
            packed,
            self._tag(coding),
            common.encode(),
        )
        return Answer(None, 200, head, body)

    def _tag(self, coding: bytes) -> bytes:
        return b'"%b%b"' % (self._digest, b"" if coding == IDENTITY else b"-" + coding)

    def _is_known(self, tags: bytes) -> bool:
        """Whether the client has this document, in any form (weak comparison: RFC 9110, 13.1.2)."""
        if tags == b"*":
            return True
        own = {self._tag(coding) for coding in self._answers}
        return any(tag.strip(b" \t").removeprefix(b"W/") in own for tag in tags.split(b","))


def gzipped(body: bytes) -> bytes:
    """`body` in the form of gzip; the same for the same body."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()
