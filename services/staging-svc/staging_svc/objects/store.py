"""The object store: boto3 in threads, and links signed for the address that clients reach.

Keys are chosen here and begin with the tenant. Signing takes at most a fifth of a millisecond and waits
for nothing, so it runs on the event loop; everything that waits runs in a thread.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stagify.errors import UnavailableError
from staging_svc.objects.heads import HeadRefusedError, Heads, ObjectHead
from staging_svc.objects.signing import LinkSigner, SigningKey
from staging_svc.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

P = ParamSpec("P")
T = TypeVar("T")

CHUNK_BYTES = 256 * 1024
MAX_CONNECTIONS = 16


class StorageUnavailableError(UnavailableError):
    """Photos cannot be stored or read right now: try again soon."""

    code = "storage_unavailable"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Size and SHA-256 (hex) of content that went to or came from the store."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing shows it."""

    key: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """A URL to PUT to, and exactly the headers that have to be sent with it."""

    url: str
    headers: dict[str, str]


class Storage:
    """The buckets of this installation. Every method may raise StorageUnavailableError."""

    def __init__(self, settings: Settings) -> None:
        self._client = _client(settings, str(settings.s3_endpoint))
        key = SigningKey(
            settings.s3_region,
            settings.s3_access_key_id.get_secret_value(),
            settings.s3_secret_access_key.get_secret_value(),
        )
        self._heads = Heads(str(settings.s3_endpoint), key)
        self._signer = _client(settings, str(settings.s3_public_url))
        self._public_url = urlsplit(str(settings.s3_public_url).rstrip("/"))
        self._links = LinkSigner(self._public_url.netloc, key)
        self._buckets = sorted(set(settings.s3_buckets.values()))

    def sign_upload(
        self, bucket: str, key: str, *, content_type: str, size: int, ttl_seconds: int
    ) -> SignedUpload:
        """A URL with which a client can create this one object, with this type and size, but not overwrite
        it."""
        url = self._signer.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": bucket,
                "Key": key,
                "ContentType": content_type,
                "ContentLength": size,
                "IfNoneMatch": "*",
            },
            ExpiresIn=ttl_seconds,
        )
        headers = {
            "Content-Type": content_type,
            "Content-Length": str(size),
            "If-None-Match": "*",
        }
        return SignedUpload(url, headers)

    def sign_download(
        self,
        bucket: str,
        key: str,
        *,
        content_type: str,
        filename: str,
        ascii_filename: str,
        as_attachment: bool,
        signed_at: datetime,
        valid_seconds: int,
        cached_seconds: int,
    ) -> str:
        """A URL with which a client can read one object from `signed_at` on, as a file with this name and
        type; programs that know only ASCII use `ascii_filename`."""
        path = f"{self._public_url.path}/{bucket}/{quote(key)}"
        query = self._links.query(
            path,
            {
                "response-cache-control": f"private, max-age={cached_seconds}",
                "response-content-disposition": _disposition(
                    filename, ascii_filename, as_attachment
                ),
                "response-content-type": content_type,
            },
            signed_at=signed_at,
            valid_seconds=valid_seconds,
        )
        return f"{self._public_url.scheme}://{self._public_url.netloc}{path}?{query}"

    async def head(self, bucket: str, key: str) -> ObjectHead | None:
        """Size and type of an object; None if there is none."""
        try:
            return await self._heads.head(bucket, key)
        except (OSError, TimeoutError, HeadRefusedError) as error:
            raise StorageUnavailableError from error

    async def download(self, bucket: str, key: str, path: Path, *, limit: int) -> StoredFile | None:
        """Write an object to `path`, or return None if there is none; more than `limit` bytes of
        it are never read."""
        return await self._call(self._read, bucket, key, path, limit)

    async def upload(self, bucket: str, key: str, path: Path, *, content_type: str) -> StoredFile:
        """Store the file at `path`."""
        return await self._call(self._write, bucket, key, path, content_type)

    async def delete(self, bucket: str, key: str) -> None:
        """Remove an object; it is fine if there is none."""
        await self._call(self._client.delete_object, Bucket=bucket, Key=key)

    async def list_page(self, bucket: str, prefix: str, *, after: str, size: int) -> list[Listed]:
        """The first `size` objects under `prefix` whose keys come after `after`, byte by byte; fewer
        only at the end."""
        answer = await self._call(
            self._client.list_objects_v2,
            Bucket=bucket,
            Prefix=prefix,
            StartAfter=after,
            MaxKeys=size,
        )
        return [Listed(item["Key"], item["LastModified"]) for item in answer.get("Contents", ())]

    async def ping(self) -> None:
        """Raise unless every bucket answers."""
        for bucket in self._buckets:
            await self._call(self._client.head_bucket, Bucket=bucket)

    def close(self) -> None:
        """Close idle connections."""
        self._heads.close()

    async def _call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except (ClientError, BotoCoreError) as error:
            raise StorageUnavailableError from error

    def _read(self, bucket: str, key: str, path: Path, limit: int) -> StoredFile | None:
        try:
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
        except self._client.exceptions.NoSuchKey:
            return None
        digest, size = hashlib.sha256(), 0
        with body, path.open("wb") as file:
            while size <= limit and (chunk := body.read(CHUNK_BYTES)):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        return StoredFile(size, digest.hexdigest())

    def _write(self, bucket: str, key: str, path: Path, content_type: str) -> StoredFile:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            file.seek(0)
            self._client.put_object(
                Bucket=bucket, Key=key, Body=file, ContentLength=size, ContentType=content_type
            )
        return StoredFile(size, digest)


def _disposition(filename: str, ascii_filename: str, as_attachment: bool) -> str:
    """A Content-Disposition (RFC 6266) with both forms of a file name."""
    kind = "attachment" if as_attachment else "inline"
    return f"{kind}; filename=\"{ascii_filename}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _client(settings: Settings, endpoint: str) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint.rstrip("/"),
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key_id.get_secret_value(),
        aws_secret_access_key=settings.s3_secret_access_key.get_secret_value(),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=3,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=MAX_CONNECTIONS,
            # Other stores than AWS do not know the newer default checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
