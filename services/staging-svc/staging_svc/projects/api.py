"""The routes of projects."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response

from stagify.database import DatabaseDep, SessionDep
from stagify.idempotency import IdempotencyDep
from stagify.links import link
from stagify.pagination import Page, PageParamsDep, encode_cursor
from stagify.problems import problems
from staging_svc.parts import ReaderDep, SettingsDep, WriterDep, parts_of
from staging_svc.projects import queries, service
from staging_svc.projects.errors import ProjectNotFoundError
from staging_svc.projects.feed import ProjectFeed
from staging_svc.projects.schemas import ProjectCreate, ProjectRead, ProjectStatus
from staging_svc.projects.streams import ProjectStream

router = APIRouter(tags=["projects"])

JSON = "application/json"

# What can be done with a project that was answered, by its id.
PROJECT_LINKS = (
    link("get_project", project_id="/id")
    | link("follow_project", project_id="/id")
    | link("delete_project", project_id="/id")
)
IMAGE_LINKS = link("get_image", image_id="/original/id") | link("get_image", image_id="/staged/id")


def request_feed(request: Request) -> ProjectFeed:
    """The live changes this app was composed with."""
    feed: ProjectFeed = request.app.state.feed
    return feed


FeedDep = Annotated[ProjectFeed, Depends(request_feed)]


@router.post(
    "/v1/projects",
    status_code=202,
    response_model=ProjectRead,
    responses=problems(402, 404, 409, 410) | {202: {"links": PROJECT_LINKS}},
)
async def create_project(
    request: Request, body: ProjectCreate, principal: WriterDep, idempotency: IdempotencyDep
) -> Response:
    """Have an uploaded photo furnished. The answer is the project as it waits in the queue."""
    return await service.create_project(
        parts_of(request), principal=principal, wanted=body, idempotency=idempotency
    )


@router.get(
    "/v1/projects",
    response_model=Page[ProjectRead],
    responses={
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
        # One more than asked for says whether there is a next page.
        rows = await queries.fetch_projects(
            connection, status=status, after=page.after, limit=page.limit + 1
        )
    has_more = len(rows) > page.limit
    rows = rows[: page.limit]
    cursor = encode_cursor(rows[-1][0]) if has_more else None
    body = {"items": [queries.shape(row) for row in rows], "next_cursor": cursor}
    return Response(queries.dump(body), media_type=JSON)


@router.get(
    "/v1/projects/{project_id}",
    response_model=ProjectRead,
    responses=problems(404) | {200: {"links": IMAGE_LINKS}},
)
async def get_project(project_id: UUID, principal: ReaderDep, database: DatabaseDep) -> Response:
    """One project."""
    async with database.tenant_connection(principal.tenant_id) as connection:
        row = await queries.fetch_project(connection, project_id)
    if row is None:
        raise ProjectNotFoundError
    return Response(queries.dump(queries.shape(row)), media_type=JSON)


@router.delete("/v1/projects/{project_id}", status_code=204, responses=problems(404))
async def delete_project(project_id: UUID, _: WriterDep, session: SessionDep) -> None:
    """Delete a project and its images. A job that waits or runs is cancelled."""
    await service.delete_project(session, project_id)


@router.get(
    "/v1/projects/{project_id}/events",
    response_class=Response,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "The live stream."},
        204: {"description": "The final state was seen already: do not connect again."},
        **problems(404, 429),
    },
)
async def follow_project(
    project_id: UUID,
    principal: ReaderDep,
    database: DatabaseDep,
    feed: FeedDep,
    settings: SettingsDep,
    last_event_id: Annotated[str, Header(pattern=r"^[0-9]{1,9}$")] = "0",
) -> Response:
    """Live changes: `event: status` with the project as data, until it is staged or failed, or
    `event: deleted`. `Last-Event-ID` resumes."""
    stream = ProjectStream(
        database,
        feed,
        tenant_id=principal.tenant_id,
        project_id=project_id,
        heartbeat_seconds=settings.stream_heartbeat_seconds,
        max_seconds=settings.stream_max_seconds,
    )
    return await stream.respond(int(last_event_id))
