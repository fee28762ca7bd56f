"""The list of projects as a good plain FastAPI and SQLModel application would do it: no row-level
security and no credential; a header names the tenant, which is a condition of the query.

Served by `bench/list_projects.py` beside ours, from the same tables.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from pydantic import BaseModel
from sqlalchemy import JSON
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession


class Project(SQLModel, table=True):
    """The columns that a list shows."""

    __tablename__ = "projects"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    name: str
    room_type: str
    style: str
    options: dict[str, Any] = Field(sa_type=JSON)
    status: str
    progress: float
    failure_code: str | None
    failure_message: str | None
    created_at: datetime
    updated_at: datetime


class Image(SQLModel, table=True):
    """The columns that a list shows."""

    __tablename__ = "images"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    project_id: UUID
    kind: str
    width: int
    height: int
    content_type: str
    size: int
    sha256: str
    placeholder: str | None


class ImageRead(BaseModel):
    """An image in an answer."""

    id: UUID
    url: str
    width: int
    height: int
    content_type: str
    size: int
    sha256: str
    placeholder: str | None


class ProjectRead(BaseModel):
    """A project in an answer."""

    id: UUID
    name: str
    room_type: str
    style: str
    options: dict[str, Any]
    status: str
    progress: float
    failure: dict[str, str] | None
    original: ImageRead | None
    staged: ImageRead | None
    created_at: datetime
    updated_at: datetime


class ProjectPage(BaseModel):
    """A page of the list."""

    items: list[ProjectRead]
    next_cursor: str | None


router = APIRouter()


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine) as session:
        yield session


@router.get("/v1/projects")
async def list_projects(
    session: Annotated[AsyncSession, Depends(get_session)],
    x_tenant_id: Annotated[UUID, Header()],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ProjectPage:
    query = (
        select(Project)
        .where(Project.tenant_id == x_tenant_id)
        .order_by(col(Project.id).desc())
        .limit(limit + 1)
    )
    projects = (await session.exec(query)).all()
    shown = projects[:limit]
    found = await session.exec(
        select(Image).where(
            Image.tenant_id == x_tenant_id,
            col(Image.project_id).in_([project.id for project in shown]),
            col(Image.kind).in_(["original", "staged"]),
        )
    )
    images = {(image.project_id, image.kind): image for image in found.all()}
    return ProjectPage(
        items=[read(project, images) for project in shown],
        next_cursor=str(shown[-1].id) if len(projects) > limit else None,
    )


def read(project: Project, images: dict[tuple[UUID, str], Image]) -> ProjectRead:
    failure = None
    if project.failure_code is not None:
        failure = {"code": project.failure_code, "message": project.failure_message or ""}
    return ProjectRead(
        **project.model_dump(exclude={"tenant_id", "failure_code", "failure_message"}),
        failure=failure,
        original=read_image(images.get((project.id, "original"))),
        staged=read_image(images.get((project.id, "staged"))),
    )


def read_image(image: Image | None) -> ImageRead | None:
    if image is None:
        return None
    return ImageRead(
        **image.model_dump(exclude={"tenant_id", "project_id", "kind"}),
        url=f"/v1/images/{image.id}",
    )


def make_app() -> FastAPI:
    """The application on the database that PLAIN_DATABASE_URL names."""
    url = os.environ["PLAIN_DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, pool_size=5, max_overflow=0)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.state.engine = engine
    app.include_router(router)
    return app
