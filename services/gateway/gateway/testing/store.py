"""Links to a real store, as staging-svc signs them, and links that only look right."""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from gateway.testing.client import request
from stagify.testing import ObjectStoreServer

HOST = "objects.stagify.test"
PATH = f"/stagify-eu/tenants/{uuid4()}/uploads/{uuid4()}"
UPLOAD = "content-length%3Bcontent-type%3Bhost%3Bif-none-match"


def looks_signed(path: str = PATH, signed: str = "host", more: str = "") -> str:
    """A target that only the store can tell from a signed one."""
    return (
        f"{path}?{more}X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=key%2F20260101%2Feu%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z"
        f"&X-Amz-Expires=300&X-Amz-SignedHeaders={signed}&X-Amz-Signature={'0' * 64}"
    )


@dataclass
class Link:
    """A signed link, and the headers that belong to it."""

    key: str
    url: str
    method: str
    lines: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}"

    def request(self, body: bytes = b"", **changes: Any) -> bytes:
        """The request that the link is for, except for `changes`: `target`, `method`, `lines`."""
        lines = [f"{name}: {value}" for name, value in self.lines.items()]
        return request(
            changes.get("target", self.target),
            *changes.get("lines", lines),
            *changes.get("more", ()),
            method=changes.get("method", self.method),
            host=HOST,
            body=body,
        )


class RealStore:
    """The store of the test session, and links to it."""

    def __init__(self, server: ObjectStoreServer) -> None:
        self.server = server
        self.client = server.client()
        # Signatures cover the host that clients see.
        self._signer = replace(server, endpoint=f"http://{HOST}").client()

    def upload(self, size: int, *, seconds: int = 60) -> Link:
        """A link to upload `size` bytes."""
        key = f"tenants/{uuid4()}/uploads/{uuid4()}"
        parameters = {
            "Bucket": self.server.bucket,
            "Key": key,
            "ContentType": "image/jpeg",
            "ContentLength": size,
            "IfNoneMatch": "*",
        }
        url = self._signer.generate_presigned_url("put_object", parameters, ExpiresIn=seconds)
        return Link(key, url, "PUT", {"Content-Type": "image/jpeg", "If-None-Match": "*"})

    def download(self, key: str, **more: str) -> Link:
        """A link to download."""
        parameters = {"Bucket": self.server.bucket, "Key": key, **more}
        return Link(
            key, self._signer.generate_presigned_url("get_object", parameters, ExpiresIn=60), "GET"
        )

    def put(self, content: bytes) -> str:
        """Store an object, as staging-svc does; its key."""
        key = f"tenants/{uuid4()}/projects/{uuid4()}/{uuid4()}.jpg"
        self.client.put_object(
            Bucket=self.server.bucket, Key=key, Body=content, ContentType="image/jpeg"
        )
        return key

    def content(self, key: str) -> bytes | None:
        """What is stored under a key; None if there is nothing."""
        try:
            answer = self.client.get_object(Bucket=self.server.bucket, Key=key)
        except self.client.exceptions.NoSuchKey:
            return None
        content: bytes = answer["Body"].read()
        return content
