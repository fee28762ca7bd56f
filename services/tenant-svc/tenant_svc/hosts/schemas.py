"""Names over HTTP."""

from typing import Literal

from pydantic import BaseModel


class SlugRead(BaseModel):
    """Whether a slug may be had, why not, and one that may."""

    available: bool
    reason: Literal["slug_invalid", "slug_reserved", "slug_taken"] | None = None
    suggestion: str | None = None
