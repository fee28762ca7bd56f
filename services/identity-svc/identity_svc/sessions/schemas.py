"""The HTTP contract of sessions."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from identity_svc.people.schemas import Locale, Theme
from identity_svc.roles.schemas import Role
from stagify.calls.usage import EntitlementsRead
from stagify.inputs import Email, Password


class SessionCreate(BaseModel):
    """A log-in."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password


class SessionUser(BaseModel):
    """The person who is logged in."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    name: str
    # The language and the look that they chose; None leaves both to the browser.
    locale: Locale | None
    theme: Theme | None


class SessionTenant(BaseModel):
    """The tenant they are logged in to."""

    id: UUID
    slug: str
    name: str
    # tenant-svc decides which types there are, so this is not a closed list.
    type: str
    status: str
    url: str


class SessionRead(BaseModel):
    """Who is calling, where, and what they may do.

    A program that calls with an API key has `api_key_id` and neither user nor role. `entitlements` are what
    the workspace's plan includes; null if that is not known at the moment.
    """

    user: SessionUser | None
    api_key_id: UUID | None = None
    tenant: SessionTenant
    role: Role | None
    permissions: list[str]
    entitlements: EntitlementsRead | None
    expires_at: datetime | None = None
