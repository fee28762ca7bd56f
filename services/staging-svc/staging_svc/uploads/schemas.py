"""The HTTP contract of uploads."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class UploadCreate(BaseModel):
    """What a client is going to upload."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field(min_length=1, max_length=255)
    content_type: str = Field(min_length=1, max_length=127)
    size: int = Field(gt=0, description="The exact number of bytes.")


class UploadRead(BaseModel):
    """Where to put the photo: send exactly these headers."""

    id: UUID
    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    expires_at: datetime
