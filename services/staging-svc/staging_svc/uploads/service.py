"""The use cases of uploads."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from stagify.calls.usage import QuotaExceededError
from stagify.clock import utc_now
from stagify.database import Connection, Session, driver_connection
from stagify.events.staging import UploadDeleted
from stagify.ids import new_id
from stagify.outbox import publish
from stagify.tasks import queue
from staging_svc.objects import service as objects
from staging_svc.objects.service import StoredObject
from staging_svc.parts import Parts
from staging_svc.photos.service import LIMITS
from staging_svc.quota.service import Quota, storage_reservation
from staging_svc.settings import Settings
from staging_svc.uploads import queries
from staging_svc.uploads.errors import (
    NoBucketError,
    PhotoTooFewPixelsError,
    PhotoTooManyPixelsError,
    PhotoTooNarrowError,
    QuotaUnavailableError,
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
from staging_svc.uploads.schemas import PHOTO_TYPES, UploadCreate, UploadRead, photo_type

logger = logging.getLogger(__name__)

# The refusals of an upload that cannot become a project.
USE_ERRORS = (
    UploadNotFoundError,
    UploadNotFilledError,
    UploadExpiredError,
    UploadAlreadyUsedError,
    UploadMismatchError,
    *objects.STORE_ERRORS,
)

# A PUT that began just before the URL expired may take this long.
LATE_PUT = timedelta(minutes=15)
# The longest that a client with too many unused uploads is told to wait.
LONGEST_WAIT = timedelta(minutes=5)

# Tasks: look whether an upload was filled; reserve its bytes, which usage-svc did not do at once.
LOOK = "upload.look"
RESERVE = "upload.reserve"


@dataclass(frozen=True, slots=True)
class UploadState:
    """What is needed of an upload to create a project."""

    tenant_id: UUID
    id: UUID
    bucket: str
    object_key: str
    content_type: str
    size: int
    expires_at: datetime
    project_id: UUID | None
    awaits_reservation: bool


def bucket_of(settings: Settings, region: str | None) -> str:
    """The bucket of a tenant's region; NoBucketError if this installation has none there, because in
    another region's bucket the photos would be where they must not be."""
    bucket = settings.s3_buckets.get(region or "")
    if bucket is None:
        logger.error("storage.no_bucket", extra={"region": region})
        raise NoBucketError
    return bucket


async def create_upload(
    parts: Parts, *, tenant_id: UUID, region: str | None, wanted: UploadCreate
) -> UploadRead:
    """Open an upload for exactly this size; its bytes are reserved from here on.

    The row comes first, because its end releases the reservation: nothing is held for an upload that
    does not exist.
    """
    settings, bucket = parts.settings, bucket_of(parts.settings, region)
    content_type = _check(wanted, settings)
    upload_id, now = new_id(), utc_now()
    upload = Upload(
        tenant_id=tenant_id,
        id=upload_id,
        created_at=now,
        bucket=bucket,
        object_key=objects.upload_key(tenant_id, upload_id),
        filename=wanted.filename,
        content_type=content_type,
        size=wanted.size,
        expires_at=now + timedelta(seconds=settings.upload_ttl_seconds),
    )
    async with parts.database.tenant(tenant_id) as session:
        await _open(session, upload, settings)
    await _reserve(parts, upload)
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


def _check(wanted: UploadCreate, settings: Settings) -> str:
    """The photo's type by its registered name; raises the refusal of what can be told already."""
    content_type = photo_type(wanted.content_type)
    if content_type is None:
        raise UnsupportedPhotoTypeError(allowed=list(PHOTO_TYPES))
    if wanted.size > settings.upload_max_bytes:
        raise UploadTooLargeError(limit_bytes=settings.upload_max_bytes)
    if wanted.width is not None and wanted.height is not None:
        if wanted.width * wanted.height > LIMITS.max_pixels:
            raise PhotoTooManyPixelsError(limit_pixels=LIMITS.max_pixels)
        if min(wanted.width, wanted.height) < LIMITS.min_side:
            raise PhotoTooFewPixelsError(minimum_pixels=LIMITS.min_side)
        if max(wanted.width, wanted.height) > LIMITS.longest_ratio * min(
            wanted.width, wanted.height
        ):
            raise PhotoTooNarrowError
    return content_type


async def _open(session: Session, upload: Upload, settings: Settings) -> None:
    await _check_unused(session, upload.size, settings)
    session.add(upload)
    abandoned_at = upload.created_at + timedelta(hours=settings.abandoned_upload_hours)
    await objects.intend_unless_used(session, stored(upload), upload.id, due_at=abandoned_at)
    # An upload that nobody fills must not hold its bytes until then.
    payload = {"upload_id": str(upload.id)}
    await queue.enqueue(session, LOOK, payload, due_at=upload.expires_at + LATE_PUT)


async def _check_unused(session: Session, size: int, settings: Settings) -> None:
    """Refuse if a limit is reached; concurrent requests may exceed it by the size of the pool."""
    now = utc_now()
    unused = await queries.sum_unused(session, now)
    max_count, max_bytes = settings.max_open_uploads, settings.max_open_bytes
    if unused.number < max_count and unused.size + size <= max_bytes:
        return
    wait = LONGEST_WAIT
    if unused.first_expiry is not None:
        wait = min(unused.first_expiry + LATE_PUT - now, LONGEST_WAIT)
    raise TooManyOpenUploadsError(
        retry_after=max(1, round(wait.total_seconds())), limit=max_count, limit_bytes=max_bytes
    )


async def _reserve(parts: Parts, upload: Upload) -> None:
    """Reserve the bytes of a new upload, or, if usage-svc does not answer in time, let it wait for
    that: but only so much, because nobody knows whether it fits the quota."""
    try:
        if await parts.quota.reserve_storage(upload.tenant_id, upload.id, upload.size):
            return
    except QuotaExceededError:
        async with parts.database.tenant(upload.tenant_id) as session:
            await _withdraw(session, upload)
        raise
    async with parts.database.tenant(upload.tenant_id) as session:
        is_accepted = await _accept_unreserved(session, upload, parts.settings)
    if not is_accepted:
        raise QuotaUnavailableError(limit_bytes=parts.settings.max_unreserved_bytes)


async def _accept_unreserved(session: Session, upload: Upload, settings: Settings) -> bool:
    await queries.take_turns(await driver_connection(session), upload.tenant_id)
    waiting = await queries.sum_unreserved(session)
    if waiting + upload.size > settings.max_unreserved_bytes:
        await _withdraw(session, upload)
        return False
    await queries.mark_awaiting(session, upload.id, is_awaiting=True)
    await queue.enqueue(session, RESERVE, {"upload_id": str(upload.id)})
    return True


async def _withdraw(session: Session, upload: Upload) -> None:
    """Undo an upload whose URL nobody was told."""
    await objects.withdraw_unused(session, upload.id)
    if await queries.delete_unused(session, upload.id):
        _publish_end(session, upload.id)


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


async def ensure_reserved(quota: Quota, upload: Upload | UploadState) -> bool:
    """Whether the upload's bytes are reserved; False if they were not and usage-svc does not answer
    in time. QuotaExceededError if they do not fit."""
    if not upload.awaits_reservation:
        return True
    return await quota.reserve_storage(upload.tenant_id, upload.id, upload.size)


async def note_reserved(session: Session, upload_id: UUID) -> None:
    """The bytes of the upload are reserved now."""
    await queries.mark_awaiting(session, upload_id, is_awaiting=False)


async def reserve_later(parts: Parts, tenant_id: UUID, upload_id: UUID) -> bool:
    """Reserve what could not be reserved at once; False if usage-svc still does not answer in time.

    An upload that does not fit is discarded, unless a project uses it: then its job does that.
    """
    async with parts.database.tenant(tenant_id) as session:
        upload = await queries.find_unreserved(session, upload_id)
    if upload is None:
        return True
    try:
        is_reserved = await ensure_reserved(parts.quota, upload)
    except QuotaExceededError:
        async with parts.database.tenant(tenant_id) as session:
            await _discard_unused(session, upload_id)
        return True
    if is_reserved:
        async with parts.database.tenant(tenant_id) as session:
            await note_reserved(session, upload_id)
    return is_reserved


async def end_if_empty(parts: Parts, tenant_id: UUID, upload_id: UUID) -> None:
    """End an upload that can no longer be filled and was not. This waits for the store."""
    async with parts.database.tenant(tenant_id) as session:
        upload = await queries.find_unused(session, upload_id)
    if upload is None or await parts.storage.head(upload.bucket, upload.object_key) is not None:
        return
    async with parts.database.tenant(tenant_id) as session:
        await _discard_unused(session, upload_id)


async def _discard_unused(session: Session, upload_id: UUID) -> bool:
    """Discard the upload; False if a project uses it or its deletion has begun."""
    # Locks the intent before the upload, as everybody does.
    if not await objects.withdraw_unused(session, upload_id):
        return False
    upload = await queries.find_unused(session, upload_id)
    if upload is not None:
        await discard(session, upload)
    return upload is not None


async def upload_of_project(session: Session, project_id: UUID) -> Upload | None:
    """The upload a project was made from, while its object is kept."""
    return await queries.find_upload_of_project(session, project_id)


async def find_upload_of_project(connection: Connection, project_id: UUID) -> UploadState | None:
    """The same on a bare connection."""
    row = await queries.fetch_upload_of_project(connection, project_id)
    return None if row is None else UploadState(**row)


async def delete_upload(session: Session, upload_id: UUID) -> None:
    """Delete an unused upload and its photo; UploadAlreadyUsedError if a project has it."""
    if not await _discard_unused(session, upload_id):
        await get_unused(await driver_connection(session), upload_id)
        # Its deletion has begun.
        raise UploadNotFoundError


async def discard(session: Session, upload: Upload) -> None:
    """Delete the upload and its object, and release what it reserved.

    Its URL may still be valid, and once the object is gone, a client could PUT to it again; so the row
    stays, as one that is discarded, and counts as unused until a second intent falls due when that is
    no longer possible.
    """
    now = utc_now()
    await objects.intend(session, stored(upload), due_at=now)
    last_put = upload.expires_at + LATE_PUT
    if last_put > now:
        await objects.intend(session, stored(upload), due_at=last_put, upload_id=upload.id)
        upload.project_id, upload.discarded_at = None, now
        upload.is_counted_alone = False
    else:
        await session.delete(upload)
    _publish_end(session, upload.id)


async def forget_unused(session: Session, upload_id: UUID) -> None:
    """Delete the row of an upload that no project uses, and release what it reserved."""
    if await queries.delete_unused(session, upload_id):
        _publish_end(session, upload_id)


def _publish_end(session: Session, upload_id: UUID) -> None:
    publish(
        session,
        UploadDeleted(
            tenant_id=session.info["tenant_id"],
            upload_id=upload_id,
            reservation_id=storage_reservation(upload_id),
        ),
    )


async def owned_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys` whose object belongs to an upload of this tenant."""
    return await queries.find_keys(session, keys)


async def expected_keys(
    session: Session, bucket: str, *, after: str, to: str, before: datetime
) -> Sequence[str]:
    """The keys after `after` and up to `to` at which `bucket` must have an object, because a project uses
    its upload, which was made before `before`."""
    return await queries.find_keys_between(session, bucket, after, to, before)
