"""HEAD requests to the object store: one for each new project, over connections that stay open.

With boto3 in a thread, this would cost more CPU than everything else that creating a project takes.
So we send them over connections of our own.
"""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from stagify.clock import utc_now
from stagify.connections import Connections
from staging_svc.objects.signing import HeadSigner, SigningKey

HEAD_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What the store says about an object."""

    size: int
    content_type: str


class HeadRefusedError(Exception):
    """The store answered with another status than 200 or 404."""


class Heads:
    """Sends HEAD requests to one store."""

    def __init__(self, endpoint: str, key: SigningKey) -> None:
        parts = urlsplit(endpoint.rstrip("/"))
        self._base = parts.path
        self._signer = HeadSigner(parts.netloc, key)
        self._connections = Connections(endpoint)

    async def head(self, bucket: str, key: str) -> ObjectHead | None:
        """Size and type of an object, or None if there is none; OSError or TimeoutError if the
        store does not answer."""
        path = f"{self._base}/{bucket}/{quote(key)}"
        async with asyncio.timeout(HEAD_SECONDS):
            answer = await self._connections.exchange(self._request(path), is_head=True)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise HeadRefusedError(answer.status)
        size = int(answer.headers.get(b"content-length", b"0"))
        return ObjectHead(size, answer.headers.get(b"content-type", b"").decode("latin-1"))

    def close(self) -> None:
        """Close idle connections."""
        self._connections.close()

    def _request(self, path: str) -> bytes:
        headers = self._signer.headers(path, utc_now())
        lines = [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join((f"HEAD {path} HTTP/1.1", *lines, "", "")).encode()
