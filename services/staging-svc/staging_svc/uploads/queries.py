"""SQL of uploads."""

from datetime import datetime
from uuid import UUID

import asyncpg
from sqlmodel import col, delete, func, select

from stagify.database import Session
from stagify.tasks.queue import WITHDRAW
from staging_svc.objects.service import DELETE_OBJECT
from staging_svc.uploads.models import Upload

FIND = """
SELECT bucket, object_key, content_type, size, expires_at, project_id FROM uploads WHERE id = $1
"""

# Locks the intent before the upload, as the deletion of abandoned uploads does.
USE = f"""
WITH kept AS ({WITHDRAW})
UPDATE uploads SET project_id = $4 FROM kept
WHERE uploads.id = $3 AND uploads.project_id IS NULL
RETURNING true
"""


async def fetch_upload(connection: asyncpg.Connection, upload_id: UUID) -> asyncpg.Record | None:
    """bucket, object_key, content_type, size, expires_at and project_id of an upload."""
    return await connection.fetchrow(FIND, upload_id)


async def give_to_project(
    connection: asyncpg.Connection, upload_id: UUID, project_id: UUID
) -> bool:
    """Give an unused upload, whose deletion has not begun, to a project; False if there is none."""
    return bool(
        await connection.fetchval(USE, DELETE_OBJECT, str(upload_id), upload_id, project_id)
    )


async def count_open(session: Session, now: datetime) -> tuple[int, datetime | None]:
    """How many unused uploads can still be filled, and when the first of them expires."""
    query = select(func.count(), func.min(Upload.expires_at)).where(
        col(Upload.project_id).is_(None), col(Upload.expires_at) > now
    )
    count, first_expiry = (await session.exec(query)).one()
    return count, first_expiry


async def find_upload_of_project(session: Session, project_id: UUID) -> Upload | None:
    """The upload a project was made from."""
    return (await session.exec(select(Upload).where(Upload.project_id == project_id))).one_or_none()


async def delete_unused(session: Session, upload_id: UUID) -> None:
    """Delete an upload that no project uses."""
    await session.exec(
        delete(Upload).where(col(Upload.id) == upload_id, col(Upload.project_id).is_(None))
    )
