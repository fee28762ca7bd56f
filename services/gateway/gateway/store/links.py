"""Signed links: what one must look like before the store is asked whether its signature is right.

The grammar is that of a query signed by AWS Signature Version 4 ("Authenticating Requests: Using
Query Parameters" in the S3 API reference), limited to what staging-svc signs. Whatever it does not
name cannot reach the store.
"""

import re
from dataclasses import dataclass

_UUID = rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# A bucket, and a key that begins with its tenant; nothing that could be spelled in another way.
_OBJECT = re.compile(
    rb"/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/tenants/%b(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+" % _UUID
)
_OVERRIDE = re.compile(rb"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*")
_SIGNED_HEADERS = b"X-Amz-SignedHeaders"
_SIGNATURE = {
    b"X-Amz-Algorithm": re.compile(rb"AWS4-HMAC-SHA256"),
    b"X-Amz-Credential": re.compile(
        rb"[A-Za-z0-9_-]{1,128}%2F[0-9]{8}%2F[a-z0-9-]{1,64}%2Fs3%2Faws4_request"
    ),
    b"X-Amz-Date": re.compile(rb"[0-9]{8}T[0-9]{6}Z"),
    b"X-Amz-Expires": re.compile(rb"[1-9][0-9]{0,5}"),
    _SIGNED_HEADERS: re.compile(rb"[a-z0-9-]{1,64}(?:%3B[a-z0-9-]{1,64}){0,15}"),
    b"X-Amz-Signature": re.compile(rb"[0-9a-f]{64}"),
}
# What a link to download may say about the answer.
_OVERRIDES = dict.fromkeys(
    (b"response-cache-control", b"response-content-disposition", b"response-content-type"),
    _OVERRIDE,
)
_FIELDS = {**_SIGNATURE, **_OVERRIDES}

# The headers of a download that the store may see, signed or not.
CONDITIONS = frozenset(
    (
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"range",
    )
)
# What the signature of an upload must cover, so that it is for one size and type and for a new
# object only; and what it may cover besides.
UPLOAD_HEADERS = frozenset((b"content-length", b"content-type", b"host", b"if-none-match"))
_UPLOAD_MAY_COVER = UPLOAD_HEADERS | {b"content-md5"}
_DOWNLOAD_MAY_COVER = CONDITIONS | {b"host"}


@dataclass(frozen=True, slots=True)
class Link:
    """The object that a link names, as `/<bucket>/<key>`, and the headers that its signature covers,
    in lower case."""

    path: bytes
    signed: frozenset[bytes]
    has_overrides: bool

    @property
    def can_upload(self) -> bool:
        """Whether it may be a link to upload; the store knows whether it is one."""
        return UPLOAD_HEADERS <= self.signed <= _UPLOAD_MAY_COVER and not self.has_overrides

    @property
    def can_download(self) -> bool:
        """Whether it may be a link to download."""
        return b"host" in self.signed and self.signed <= _DOWNLOAD_MAY_COVER


def read_link(target: bytes) -> Link | None:
    """The link that the target of a request is; None if it is none, or has anything else in it."""
    path, _, query = target.partition(b"?")
    if _OBJECT.fullmatch(path) is None:
        return None
    fields: dict[bytes, bytes] = {}
    for pair in query.split(b"&"):
        name, equals, value = pair.partition(b"=")
        grammar = _FIELDS.get(name)
        if grammar is None or not equals or name in fields or grammar.fullmatch(value) is None:
            return None
        fields[name] = value
    if not _SIGNATURE.keys() <= fields.keys():
        return None
    listed = fields[_SIGNED_HEADERS].split(b"%3B")
    signed = frozenset(listed)
    if len(signed) != len(listed):
        return None
    return Link(path, signed, has_overrides=not _OVERRIDES.keys().isdisjoint(fields))
