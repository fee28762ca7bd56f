"""The use cases of projects, and what every change of a project entails: a new version, a
notification for those who watch it, and usage records for storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from stagify.clock import utc_now
from stagify.database import Connection, Session, driver_connection
from stagify.errors import InvalidInputError
from stagify.events.staging import (
    ProjectChosen,
    ProjectCreated,
    ProjectEvent,
    ProjectFavoured,
    ProjectRenamed,
)
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
    ProjectInTrashError,
    ProjectNotFoundError,
    ProjectNotStagedError,
    TenantProvisioningError,
    UnknownQualityError,
    UnknownRoomTypeError,
    UnknownStyleError,
)
from staging_svc.projects.queries import NewProject, ProjectRow, Wanted
from staging_svc.projects.schemas import ProjectCreate, ProjectUpdate
from staging_svc.queue import service as queue
from staging_svc.quota.service import storage_reservation
from staging_svc.uploads import service as uploads

if TYPE_CHECKING:
    from staging_svc.projects.models import Project

# A reservation lasts this much longer than the request; then the project's event prolongs it.
RESERVATION_TTL_SECONDS = 900


async def create_project(
    parts: Parts, once: Once[ProjectRow], *, principal: TenantPrincipal, wanted: ProjectCreate
) -> ProjectRow:
    """Accept a project: it waits in the queue when this returns."""
    check_choices(wanted.room_type, wanted.style, wanted.options.quality, parts.catalog)
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
    return await once.write_as(
        queries.row_of(project), lambda writing: _accept(writing, project, wanted.upload_id)
    )


def check_choices(room_type: str, style: str, quality: str, catalog: Catalog) -> None:
    """Refuse what the catalog does not have."""
    _check_choice(room_type, catalog.room_types, UnknownRoomTypeError)
    _check_choice(style, catalog.styles, UnknownStyleError)
    _check_choice(quality, catalog.qualities, UnknownQualityError)


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
        name=wanted.name or default_name(wanted.room_type, wanted.style, catalog),
        room_type=wanted.room_type,
        style=wanted.style,
        options=orjson.dumps(wanted.options.model_dump(exclude_none=True)).decode(),
        reservation_id=reservation_id,
        is_reserved=is_reserved,
        created_by=principal.user_id,
        usage_dimensions=orjson.dumps(principal.usage_dimensions()).decode(),
    )


def default_name(room_type: str, style: str, catalog: Catalog) -> str:
    """What a project is called after its choices."""
    names = {entry.key: entry.name for entry in (*catalog.room_types, *catalog.styles)}
    return f"{names.get(room_type, room_type)}, {names.get(style, style)}"


async def _accept(connection: Connection, project: NewProject, upload_id: UUID) -> None:
    await queries.insert_project(connection, project)
    await uploads.use_upload(connection, upload_id=upload_id, project_id=project.id)
    await queue_new(connection, project)


async def queue_new(connection: Connection, project: NewProject) -> None:
    """Put a project that has just been written into the queue, and tell so."""
    await queue.enqueue(
        connection,
        tenant_id=project.tenant_id,
        project_id=project.id,
        also_notify=notice(project.tenant_id, project.id),
    )
    created = ProjectCreated(
        tenant_id=project.tenant_id,
        project_id=project.id,
        reservation_id=project.reservation_id if project.is_reserved else None,
        room_type=project.room_type,
        style=project.style,
        created_by=project.created_by,
        variation_of=project.variation_of,
    )
    await publish_on(connection, NAME, created)


async def get_project(connection: Connection, project_id: UUID) -> ProjectRow:
    """One project with its images."""
    project = await queries.fetch_project(connection, project_id)
    if project is None:
        raise ProjectNotFoundError
    return project


async def list_projects(connection: Connection, wanted: Wanted, *, limit: int) -> list[ProjectRow]:
    """At most `limit` projects with their images, newest first."""
    return await queries.fetch_projects(connection, wanted, limit=limit)


async def update_project(session: Session, project_id: UUID, change: ProjectUpdate) -> None:
    """Give a project, and the files of its images, another name; make it a favourite, or not any more."""
    project = await lock_kept(session, project_id)
    events: list[ProjectEvent] = []
    if change.name is not None and change.name != project.name:
        project.name = change.name
        await images.rename(session, owner(project))
        events.append(ProjectRenamed(tenant_id=project.tenant_id, project_id=project.id))
    if change.is_favourite is not None and change.is_favourite != project.is_favourite:
        project.is_favourite = change.is_favourite
        events.append(
            ProjectFavoured(
                tenant_id=project.tenant_id,
                project_id=project.id,
                is_favourite=project.is_favourite,
            )
        )
    if events:
        await touch(session, project)
    for event in events:
        publish(session, event)


def owner(project: Project) -> images.Owner:
    """The project as the owner of its images."""
    return images.Owner(project.tenant_id, project.id, project.name, project.style)


async def choose_project(session: Session, project_id: UUID) -> None:
    """Make a staged project the final one of its photo, in place of another that was."""
    known = await get_project(await driver_connection(session), project_id)
    photo_id: UUID = known["photo_id"]
    # In this order, as workers do: a photo's first project comes last.
    projects = await queries.lock_variations(session, photo_id)
    projects.append(await lock_project(session, photo_id))
    chosen = next((each for each in projects if each.id == project_id), None)
    if chosen is None:
        raise ProjectNotFoundError
    _check_kept(chosen)
    if chosen.status != "staged":
        raise ProjectNotStagedError
    if chosen.is_final:
        return
    for project in projects:
        if project.is_final or project is chosen:
            project.is_final = project is chosen
            await touch(session, project)
    publish(
        session,
        ProjectChosen(tenant_id=chosen.tenant_id, project_id=chosen.id, photo_id=photo_id),
    )


async def lock_kept(session: Session, project_id: UUID) -> Project:
    """The project, locked; ProjectInTrashError if it is in the trash."""
    project = await queries.lock_project(session, project_id)
    if project is None:
        raise ProjectNotFoundError
    _check_kept(project)
    return project


def _check_kept(project: Project) -> None:
    if project.purged_at is not None:
        raise ProjectNotFoundError
    if project.deleted_at is not None:
        raise ProjectInTrashError


async def lock_photo(session: Session, project: Project) -> Project:
    """The first project of the photo of `project`, which is locked; this locks it too."""
    return (
        project if project.variation_of is None else await lock_project(session, project.photo_id)
    )


async def count_unchecked(session: Session, project: Project) -> None:
    """Count the bytes of a photo that stays although it was never checked: its project has ended."""
    photo = await lock_photo(session, project)
    upload = await uploads.upload_of_project(session, photo.id)
    if upload is None or upload.is_counted_alone:
        return
    if await images.image_of_project(session, photo.id, "source") is None:
        upload.is_counted_alone = True
        reservation_id = storage_reservation(upload.id)
        storage_changed(session, project, upload.size, reservation_id=reservation_id)


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
    await notify(session, *notice(project.tenant_id, project.id))


def notice(tenant_id: UUID, project_id: UUID) -> tuple[str, str]:
    """Channel and payload of the notification that the project has changed."""
    return feed.CHANGED, feed.project_key(tenant_id, project_id)


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
