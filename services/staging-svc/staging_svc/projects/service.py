"""The use cases of projects, and what every change of a project entails: a new version, a
notification for those who watch it, and usage records for storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from stagify.clock import utc_now
from stagify.database import Connection, Session
from stagify.errors import InvalidInputError
from stagify.events.staging import ProjectCreated, ProjectDeleted
from stagify.events.usage import UsageRecorded
from stagify.idempotency import Once
from stagify.ids import new_id
from stagify.listening import notify
from stagify.outbox import publish, publish_on
from stagify.principal import TenantPrincipal
from staging_engine.port import Catalog, CatalogEntry
from staging_svc.images import service as images
from staging_svc.parts import NAME, Parts
from staging_svc.projects import feed, queries
from staging_svc.projects.errors import (
    ProjectNotFoundError,
    TenantProvisioningError,
    UnknownQualityError,
    UnknownRoomTypeError,
    UnknownStyleError,
)
from staging_svc.projects.queries import NewProject, ProjectRow
from staging_svc.projects.schemas import ProjectCreate
from staging_svc.queue import service as queue
from staging_svc.uploads import service as uploads

if TYPE_CHECKING:
    from staging_svc.projects.models import Project

# A reservation lasts this much longer than the request; then the project's event prolongs it.
RESERVATION_TTL_SECONDS = 900


async def create_project(
    parts: Parts, once: Once[ProjectRow], *, principal: TenantPrincipal, wanted: ProjectCreate
) -> ProjectRow:
    """Accept a project: it waits in the queue when this returns."""
    _check_choices(wanted, parts.catalog)
    if principal.tenant_status == "provisioning":
        raise TenantProvisioningError
    upload = await once.read(lambda reading: uploads.get_unused(reading, wanted.upload_id))
    await uploads.check_filled(parts, upload)
    # The upload's id: an upload serves one project, so a repeated request asks for the same reservation.
    # A crash after this leaves one that expires.
    reservation_id = wanted.upload_id
    is_reserved = await uploads.ensure_reserved(parts.quota, upload) and await parts.quota.reserve(
        principal.tenant_id, reservation_id, ttl_seconds=RESERVATION_TTL_SECONDS
    )
    project = _new_project(principal, wanted, parts.catalog, reservation_id, is_reserved)
    return await once.write(lambda writing: _accept(writing, project, wanted.upload_id))


def _check_choices(wanted: ProjectCreate, catalog: Catalog) -> None:
    _check_choice(wanted.room_type, catalog.room_types, UnknownRoomTypeError)
    _check_choice(wanted.style, catalog.styles, UnknownStyleError)
    _check_choice(wanted.options.quality, catalog.qualities, UnknownQualityError)


def _check_choice(
    value: str, entries: Sequence[CatalogEntry], error: type[InvalidInputError]
) -> None:
    allowed = [entry.key for entry in entries]
    if value not in allowed:
        raise error(allowed=list(allowed))


def _new_project(
    principal: TenantPrincipal,
    wanted: ProjectCreate,
    catalog: Catalog,
    reservation_id: UUID,
    is_reserved: bool,
) -> NewProject:
    return NewProject(
        tenant_id=principal.tenant_id,
        id=new_id(),
        created_at=utc_now(),
        name=wanted.name or _default_name(wanted, catalog),
        room_type=wanted.room_type,
        style=wanted.style,
        options=orjson.dumps(wanted.options.model_dump()).decode(),
        reservation_id=reservation_id,
        is_reserved=is_reserved,
        created_by=principal.user_id,
        usage_dimensions=orjson.dumps(principal.usage_dimensions()).decode(),
    )


def _default_name(wanted: ProjectCreate, catalog: Catalog) -> str:
    names = {entry.key: entry.name for entry in (*catalog.room_types, *catalog.styles)}
    return f"{names[wanted.room_type]}, {names[wanted.style]}"


async def _accept(connection: Connection, project: NewProject, upload_id: UUID) -> ProjectRow:
    accepted = await queries.insert_project(connection, project)
    await uploads.use_upload(connection, upload_id=upload_id, project_id=project.id)
    await queue.enqueue(connection, tenant_id=project.tenant_id, project_id=project.id)
    created = ProjectCreated(
        tenant_id=project.tenant_id,
        project_id=project.id,
        reservation_id=project.reservation_id if project.is_reserved else None,
        room_type=project.room_type,
        style=project.style,
        created_by=project.created_by,
    )
    await publish_on(connection, NAME, created)
    return accepted


async def get_project(connection: Connection, project_id: UUID) -> ProjectRow:
    """One project with its images."""
    project = await queries.fetch_project(connection, project_id)
    if project is None:
        raise ProjectNotFoundError
    return project


async def list_projects(
    connection: Connection, *, status: str | None, after: UUID | None, limit: int
) -> list[ProjectRow]:
    """At most `limit` projects with their images, newest first; if given, only those of one `status`,
    and only those after the id `after`."""
    return await queries.fetch_projects(connection, status=status, after=after, limit=limit)


async def delete_project(session: Session, project_id: UUID) -> None:
    """Remove a project and everything it owns; its job is cancelled, its reservation released."""
    await queue.cancel(session, project_id)
    project = await queries.lock_project(session, project_id)
    if project is None:
        raise ProjectNotFoundError
    counted = await images.stored_bytes(session, project_id)
    await images.delete_images(session, project_id, due_at=utc_now())
    upload = await uploads.upload_of_project(session, project_id)
    if upload is not None:
        counted += upload.size if upload.is_counted_alone else 0
        await uploads.discard(session, upload)
        await session.flush()
    storage_changed(session, project, -counted)
    publish(
        session,
        ProjectDeleted(
            tenant_id=project.tenant_id,
            project_id=project.id,
            reservation_id=project.reservation_id,
        ),
    )
    await session.delete(project)
    await announce(session, project)


async def lock_project(session: Session, project_id: UUID) -> Project:
    """The project, which must exist, locked until the transaction ends."""
    project = await queries.lock_project(session, project_id)
    if project is None:
        raise ProjectNotFoundError
    return project


async def touch(session: Session, project: Project) -> None:
    """Give the project its next version, and on commit notify those who watch it."""
    project.version += 1
    project.updated_at = utc_now()
    await announce(session, project)


async def announce(session: Session, project: Project) -> None:
    """On commit, notify those who watch the project."""
    await notify(session, feed.CHANGED, feed.project_key(project.tenant_id, project.id))


def storage_changed(
    session: Session, project: Project, byte_delta: int, *, reservation_id: UUID | None = None
) -> None:
    """Record how much more or less storage the project's images take, and that this is what
    `reservation_id` was for."""
    if byte_delta:
        publish(
            session,
            UsageRecorded(
                tenant_id=project.tenant_id,
                meter="storage_bytes",
                quantity=byte_delta,
                dimensions=usage_dimensions(project),
                reservation_id=reservation_id,
            ),
        )


def usage_dimensions(project: Project) -> dict[str, str]:
    """What a usage record of this project is about."""
    return {**project.usage_dimensions, "project_id": str(project.id)}
