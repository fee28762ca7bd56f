"""The HTTP contract of API keys."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Instant, Name
from stagify.pagination import Page

# What a program may be allowed; the other permissions are for people alone.
Scope = Literal[
    "tenant:read",
    "tenant:manage",
    "projects:read",
    "projects:write",
    "usage:read",
    "billing:manage",
    "api_keys:manage",
    "members:manage",
]


class ApiKeyCreate(BaseModel):
    """A key for a program. Without scopes it may do what is needed to stage photos."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["Listing importer"])]
    scopes: Annotated[list[Scope], Field(min_length=1)] | None = None
    expires_at: Instant | None = None


class ApiKeyRead(BaseModel):
    """A key without its secret. `scopes` are those that it was given; at each use it may do no more
    than the role of its creator allows at that time."""

    id: UUID
    name: str
    start: str = Field(examples=["stg_live_7QxV2mLp"])
    last4: str
    scopes: list[str]
    created_by: UUID
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    # Since when it is refused because its creator was removed.
    suspended_at: datetime | None = None


class ApiKeyPage(Page[ApiKeyRead]):
    """Keys, newest first; `next_cursor` is null on the last page."""


class ApiKeyCreated(ApiKeyRead):
    """A key with its secret, which only this answer shows. A repeated request gets null."""

    key: str | None = None
