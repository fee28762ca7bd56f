"""The HTTP contract of tenant-svc."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from stagify.events.tenant import TenantStatus, TenantType

TenantName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]


class TenantRead(BaseModel):
    """A tenant as its own members see it."""

    id: UUID
    slug: str
    name: str
    type: TenantType
    status: TenantStatus
    plan: str
    region: str
    url: str
    created_at: datetime


class TenantSummary(BaseModel):
    """What identity-svc hands to a new customer."""

    id: UUID
    slug: str
    name: str
    type: TenantType
    status: TenantStatus
    url: str


class TenantCreate(BaseModel):
    """A tenant as identity-svc asks for it when a sign-up is confirmed."""

    model_config = ConfigDict(extra="forbid")

    signup_id: UUID
    slug: str = Field(max_length=100)
    name: TenantName
    type: TenantType
    owner_user_id: UUID
    region: str | None = Field(default=None, pattern=r"^[a-z0-9-]{2,16}$")


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


class BrandingColors(BaseModel):
    """Colours as `#rrggbb`."""

    primary: str
    accent: str


class BrandingRead(BaseModel):
    """How a tenant presents itself; readable without a credential."""

    name: str
    colors: BrandingColors
    logo_url: str | None = None
