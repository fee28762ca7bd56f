"""The HTTP contract of members."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Choice
from stagify.pagination import Page


class MemberRead(BaseModel):
    """Somebody who belongs to the workspace, or did lately: then `removed_at` says until when, and for 30
    days from then on their membership can be restored. `role` is the key of a role; null if they had one
    that does not exist any more."""

    id: UUID
    user_id: UUID
    name: str
    email: str
    role: str | None = Field(examples=["member"])
    joined_at: datetime
    removed_at: datetime | None = None
    removed_by: UUID | None = None


class MemberPage(Page[MemberRead]):
    """Members, newest first; `next_cursor` is null on the last page."""


# The key of a role that is to be given.
RoleKey = Annotated[Choice, Field(examples=["viewer"])]


class MemberUpdate(BaseModel):
    """The role that a member is to have."""

    model_config = ConfigDict(extra="forbid")

    role: RoleKey
