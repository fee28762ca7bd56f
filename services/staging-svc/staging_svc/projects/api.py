"""The routes of projects."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response

from stagify.calls.usage import QuotaExceededError
from stagify.dependencies import DatabaseDep, SessionDep
from stagify.idempotency import IDEMPOTENCY_ERRORS, IdempotencyDep, idempotent
from stagify.inputs import Opaque
from stagify.links import link
from stagify.pagination import InvalidCursorError, PageParamsDep
from stagify.problems import problems
from staging_svc.parts import PartsDep, ReaderDep, WriterDep, parts_of
from staging_svc.projects import service
from staging_svc.projects.errors import (
    ProjectNotFoundError,
    TenantProvisioningError,
    TooManyStreamsError,
    UnknownQualityError,
    UnknownRoomTypeError,
    UnknownStyleError,
)
from staging_svc.projects.schemas import (
    ProjectCreate,
    ProjectPage,
    ProjectRead,
    ProjectStatus,
    dump_page,
    dump_project,
)
from staging_svc.projects.streams import ProjectStream
from staging_svc.uploads.service import USE_ERRORS

router = APIRouter(tags=["projects"])

JSON = "application/json"

# The calls that can use the id of a project in an answer.
PROJECT_LINKS = (
    link("get_project", project_id="/id")
    | link("follow_project", project_id="/id")
    | link("delete_project", project_id="/id")
)
IMAGE_LINKS = link("get_image", image_id="/original/id") | link("get_image", image_id="/staged/id")


@router.post(
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
) -> Response:
    """The tenant's projects, newest first."""
    async with database.tenant_connection(principal.tenant_id) as connection:
        # One more than asked for shows whether there is a next page.
        projects = await service.list_projects(
            connection, status=status, after=page.after, limit=page.limit + 1
        )
    return Response(dump_page(projects, page.limit), media_type=JSON)


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


@router.delete(
    "/v1/projects/{project_id}", status_code=204, responses=problems(ProjectNotFoundError)
)
async def delete_project(project_id: UUID, _: WriterDep, session: SessionDep) -> None:
    """Delete a project and its images. A job that waits or runs is cancelled."""
    await service.delete_project(session, project_id)


@router.get(
    "/v1/projects/{project_id}/events",
    response_class=Response,
    responses={
        200: {
            "content": {"text/event-stream": {}},
            "description": "The live stream.",
            "headers": {
                "X-Accel-Buffering": {
                    "description": "Asks proxies to pass each event on at once.",
                    "required": True,
                    "schema": {"type": "string", "const": "no"},
                }
            },
        },
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
