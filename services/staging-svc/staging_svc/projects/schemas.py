"""The HTTP contract of projects."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from stagify.text import Name
from staging_svc.images.schemas import ImageRead

ProjectStatus = Literal["queued", "processing", "staged", "failed", "cancelled"]
FINAL_STATUSES: frozenset[str] = frozenset({"staged", "failed", "cancelled"})

Key = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ProjectOptions(BaseModel):
    """How to stage. The same photo, choices and seed give the same image."""

    model_config = ConfigDict(extra="forbid")

    quality: Key = "standard"
    seed: int = Field(default=0, ge=0, lt=2**31)
    label: bool = Field(
        default=True, description='Whether "Virtually staged" is written into the image.'
    )


class ProjectCreate(BaseModel):
    """What a customer asks for. The catalog has the room types, styles and qualities."""

    model_config = ConfigDict(extra="forbid")

    upload_id: UUID
    name: Name | None = None
    room_type: Annotated[Key, Field(examples=["living_room"])]
    style: Annotated[Key, Field(examples=["modern"])]
    options: ProjectOptions = Field(default_factory=ProjectOptions)


class FailureRead(BaseModel):
    """Why a project failed."""

    code: str
    message: str


class ProjectRead(BaseModel):
    """A project. `original` appears when the photo has been checked, `staged` at the end."""

    id: UUID
    name: str
    room_type: str
    style: str
    options: ProjectOptions
    status: ProjectStatus
    progress: float = Field(ge=0, le=1)
    failure: FailureRead | None
    original: ImageRead | None
    staged: ImageRead | None
    created_at: datetime
    updated_at: datetime
