"""SQL of projects. Creating and reading them bypasses the ORM, because clients do that most often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from uuid import UUID

import asyncpg
from sqlmodel import col, exists, or_, select

from stagify.database import Session
from staging_svc.projects.models import Project

# A project with its images, as clients see it: its columns by name, those of the images with
# the image's kind in front, which are NULL while there is no such image.
ProjectRow: TypeAlias = Mapping[str, Any]

# The estimate looks at this many of the last photos, and at this many jobs that come before.
LAST_PHOTOS = 8
MOST_AHEAD = 100

COLUMNS = (
    "id, tenant_id, name, room_type, style, options, status, progress, version, failure_code,"
    " failure_message, hints, confidence, checks, created_at, updated_at, created_by, variation_of,"
    " is_final, is_favourite, deleted_at, purged_at, changed_in"
)
IMAGE = (
    "{0}.id AS {1}_id, {0}.width AS {1}_width, {0}.height AS {1}_height,"
    " {0}.content_type AS {1}_content_type, {0}.size AS {1}_size, {0}.sha256 AS {1}_sha256,"
    " {0}.placeholder AS {1}_placeholder"
)
# Only evaluated for projects that wait or are being staged; NULL if the workspace has had nothing
# staged yet. A job of the workspace comes before this one if it runs, or waits and is older.
ETA = f"""
CASE WHEN p.status IN ('queued', 'processing') THEN ceil((
    SELECT avg(extract(epoch FROM last.finished_at - last.started_at))
    FROM (SELECT started_at, finished_at FROM jobs
          WHERE served_at IS NOT NULL AND state = 'done'
          ORDER BY served_at DESC LIMIT {LAST_PHOTOS}) last
) * CASE WHEN p.status = 'processing' THEN 1 - p.progress ELSE 1 + (
    SELECT count(*) FROM (
        SELECT FROM jobs before
        WHERE before.state = 'running' OR before.state = 'queued' AND before.id < (
            SELECT mine.id FROM jobs mine
            WHERE mine.tenant_id = p.tenant_id AND mine.project_id = p.id)
        LIMIT {MOST_AHEAD}) ahead
) END)::integer END AS eta_seconds
"""

# The images are joined to the rows that are shown, and to no others. What is stored of a photo
# belongs to its first project.
READ = f"""
SELECT p.id, p.name, p.room_type, p.style, p.options::text, p.status, p.progress, p.version,
       p.failure_code, p.failure_message, p.hints::text, p.confidence, p.checks::text,
       p.created_at, p.updated_at, p.created_by, coalesce(p.variation_of, p.id) AS photo_id,
       p.is_final, p.is_favourite, p.deleted_at, p.purged_at, p.changed_in, {ETA},
       {IMAGE.format("o", "original")}, {IMAGE.format("s", "staged")}
FROM (SELECT {COLUMNS} FROM projects WHERE {{where}} ORDER BY {{order}} {{limit}}) p
LEFT JOIN images o ON o.tenant_id = p.tenant_id AND o.project_id = coalesce(p.variation_of, p.id)
    AND o.kind = 'original'
LEFT JOIN images s ON s.tenant_id = p.tenant_id AND s.project_id = p.id AND s.kind = 'staged'
ORDER BY {{order}}
"""

GET = READ.format(where="id = $1 AND purged_at IS NULL", order="id DESC", limit="")

# Every transaction before `horizon` has ended; `next` and later ones have not begun.
POSITION = """
SELECT pg_snapshot_xmin(now_seen)::text::bigint AS horizon,
       pg_snapshot_xmax(now_seen)::text::bigint AS next
FROM pg_current_snapshot() now_seen
"""
# What a transaction wrote that has not begun is from another life of the database, before a backup.
CHANGED = """
SELECT id, version, changed_in FROM projects WHERE changed_in >= $1 AND changed_in < $2
ORDER BY changed_in, id LIMIT $3
"""
GET_ALL = READ.format(where="id = ANY ($1)", order="id", limit="")

INSERT = """
INSERT INTO projects (tenant_id, id, created_at, updated_at, name, room_type, style, options,
                      status, progress, version, reservation_id, is_reserved, created_by,
                      usage_dimensions, variation_of)
VALUES ($1, $2, $3, $3, $4, $5, $6, $7, 'queued', 0, 1, $8, $9, $10, $11, $12)
"""

# One customer's change of a project at a time: so that none puts a job into the queue while another
# has looked for one and not found it. (Locking the project first would not do: workers lock the job
# first.)
TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended('project ' || $1, 0))"

STATE = """
SELECT p.id, p.name, p.room_type, p.style, p.options::text, p.status, p.reservation_id, p.deleted_at,
       photo.id AS photo_id, photo.variations,
       EXISTS (SELECT FROM images i WHERE i.tenant_id = p.tenant_id AND i.project_id = photo.id
               AND i.kind = 'original') AS is_checked
FROM projects p
JOIN projects photo ON photo.tenant_id = p.tenant_id AND photo.id = coalesce(p.variation_of, p.id)
WHERE p.id = $1 AND p.purged_at IS NULL
"""

# Nothing if the project has changed since its reservation was made.
QUEUE_AGAIN = """
UPDATE projects SET status = 'queued', progress = 0, failure_code = NULL, failure_message = NULL,
                    confidence = NULL, checks = '[]', options = $7,
                    reservation_id = $3, is_reserved = $4, usage_dimensions = $5,
                    version = version + 1, updated_at = $6
WHERE id = $1 AND reservation_id = $2 AND status IN ('failed', 'cancelled') AND deleted_at IS NULL
RETURNING true
"""

# Workers, too, lock a variation before the first project of its photo.
KEEP_BASE = "SELECT true FROM projects WHERE id = $1 AND deleted_at IS NULL FOR SHARE"
COUNT_VARIATION = """
UPDATE projects SET variations = variations + 1
WHERE id = $1 AND variations = $2 AND (id <> $3 OR deleted_at IS NULL) RETURNING true
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
    variation_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The projects to list: those that have all that is given."""

    is_deleted: bool = False
    status: str | None = None
    created_by: UUID | None = None
    photo_id: UUID | None = None
    # True, or whatever they are.
    favourite: Literal[True] | None = None
    # A part of the name.
    q: str | None = None
    after: UUID | None = None


# What each part of `Wanted` asks for; `{0}` is its place among the arguments.
CONDITIONS = {
    "status": "status = {0}",
    "created_by": "created_by = {0}",
    "photo_id": "(id = {0} OR variation_of = {0})",
    # Not `is_favourite = {0}`: their index is only that of favourites.
    "favourite": "is_favourite AND {0}",
    # By the case of all letters: the database itself knows that of ASCII only.
    "q": "name ILIKE {0} COLLATE pg_c_utf8",
    "after": "id < {0}",
}
# Until the transaction ends. A rare name would otherwise be looked for in the whole table, although in
# the end only the tenant's rows are compared.
OWN_ROWS_ONLY = "SELECT set_config('enable_seqscan', 'off', true)"
IN_TRASH = "deleted_at IS NOT NULL AND purged_at IS NULL"


@lru_cache(maxsize=128)
def list_query(names: Sequence[str], *, is_deleted: bool) -> str:
    """The query for these parts of `Wanted`. One for each combination, so that each has the plan of its
    own index."""
    conditions = [IN_TRASH if is_deleted else "deleted_at IS NULL"]
    conditions += [CONDITIONS[name].format(f"${place}") for place, name in enumerate(names, 2)]
    return READ.format(where=" AND ".join(conditions), order="id DESC", limit="LIMIT $1")


def row_of(new: NewProject) -> ProjectRow:
    """The row of a new project of a photo that has no other, as it is read once it is written."""
    return {
        "id": new.id,
        "photo_id": new.id,
        "name": new.name,
        "room_type": new.room_type,
        "style": new.style,
        "options": new.options,
        "status": "queued",
        "progress": 0.0,
        "failure_code": None,
        "failure_message": None,
        "hints": "[]",
        "confidence": None,
        "checks": "[]",
        "original_id": None,
        "staged_id": None,
        "is_final": False,
        "is_favourite": False,
        "eta_seconds": None,
        "created_by": new.created_by,
        "created_at": new.created_at,
        "updated_at": new.created_at,
        "deleted_at": None,
    }


async def insert_project(connection: asyncpg.Connection, new: NewProject) -> None:
    """Write a new project."""
    await connection.execute(
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
        new.variation_of,
    )


async def fetch_project(connection: asyncpg.Connection, project_id: UUID) -> ProjectRow | None:
    """The project with this id, or None."""
    found: ProjectRow | None = await connection.fetchrow(GET, project_id)
    return found


async def fetch_projects(
    connection: asyncpg.Connection, wanted: Wanted, *, limit: int
) -> list[ProjectRow]:
    """At most `limit` projects, newest first."""
    given: dict[str, Any] = {
        name: value for name in CONDITIONS if (value := getattr(wanted, name)) is not None
    }
    if wanted.q is not None:
        given["q"] = f"%{_literal(wanted.q)}%"
        await connection.execute(OWN_ROWS_ONLY)
    query = list_query(tuple(given), is_deleted=wanted.is_deleted)
    return list(await connection.fetch(query, limit, *given.values()))


async def fetch_position(connection: asyncpg.Connection) -> tuple[int, int]:
    """The number of the oldest transaction that has not ended, or that has not begun if there is none;
    and the number of the next that will begin."""
    row = await connection.fetchrow(POSITION)
    return row["horizon"], row["next"]


async def fetch_changed(
    connection: asyncpg.Connection, *, since: int, before: int, limit: int
) -> list[asyncpg.Record]:
    """Id, version and transaction of the projects that were last changed in these transactions."""
    return list(await connection.fetch(CHANGED, since, before, limit))


async def fetch_all(connection: asyncpg.Connection, ids: Sequence[UUID]) -> dict[UUID, ProjectRow]:
    """These projects, deleted ones included, by their ids."""
    return {row["id"]: row for row in await connection.fetch(GET_ALL, ids)}


def _literal(text: str) -> str:
    """A pattern of LIKE that only this text matches."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def lock_project(session: Session, project_id: UUID) -> Project | None:
    """The project, locked until the transaction ends."""
    query = select(Project).where(Project.id == project_id).with_for_update()
    return (await session.exec(query)).one_or_none()


async def lock_variations(session: Session, photo_id: UUID) -> list[Project]:
    """All variations of a photo, locked in the order of their ids."""
    query = (
        select(Project)
        .where(Project.variation_of == photo_id)
        .order_by(col(Project.id))
        .with_for_update()
    )
    return list((await session.exec(query)).all())


async def has_variations(session: Session, photo_id: UUID) -> bool:
    """Whether there is a row of a variation of this photo."""
    return bool((await session.exec(select(exists().where(_is_variation(photo_id))))).one())


async def is_photo_used(session: Session, photo_id: UUID, *, besides: UUID) -> bool:
    """Whether a project other than `besides` needs the photo."""
    query = select(
        exists().where(
            or_(col(Project.id) == photo_id, _is_variation(photo_id)),
            col(Project.id) != besides,
            col(Project.purged_at).is_(None),
        )
    )
    return bool((await session.exec(query)).one())


def _is_variation(photo_id: UUID) -> Any:
    return col(Project.variation_of) == photo_id


async def take_turns(connection: asyncpg.Connection, project_id: UUID) -> None:
    """Wait until no other transaction in which a customer puts the project into the queue, or takes it
    out, is under way."""
    await connection.execute(TAKE_TURNS, str(project_id))


async def fetch_state(connection: asyncpg.Connection, project_id: UUID) -> asyncpg.Record | None:
    """What is needed of a project to try it again, or to make a variation of it."""
    return await connection.fetchrow(STATE, project_id)


async def queue_again(
    connection: asyncpg.Connection,
    project_id: UUID,
    *,
    last_reservation_id: UUID,
    reservation_id: UUID,
    is_reserved: bool,
    usage_dimensions: str,
    now: datetime,
    options: str,
) -> bool:
    """Let the project wait once more, with these options; False if it has changed in the meantime."""
    return bool(
        await connection.fetchval(
            QUEUE_AGAIN,
            project_id,
            last_reservation_id,
            reservation_id,
            is_reserved,
            usage_dimensions,
            now,
            options,
        )
    )


async def count_variation(
    connection: asyncpg.Connection, *, base_id: UUID, photo_id: UUID, known: int
) -> bool:
    """Count one more variation of the photo, made from the project `base_id`; False if there are not
    `known` of them, or the project was deleted."""
    if base_id != photo_id and not await connection.fetchval(KEEP_BASE, base_id):
        return False
    return bool(await connection.fetchval(COUNT_VARIATION, photo_id, known, base_id))
