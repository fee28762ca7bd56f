"""SQL of projects. Creating and reading them bypasses the ORM, because clients do that most often."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg
from sqlmodel import select

from stagify.database import Session
from staging_svc.projects.models import Project

# A project with its images, as clients see it: its columns by name, those of the images with
# the image's kind in front, which are NULL while there is no such image.
ProjectRow: TypeAlias = asyncpg.Record

COLUMNS = (
    "id, tenant_id, name, room_type, style, options, status, progress, version,"
    " failure_code, failure_message, hints, created_at, updated_at"
)
IMAGE = (
    "{0}.id AS {1}_id, {0}.width AS {1}_width, {0}.height AS {1}_height,"
    " {0}.content_type AS {1}_content_type, {0}.size AS {1}_size, {0}.sha256 AS {1}_sha256,"
    " {0}.placeholder AS {1}_placeholder"
)

# The images are joined to the rows that are shown, and to no others.
READ = f"""
SELECT p.id, p.name, p.room_type, p.style, p.options::text, p.status, p.progress, p.version,
       p.failure_code, p.failure_message, p.hints::text, p.created_at, p.updated_at,
       {IMAGE.format("o", "original")}, {IMAGE.format("s", "staged")}
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

INSERT = """
INSERT INTO projects (tenant_id, id, created_at, updated_at, name, room_type, style, options,
                      status, progress, version, reservation_id, is_reserved, created_by,
                      usage_dimensions)
VALUES ($1, $2, $3, $3, $4, $5, $6, $7, 'queued', 0, 1, $8, $9, $10, $11)
RETURNING id, name, room_type, style, options::text, status, progress, version,
          failure_code, failure_message, hints::text, created_at, updated_at,
          NULL::uuid AS original_id, NULL::uuid AS staged_id
"""


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project to be queued; `options` and `usage_dimensions` are JSON."""

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


async def insert_project(connection: asyncpg.Connection, new: NewProject) -> ProjectRow:
    """Write a new project, and return its row in the form that reading has."""
    return await connection.fetchrow(
        INSERT,
        new.tenant_id,
        new.id,
        new.created_at,
        new.name,
        new.room_type,
        new.style,
        new.options,
        new.reservation_id,
        new.is_reserved,
        new.created_by,
        new.usage_dimensions,
    )


async def fetch_project(connection: asyncpg.Connection, project_id: UUID) -> ProjectRow | None:
    """The project with this id, or None."""
    return await connection.fetchrow(GET, project_id)


async def fetch_projects(
    connection: asyncpg.Connection, *, status: str | None, after: UUID | None, limit: int
) -> list[ProjectRow]:
    """Projects, newest first; if given, only those of one `status`, and only those after the id
    `after`."""
    arguments = [value for value in (status, after) if value is not None]
    query = LISTS[status is not None, after is not None]
    return list(await connection.fetch(query, limit, *arguments))


async def lock_project(session: Session, project_id: UUID) -> Project | None:
    """The project, locked until the transaction ends."""
    query = select(Project).where(Project.id == project_id).with_for_update()
    return (await session.exec(query)).one_or_none()
