"""The routes of projects."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from stagify.calls.usage import QuotaExceededError
from stagify.database import Session, driver_connection
from stagify.dependencies import DatabaseDep, SessionDep
from stagify.direct import DirectRoute
from stagify.idempotency import IDEMPOTENCY_ERRORS, IdempotencyDep, idempotent
from stagify.inputs import Name, Opaque
from stagify.links import link
from stagify.pagination import InvalidCursorError, PageParamsDep
from stagify.problems import problems
from staging_svc.parts import PartsDep, ReaderDep, WriterDep, parts_of
from staging_svc.projects import attempts, service, trash
from staging_svc.projects.errors import (
    PhotoBusyError,
    PhotoGoneError,
    ProjectEndedError,
    ProjectInTrashError,
    ProjectNotEndedError,
    ProjectNotFoundError,
    ProjectNotStagedError,
    TenantProvisioningError,
    TooManyStreamsError,
    UnknownQualityError,
    UnknownRoomTypeError,
    UnknownStyleError,
)
from staging_svc.projects.queries import Wanted
from staging_svc.projects.schemas import (
    ProjectCreate,
    ProjectPage,
    ProjectRead,
    ProjectStatus,
    ProjectUpdate,
    RetryCreate,
    VariationCreate,
    dump_page,
    dump_project,
)
from staging_svc.projects.streams import ProjectStream
from staging_svc.projects.workspace import WorkspaceStream
from staging_svc.uploads.service import USE_ERRORS

router = APIRouter(tags=["projects"])
direct_router = APIRouter(tags=["projects"], route_class=DirectRoute)

JSON = "application/json"

# The calls that can use the id of a project in an answer.
PROJECT_LINKS = (
    link("get_project", project_id="/id")
    | link("follow_project", project_id="/id")
    | link("update_project", project_id="/id")
    | link("cancel_project", project_id="/id")
    | link("retry_project", project_id="/id")
    | link("create_variation", project_id="/id")
    | link("choose_project", project_id="/id")
    | link("delete_project", project_id="/id")
    | link("restore_project", project_id="/id")
    | link("list_projects", photo_id="/photo_id")
)
CHANGED: dict[int | str, dict[str, Any]] = {200: {"links": PROJECT_LINKS}}
IMAGE_LINKS = link("get_image", image_id="/original/id") | link("get_image", image_id="/staged/id")
EVENT_STREAM: dict[str, Any] = {
    "content": {"text/event-stream": {}},
    "description": "The live stream.",
    "headers": {
        "X-Accel-Buffering": {
            "description": "Asks proxies to pass each event on at once.",
            "required": True,
            "schema": {"type": "string", "const": "no"},
        }
    },
}


@direct_router.post(
    "/v1/projects",
    status_code=202,
    response_model=ProjectRead,
    responses=problems(
        UnknownRoomTypeError,
        UnknownStyleError,
        UnknownQualityError,
        TenantProvisioningError,
        QuotaExceededError,
        *USE_ERRORS,
        *IDEMPOTENCY_ERRORS,
    )
    | {202: idempotent(PROJECT_LINKS)},
)
async def create_project(
    request: Request, body: ProjectCreate, principal: WriterDep, idempotency: IdempotencyDep
) -> Response:
    """Have an uploaded photo furnished. The answer is the project as it waits in the queue."""
    # Not dependencies: what FastAPI does for each would cost more than these lines.
    parts = parts_of(request)
    return await idempotency.run_waiting(
        parts.database,
        principal.tenant_id,
        202,
        lambda once: service.create_project(parts, once, principal=principal, wanted=body),
        dump_project,
    )


@router.get(
    "/v1/projects",
    response_model=ProjectPage,
    responses=problems(InvalidCursorError)
    | {
        200: {
            "links": link("get_project", project_id="/items/0/id")
            | link("list_projects", cursor="/next_cursor")
        }
    },
)
async def list_projects(
    principal: ReaderDep,
    database: DatabaseDep,
    page: PageParamsDep,
    status: ProjectStatus | None = None,
    q: Annotated[Name | None, Query(description="A part of the name, in any case.")] = None,
    created_by: UUID | None = None,
    photo_id: Annotated[UUID | None, Query(description="All projects of one photo.")] = None,
    favourite: Annotated[bool, Query(description="Favourites only.")] = False,
    deleted: Annotated[bool, Query(description="Those in the trash, and no others.")] = False,
) -> Response:
    """The tenant's projects, newest first: those for which everything that is given is true."""
    wanted = Wanted(
        is_deleted=deleted,
        status=status,
        created_by=created_by,
        photo_id=photo_id,
        favourite=favourite or None,
        q=q,
        after=page.after,
    )
    async with database.tenant_connection(principal.tenant_id) as connection:
        # One more than asked for shows whether there is a next page.
        projects = await service.list_projects(connection, wanted, limit=page.limit + 1)
    return Response(dump_page(projects, page.limit), media_type=JSON)


@router.get(
    "/v1/projects/events",
    response_class=Response,
    responses={200: EVENT_STREAM, **problems(TooManyStreamsError)},
)
async def follow_projects(
    principal: ReaderDep,
    parts: PartsDep,
    last_event_id: Annotated[
        Opaque, Header(alias="Last-Event-ID", pattern=r"^([0-9]{1,15}-[A-Za-z0-9_-]{22})?$")
    ] = "",
) -> Response:
    """Live changes of all projects of the workspace: `event: project` with the project as data, also
    when it is put into the trash, and `event: deleted` with its `id` when it is deleted for good.

    What happens after the stream has begun is in it, so read the list when it has. `Last-Event-ID`
    resumes without loss, and may repeat what was seen: what has an older `updated_at` is no news. If it
    is a week old, or too much has happened, `event: reset` says to read the list again.
    """
    return WorkspaceStream(parts, principal.tenant_id).respond(last_event_id)


@router.get(
    "/v1/projects/{project_id}",
    response_model=ProjectRead,
    responses=problems(ProjectNotFoundError) | {200: {"links": IMAGE_LINKS}},
)
async def get_project(project_id: UUID, principal: ReaderDep, database: DatabaseDep) -> Response:
    """One project."""
    async with database.tenant_connection(principal.tenant_id) as connection:
        project = await service.get_project(connection, project_id)
    return Response(dump_project(project), media_type=JSON)


@router.patch(
    "/v1/projects/{project_id}",
    response_model=ProjectRead,
    responses=problems(ProjectNotFoundError, ProjectInTrashError) | CHANGED,
)
async def update_project(
    project_id: UUID, body: ProjectUpdate, _: WriterDep, session: SessionDep
) -> Response:
    """Give a project another name, or make it a favourite of the workspace, or not any more."""
    await service.update_project(session, project_id, body)
    return await _answer(session, project_id)


@router.post(
    "/v1/projects/{project_id}/cancel",
    response_model=ProjectRead,
    responses=problems(ProjectNotFoundError, ProjectInTrashError, ProjectEndedError) | CHANGED,
)
async def cancel_project(project_id: UUID, _: WriterDep, session: SessionDep) -> Response:
    """Cancel a project that waits or is being staged: it costs nothing, and can be tried again."""
    await attempts.cancel_project(session, project_id)
    return await _answer(session, project_id)


@router.post(
    "/v1/projects/{project_id}/retry",
    status_code=202,
    response_model=ProjectRead,
    responses=problems(
        ProjectNotFoundError,
        ProjectInTrashError,
        ProjectNotEndedError,
        PhotoGoneError,
        QuotaExceededError,
        *IDEMPOTENCY_ERRORS,
    )
    | {202: idempotent(PROJECT_LINKS)},
)
async def retry_project(
    project_id: UUID,
    principal: WriterDep,
    parts: PartsDep,
    idempotency: IdempotencyDep,
    body: RetryCreate | None = None,
) -> Response:
    """Let a project that has failed or was cancelled wait once more. It counts like a new one: only if it
    is staged. If the room was not recognised, `options` can say where it is."""
    wanted = body or RetryCreate()
    return await idempotency.run_waiting(
        parts.database,
        principal.tenant_id,
        202,
        lambda once: attempts.retry_project(
            parts, once, principal=principal, project_id=project_id, wanted=wanted
        ),
        dump_project,
    )


@router.post(
    "/v1/projects/{project_id}/variations",
    status_code=202,
    response_model=ProjectRead,
    responses=problems(
        ProjectNotFoundError,
        ProjectInTrashError,
        UnknownRoomTypeError,
        UnknownStyleError,
        UnknownQualityError,
        PhotoGoneError,
        PhotoBusyError,
        QuotaExceededError,
        *IDEMPOTENCY_ERRORS,
    )
    | {202: idempotent(PROJECT_LINKS)},
)
async def create_variation(
    project_id: UUID,
    body: VariationCreate,
    principal: WriterDep,
    parts: PartsDep,
    idempotency: IdempotencyDep,
) -> Response:
    """Have the photo of a project staged otherwise, without uploading it again: a project of its own,
    with the same `photo_id`. What is not given is as in that project."""
    return await idempotency.run_waiting(
        parts.database,
        principal.tenant_id,
        202,
        lambda once: attempts.create_variation(
            parts, once, principal=principal, project_id=project_id, wanted=body
        ),
        dump_project,
    )


@router.post(
    "/v1/projects/{project_id}/choose",
    response_model=ProjectRead,
    responses=problems(ProjectNotFoundError, ProjectInTrashError, ProjectNotStagedError) | CHANGED,
)
async def choose_project(project_id: UUID, _: WriterDep, session: SessionDep) -> Response:
    """Make a staged project the final one of its photo; another one that was is not any more."""
    await service.choose_project(session, project_id)
    return await _answer(session, project_id)


@router.post(
    "/v1/projects/{project_id}/restore",
    response_model=ProjectRead,
    responses=problems(ProjectNotFoundError) | CHANGED,
)
async def restore_project(project_id: UUID, _: WriterDep, session: SessionDep) -> Response:
    """Take a project out of the trash. A job that was cancelled stays cancelled."""
    await trash.restore_project(session, project_id)
    return await _answer(session, project_id)


@router.delete(
    "/v1/projects/{project_id}", status_code=204, responses=problems(ProjectNotFoundError)
)
async def delete_project(
    project_id: UUID,
    _: WriterDep,
    session: SessionDep,
    parts: PartsDep,
    permanently: Annotated[bool, Query(description="At once, and for good.")] = False,
) -> None:
    """Put a project into the trash, from where it can be restored for 30 days, or delete it for good
    together with its images. A job that waits or runs is cancelled. The photo, and what it takes of
    the storage, stays as long as another project has it."""
    if permanently:
        await trash.purge_project(session, project_id)
    else:
        kept = timedelta(days=parts.settings.trash_days)
        await trash.trash_project(session, project_id, kept=kept)


async def _answer(session: Session, project_id: UUID) -> Response:
    await session.flush()
    project = await service.get_project(await driver_connection(session), project_id)
    return Response(dump_project(project), media_type=JSON)


@router.get(
    "/v1/projects/{project_id}/events",
    response_class=Response,
    responses={
        200: EVENT_STREAM,
        204: {"description": "The final state was seen already: do not connect again."},
        **problems(ProjectNotFoundError, TooManyStreamsError),
    },
)
async def follow_project(
    project_id: UUID,
    principal: ReaderDep,
    parts: PartsDep,
    # Empty is what a client sends that has seen no event.
    last_event_id: Annotated[Opaque, Header(alias="Last-Event-ID", pattern=r"^[0-9]{0,9}$")] = "",
) -> Response:
    """Live changes: `event: status` with the project as data, until it is staged or failed, or
    `event: deleted`. `Last-Event-ID` resumes."""
    stream = ProjectStream(parts, principal.tenant_id, project_id)
    return await stream.respond(int(last_event_id or 0))
