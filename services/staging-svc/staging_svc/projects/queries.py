"""Making and reading projects without the ORM: this is what clients ask for most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from staging_svc.images.schemas import image_url

COLUMNS = (
    "id, tenant_id, name, room_type, style, options, status, progress, version,"
    " failure_code, failure_message, created_at, updated_at"
)
IMAGE = "{0}.id, {0}.width, {0}.height, {0}.content_type, {0}.size, {0}.sha256"

READ = f"""
SELECT p.id, p.name, p.room_type, p.style, p.options::text, p.status, p.progress, p.version,
       p.failure_code, p.failure_message, p.created_at, p.updated_at,
       {IMAGE.format("o")}, {IMAGE.format("s")}
FROM (SELECT {COLUMNS} FROM projects {{where}} ORDER BY id DESC {{limit}}) p
LEFT JOIN images o ON o.tenant_id = p.tenant_id AND o.project_id = p.id AND o.kind = 'original'
LEFT JOIN images s ON s.tenant_id = p.tenant_id AND s.project_id = p.id AND s.kind = 'staged'
ORDER BY p.id DESC
"""

GET = READ.format(where="WHERE id = $1", limit="")

# One statement for each combination, so that each has the plan of its own index.
LISTS = {
    (False, False): READ.format(where="", limit="LIMIT $1"),
    (False, True): READ.format(where="WHERE id < $2", limit="LIMIT $1"),
    (True, False): READ.format(where="WHERE status = $2", limit="LIMIT $1"),
    (True, True): READ.format(where="WHERE status = $2 AND id < $3", limit="LIMIT $1"),
}

VERSION = 7


INSERT = """
INSERT INTO projects (tenant_id, id, created_at, updated_at, name, room_type, style, options,
                      status, progress, version, reservation_id, is_reserved, created_by,
                      usage_dimensions)
VALUES ($1, $2, $3, $3, $4, $5, $6, $7, 'queued', 0, 1, $8, $9, $10, $11)
"""


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project that waits in the queue, as it is written; `options` and `usage_dimensions` are
    JSON. The fields are in the order of INSERT."""

    tenant_id: UUID
    id: UUID
    created_at: datetime
    name: str
    room_type: str
    style: str
    options: str
    reservation_id: UUID
    is_reserved: bool
    created_by: UUID | None
    usage_dimensions: str

    def shape(self) -> dict[str, Any]:
        """The members of `ProjectRead`, ready for `dump`."""
        return {
            "id": str(self.id),
            "name": self.name,
            "room_type": self.room_type,
            "style": self.style,
            "options": orjson.Fragment(self.options),
            "status": "queued",
            "progress": 0.0,
            "failure": None,
            "original": None,
            "staged": None,
            "created_at": self.created_at,
            "updated_at": self.created_at,
        }


async def insert_project(connection: asyncpg.Connection, project: NewProject) -> None:
    """Write a new project."""
    await connection.execute(INSERT, *(getattr(project, name) for name in project.__slots__))


async def fetch_project(connection: asyncpg.Connection, project_id: UUID) -> asyncpg.Record | None:
    """The row of one project with its images, or None."""
    return await connection.fetchrow(GET, project_id)


async def fetch_projects(
    connection: asyncpg.Connection, *, status: str | None, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Rows of projects with their images, newest first."""
    arguments = [value for value in (status, after) if value is not None]
    query = LISTS[status is not None, after is not None]
    return list(await connection.fetch(query, limit, *arguments))


def shape(row: Sequence[Any]) -> dict[str, Any]:
    """The members of `ProjectRead`, ready for `dump`. The row is unpacked by position: names
    would be looked up a hundred times a page."""
    (
        project_id,
        name,
        room_type,
        style,
        options,
        status,
        progress,
        _,
        failure_code,
        failure_message,
        created_at,
        updated_at,
        *images,
    ) = row
    return {
        "id": str(project_id),
        "name": name,
        "room_type": room_type,
        "style": style,
        "options": orjson.Fragment(options),
        "status": status,
        "progress": progress,
        "failure": {"code": failure_code, "message": failure_message} if failure_code else None,
        "original": _image(*images[:6]),
        "staged": _image(*images[6:]),
        "created_at": created_at,
        "updated_at": updated_at,
    }


def _image(
    image_id: UUID | None, width: int, height: int, content_type: str, size: int, sha256: str
) -> dict[str, Any] | None:
    if image_id is None:
        return None
    return {
        "id": str(image_id),
        "url": image_url(image_id),
        "width": width,
        "height": height,
        "content_type": content_type,
        "size": size,
        "sha256": sha256,
    }


def dump(value: Any) -> bytes:
    """JSON with times in UTC."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
