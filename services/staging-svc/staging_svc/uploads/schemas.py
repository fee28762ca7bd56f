"""The HTTP contract of uploads."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Choice, FileName, Whole

PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp")


class UploadCreate(BaseModel):
    """What a client is going to upload."""

    model_config = ConfigDict(extra="forbid")

    filename: Annotated[FileName, Field(examples=["living_room.jpg"])]
    content_type: Annotated[Choice, Field(json_schema_extra={"enum": [*PHOTO_TYPES]})]
    # Above 2**53, not every program reads the same number out of JSON (RFC 8259, section 6).
    size: Annotated[int, Whole(1, 2**53), Field(description="The exact number of bytes.")]


class UploadRead(BaseModel):
    """Where to put the photo: send exactly these headers."""

    id: UUID
    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    expires_at: datetime
