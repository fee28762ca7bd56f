"""Names over HTTP."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


class SlugHold(BaseModel):
    """A sign-up's claim to a slug while its code is valid."""

    model_config = ConfigDict(extra="forbid")

    signup_id: UUID
    expires_at: AwareDatetime


class SlugHoldRead(BaseModel):
    """A slug that is held."""

    slug: str
    expires_at: AwareDatetime


class SlugRead(BaseModel):
    """Whether a slug may be had, why not, and one that may."""

    available: bool
    reason: Literal["slug_invalid", "slug_reserved", "slug_taken"] | None = None
    suggestion: str | None = None
