"""The use cases of customers: make a project, delete it."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import orjson
from fastapi import Response
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.clock import utc_now
from stagify.errors import InvalidInputError, StagifyError
from stagify.events.staging import ProjectCreated, ProjectDeleted
from stagify.idempotency import Idempotency, answer
from stagify.ids import new_id
from stagify.outbox import publish, publish_on
from stagify.principal import TenantPrincipal
from staging_engine.port import Catalog, CatalogEntry
from staging_svc.images import service as images
from staging_svc.parts import Parts
from staging_svc.projects import queries
from staging_svc.projects.changes import announce, storage_changed
from staging_svc.projects.errors import (
    ProjectNotFoundError,
    TenantProvisioningError,
    UnknownQualityError,
    UnknownRoomTypeError,
    UnknownStyleError,
)
from staging_svc.projects.models import Project
from staging_svc.projects.queries import NewProject
from staging_svc.projects.schemas import ProjectCreate
from staging_svc.queue import service as queue
from staging_svc.uploads import service as uploads

# A reservation outlives the request by this; the project's event then prolongs it.
RESERVATION_TTL = timedelta(minutes=15)


async def create_project(
    parts: Parts, *, principal: TenantPrincipal, wanted: ProjectCreate, idempotency: Idempotency
) -> Response:
    """Accept a project: it waits in the queue when this returns.

    Takes the database and not a session, because it waits for the object store and for
    usage-svc, and no transaction may be open meanwhile.
    """
    try:
        return await _create_project(parts, principal, wanted, idempotency)
    except StagifyError:
        # Perhaps the upload is used by the project of this very request, sent twice at once.
        if not idempotency.is_keyed:
            raise
        async with parts.database.tenant_connection(principal.tenant_id) as connection:
            stored = await idempotency.recall(connection)
        if stored is None:
            raise
        return stored


async def _create_project(
    parts: Parts, principal: TenantPrincipal, wanted: ProjectCreate, idempotency: Idempotency
) -> Response:
    database, quota = parts.database, parts.quota
    tenant_id = principal.tenant_id
    _check_choices(wanted, parts.catalog)
    if principal.tenant_status == "provisioning":
        raise TenantProvisioningError
    # 1. Was this request answered before? Is the upload ours? Reads only.
    async with database.tenant_connection(tenant_id) as connection:
        stored = await idempotency.recall(connection)
        if stored is not None:
            return stored
        upload = await uploads.get_unused(connection, wanted.upload_id)
    await uploads.check_filled(upload, parts.storage)
    # 2. Reserve. A crash after this leaves a reservation that expires.
    reservation_id = idempotency.derive_id("reservation")
    is_reserved = await quota.reserve(
        tenant_id, reservation_id, ttl_seconds=int(RESERVATION_TTL.total_seconds())
    )
    # 3. Project, job, event and stored answer, all or nothing.
    project = _new_project(principal, wanted, parts.catalog, reservation_id, is_reserved)
    try:
        async with database.tenant_connection(tenant_id) as connection:
            stored = await idempotency.replay(connection)
            if stored is not None:
                return stored
            await _accept(connection, project, wanted.upload_id, database.service)
            body = queries.dump(project.shape())
            await idempotency.remember(connection, 202, body)
            return answer(202, body)
    except StagifyError:
        # A keyed request may be in flight elsewhere with the same reservation: that expires.
        if not idempotency.is_keyed:
            await quota.release(tenant_id, reservation_id)
        raise


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


async def _accept(
    connection: asyncpg.Connection, project: NewProject, upload_id: UUID, service: str
) -> None:
    await queries.insert_project(connection, project)
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
    await publish_on(connection, service, created)


async def delete_project(session: AsyncSession, project_id: UUID) -> None:
    """Remove a project and everything it owns; its job is cancelled, its reservation released."""
    await queue.cancel(session, project_id)
    found = await session.exec(select(Project).where(Project.id == project_id).with_for_update())
    project = found.one_or_none()
    if project is None:
        raise ProjectNotFoundError
    storage_changed(session, project, -await images.stored_bytes(session, project_id))
    await images.delete_images(session, project_id, due_at=utc_now())
    upload = await uploads.upload_of_project(session, project_id)
    if upload is not None:
        await uploads.discard(session, upload)
        await session.flush()
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
