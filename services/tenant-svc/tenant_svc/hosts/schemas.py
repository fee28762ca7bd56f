"""Names over HTTP."""

from typing import Literal

from pydantic import BaseModel


class SlugRead(BaseModel):
    """Whether a slug is available; if not, why, and one that is."""

    available: bool
    reason: Literal["slug_invalid", "slug_reserved", "slug_taken"] | None = None
    suggestion: str | None = None
