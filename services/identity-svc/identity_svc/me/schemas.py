"""The HTTP contract of one's own account."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from identity_svc.people.schemas import Locale, Theme
from stagify.inputs import Name, NewPassword, Password


class MeRead(BaseModel):
    """The person who is calling; a `locale` or `theme` of null is left to the browser."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    name: str
    locale: Locale | None
    theme: Theme | None


class MeUpdate(BaseModel):
    """What people change about themselves; what is not named stays."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["Ada Lovelace"])] = Field(default_factory=str)
    locale: Locale | None = None
    theme: Theme | None = None


class PasswordChange(BaseModel):
    """The present password, and the one that replaces it."""

    model_config = ConfigDict(extra="forbid")

    # In this way, because the type has an example already.
    current_password: Annotated[
        Password, Field(json_schema_extra={"examples": ["the one of until now"]})
    ]
    password: NewPassword


class OwnTenantRead(BaseModel):
    """A workspace that the person belongs to, and their role there."""

    id: UUID
    slug: str
    name: str
    url: str
    role: str
    status: str


class OwnTenants(BaseModel):
    """The person's workspaces, by name."""

    items: list[OwnTenantRead]


class OwnSessionRead(BaseModel):
    """One of the person's sessions; `device` is null if we do not know its browser."""

    id: UUID
    host: str
    device: str | None
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


class OwnSessions(BaseModel):
    """The person's sessions on all hosts, last used first; of more than a hundred the first hundred."""

    items: list[OwnSessionRead]
