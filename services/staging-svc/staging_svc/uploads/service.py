"""The use cases of uploads."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from stagify.clock import utc_now
from stagify.database import Connection, Session
from stagify.ids import new_id
from staging_svc.objects import service as objects
from staging_svc.objects.service import StoredObject
from staging_svc.parts import Parts
from staging_svc.settings import Settings
from staging_svc.uploads import queries
from staging_svc.uploads.errors import (
    NoBucketError,
    TooManyOpenUploadsError,
    UnsupportedPhotoTypeError,
    UploadAlreadyUsedError,
    UploadExpiredError,
    UploadMismatchError,
    UploadNotFilledError,
    UploadNotFoundError,
    UploadTooLargeError,
)
from staging_svc.uploads.models import Upload
from staging_svc.uploads.schemas import PHOTO_TYPES, UploadCreate, UploadRead

logger = logging.getLogger(__name__)

# A PUT that began just before the URL expired may take this long.
LATE_PUT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class UploadState:
    """What is needed of an upload to create a project."""

    bucket: str
    object_key: str
    content_type: str
    size: int
    expires_at: datetime
    project_id: UUID | None


def bucket_of(settings: Settings, region: str | None) -> str:
    """The bucket of a tenant's region; NoBucketError if this installation has none there, because in
    another region's bucket the photos would be where they must not be."""
    bucket = settings.s3_buckets.get(region or "")
    if bucket is None:
        logger.error("storage.no_bucket", extra={"region": region})
        raise NoBucketError
    return bucket


async def create_upload(
    session: Session,
    parts: Parts,
    *,
    tenant_id: UUID,
    region: str | None,
    wanted: UploadCreate,
) -> UploadRead:
    """Open an upload for exactly this type and size."""
    settings, bucket = parts.settings, bucket_of(parts.settings, region)
    _check(wanted, settings)
    await _check_open(session, settings.max_open_uploads)
    upload_id, now = new_id(), utc_now()
    upload = Upload(
        tenant_id=tenant_id,
        id=upload_id,
        created_at=now,
        bucket=bucket,
        object_key=objects.upload_key(tenant_id, upload_id),
        filename=wanted.filename,
        content_type=wanted.content_type,
        size=wanted.size,
        expires_at=now + timedelta(seconds=settings.upload_ttl_seconds),
    )
    session.add(upload)
    abandoned_at = now + timedelta(hours=settings.abandoned_upload_hours)
    await objects.intend_unless_used(session, stored(upload), upload_id, due_at=abandoned_at)
    signed = parts.storage.sign_upload(
        bucket,
        upload.object_key,
        content_type=upload.content_type,
        size=upload.size,
        ttl_seconds=settings.upload_ttl_seconds,
    )
    return UploadRead(
        id=upload_id, url=signed.url, headers=signed.headers, expires_at=upload.expires_at
    )


def _check(wanted: UploadCreate, settings: Settings) -> None:
    if wanted.content_type not in PHOTO_TYPES:
        raise UnsupportedPhotoTypeError(allowed=list(PHOTO_TYPES))
    if wanted.size > settings.upload_max_bytes:
        raise UploadTooLargeError(limit_bytes=settings.upload_max_bytes)


async def _check_open(session: Session, limit: int) -> None:
    """Refuse if `limit` is reached; concurrent requests may exceed it by the size of the pool."""
    now = utc_now()
    count, first_expiry = await queries.count_open(session, now)
    if count >= limit and first_expiry is not None:
        wait = max(1, round((first_expiry - now).total_seconds()))
        raise TooManyOpenUploadsError(retry_after=wait, limit=limit)


def stored(upload: Upload) -> StoredObject:
    """Where the upload's object is."""
    return StoredObject(upload.bucket, upload.object_key)


async def get_unused(connection: Connection, upload_id: UUID) -> UploadState:
    """The upload; UploadNotFoundError if this tenant has none with this id, UploadAlreadyUsedError if
    a project uses it."""
    row = await queries.fetch_upload(connection, upload_id)
    if row is None:
        raise UploadNotFoundError
    if row["project_id"] is not None:
        raise UploadAlreadyUsedError
    return UploadState(**row)


async def check_filled(parts: Parts, upload: UploadState) -> None:
    """Refuse unless the store has the object that was declared. This waits for the store, so call it
    outside of transactions."""
    head = await parts.storage.head(upload.bucket, upload.object_key)
    if head is None:
        raise UploadExpiredError if upload.expires_at <= utc_now() else UploadNotFilledError
    if (head.size, head.content_type) != (upload.size, upload.content_type):
        raise UploadMismatchError


async def use_upload(connection: Connection, *, upload_id: UUID, project_id: UUID) -> None:
    """Give the upload to a project, for good; UploadAlreadyUsedError if another has it,
    UploadNotFoundError if its deletion has begun."""
    if not await queries.give_to_project(connection, upload_id, project_id):
        await get_unused(connection, upload_id)
        # Its deletion has begun.
        raise UploadNotFoundError


async def upload_of_project(session: Session, project_id: UUID) -> Upload | None:
    """The upload a project was made from, while its object is kept."""
    return await queries.find_upload_of_project(session, project_id)


async def discard(session: Session, upload: Upload) -> None:
    """Delete the upload and its object.

    Its URL may still be valid, and once the object is gone, a client could PUT to it again; so a
    second intent falls due when that is no longer possible.
    """
    now = utc_now()
    for due_at in {now, _last_put(upload, now)}:
        await objects.intend(session, stored(upload), due_at=due_at)
    await session.delete(upload)


def _last_put(upload: Upload, now: datetime) -> datetime:
    return max(now, upload.expires_at + LATE_PUT)


async def forget_unused(session: Session, upload_id: UUID) -> None:
    """Delete the row of an upload that no project uses."""
    await queries.delete_unused(session, upload_id)
