"""Creating a project as a good plain FastAPI and SQLModel application would do it: a signed token
names the tenant, one row is inserted through the ORM, and one process does it all.

It checks no upload, reserves no quota and publishes nothing, and a repeated request creates a
second project. Served by `bench/create_project.py` beside ours, into the same table.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import jwt
import uuid_utils
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from pydantic import Field as BodyField
from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    return UUID(int=uuid_utils.uuid7().int)


class Project(SQLModel, table=True):
    """Every column of the table."""

    __tablename__ = "projects"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    room_type: str
    style: str
    options: dict[str, Any] = Field(sa_type=JSONB)
    status: str = "queued"
    progress: float = 0.0
    version: int = 1
    failure_code: str | None = None
    failure_message: str | None = None
    reservation_id: UUID = Field(default_factory=new_id)
    is_reserved: bool = False
    created_by: UUID | None = None
    usage_dimensions: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class ProjectOptions(BaseModel):
    """How to stage."""

    quality: str = "standard"
    seed: int = BodyField(default=0, ge=0, lt=2**31)
    label: bool = True


class ProjectCreate(BaseModel):
    """The body of a request."""

    upload_id: UUID
    name: str | None = BodyField(default=None, max_length=120)
    room_type: str
    style: str
    options: ProjectOptions = BodyField(default_factory=ProjectOptions)


class ProjectRead(BaseModel):
    """A project in an answer."""

    id: UUID
    name: str
    room_type: str
    style: str
    options: ProjectOptions
    status: str
    progress: float
    created_at: datetime
    updated_at: datetime


router = APIRouter()
bearer = HTTPBearer()


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        yield session


async def get_tenant_id(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> UUID:
    try:
        claims = jwt.decode(
            credentials.credentials, request.app.state.token_key, algorithms=["HS256"]
        )
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    return UUID(claims["tid"])


@router.post("/v1/projects", status_code=202, response_model=ProjectRead)
async def create_project(
    body: ProjectCreate,
    session: Annotated[AsyncSession, Depends(get_session)],
    tenant_id: Annotated[UUID, Depends(get_tenant_id)],
) -> Project:
    project = Project(
        tenant_id=tenant_id,
        name=body.name or f"{body.room_type}, {body.style}",
        room_type=body.room_type,
        style=body.style,
        options=body.options.model_dump(),
    )
    session.add(project)
    await session.commit()
    return project


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
    app.state.token_key = os.environ["PLAIN_TOKEN_KEY"]
    app.include_router(router)
    return app
