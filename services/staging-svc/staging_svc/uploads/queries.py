"""SQL of uploads."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import collate
from sqlmodel import col, delete, func, select, update

from stagify.database import Session
from stagify.tasks.queue import WITHDRAW
from staging_svc.objects.service import DELETE_OBJECT
from staging_svc.uploads.models import Upload

STATE = """
SELECT tenant_id, id, bucket, object_key, content_type, size, expires_at, project_id, awaits_reservation
FROM uploads WHERE
"""
FIND = f"{STATE} id = $1 AND discarded_at IS NULL"
FIND_OF_PROJECT = f"{STATE} project_id = $1"

# Locks the intent before the upload, as the deletion of abandoned uploads does.
USE = f"""
WITH kept AS ({WITHDRAW})
UPDATE uploads SET project_id = $4 FROM kept
WHERE uploads.id = $3 AND uploads.project_id IS NULL AND uploads.discarded_at IS NULL
RETURNING true
"""

# One transaction of a tenant at a time, whatever the process.
TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended('uploads ' || $1, 0))"


class Unused(NamedTuple):
    """A tenant's uploads that no project uses, discarded ones that could still be filled included."""

    number: int
    size: int
    first_expiry: datetime | None


async def fetch_upload(connection: asyncpg.Connection, upload_id: UUID) -> asyncpg.Record | None:
    """The columns of an `UploadState`, if there is such an upload."""
    return await connection.fetchrow(FIND, upload_id)


async def give_to_project(
    connection: asyncpg.Connection, upload_id: UUID, project_id: UUID
) -> bool:
    """Give an unused upload, whose deletion has not begun, to a project; False if there is none."""
    return bool(
        await connection.fetchval(USE, DELETE_OBJECT, str(upload_id), upload_id, project_id)
    )


async def sum_unused(session: Session, now: datetime) -> Unused:
    """What the tenant's unused uploads are together, and when the first that is open expires."""
    query = select(
        func.count(),
        func.coalesce(func.sum(Upload.size), 0),
        func.min(Upload.expires_at).filter(col(Upload.expires_at) > now),
    ).where(col(Upload.project_id).is_(None))
    number, size, first_expiry = (await session.exec(query)).one()
    return Unused(number, int(size), first_expiry)


async def take_turns(connection: asyncpg.Connection, tenant_id: UUID) -> None:
    """Wait until no other transaction decides about this tenant's unreserved uploads."""
    await connection.execute(TAKE_TURNS, str(tenant_id))


async def sum_unreserved(session: Session) -> int:
    """The sizes of the tenant's uploads whose bytes are still to be reserved."""
    query = select(func.coalesce(func.sum(Upload.size), 0)).where(Upload.awaits_reservation)
    return int((await session.exec(query)).one())


async def find_unreserved(session: Session, upload_id: UUID) -> Upload | None:
    """The upload, if its bytes are still to be reserved."""
    query = select(Upload).where(Upload.id == upload_id, Upload.awaits_reservation)
    return (await session.exec(query)).one_or_none()


async def mark_awaiting(session: Session, upload_id: UUID, *, is_awaiting: bool) -> None:
    """Note whether the bytes of the upload are still to be reserved."""
    await session.exec(
        update(Upload).where(col(Upload.id) == upload_id).values(awaits_reservation=is_awaiting)
    )


async def find_unused(session: Session, upload_id: UUID) -> Upload | None:
    """The upload, if no project uses it and it was not discarded."""
    query = select(Upload).where(
        Upload.id == upload_id,
        col(Upload.project_id).is_(None),
        col(Upload.discarded_at).is_(None),
    )
    return (await session.exec(query)).one_or_none()


async def find_upload_of_project(session: Session, project_id: UUID) -> Upload | None:
    """The upload a project was made from."""
    return (await session.exec(select(Upload).where(Upload.project_id == project_id))).one_or_none()


async def fetch_upload_of_project(
    connection: asyncpg.Connection, project_id: UUID
) -> asyncpg.Record | None:
    """The columns of an `UploadState` of the upload a project was made from."""
    return await connection.fetchrow(FIND_OF_PROJECT, project_id)


async def delete_unused(session: Session, upload_id: UUID) -> bool:
    """Delete an upload that no project uses; whether that was the end of it, and not of one that was
    discarded before."""
    deleted = await session.exec(
        delete(Upload)
        .where(col(Upload.id) == upload_id, col(Upload.project_id).is_(None))
        .returning(col(Upload.discarded_at))
    )
    row = deleted.one_or_none()
    return row is not None and row[0] is None


async def find_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys` that a row has."""
    query = select(Upload.object_key).where(col(Upload.object_key).in_(keys))
    return set((await session.exec(query)).all())


async def find_keys_between(
    session: Session, bucket: str, after: str, to: str, before: datetime
) -> Sequence[str]:
    """The keys in `bucket` after `after` and up to `to`, byte by byte, of the used uploads made
    before `before`."""
    key = collate(col(Upload.object_key), "C")
    query = select(Upload.object_key).where(
        Upload.bucket == bucket,
        key > after,
        key <= to,
        Upload.created_at < before,
        col(Upload.project_id).is_not(None),
    )
    return (await session.exec(query)).all()
