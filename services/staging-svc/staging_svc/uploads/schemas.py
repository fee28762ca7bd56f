"""The HTTP contract of uploads."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp")


class UploadCreate(BaseModel):
    """What a client is going to upload."""

    model_config = ConfigDict(extra="forbid")

    # Whatever a file system allows, without control characters: PostgreSQL's text has no NUL.
    filename: str = Field(
        max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["living_room.jpg"]
    )
    content_type: str = Field(
        min_length=1, max_length=127, json_schema_extra={"enum": [*PHOTO_TYPES]}
    )
    size: int = Field(gt=0, description="The exact number of bytes.")


class UploadRead(BaseModel):
    """Where to put the photo: send exactly these headers."""

    id: UUID
    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    expires_at: datetime
