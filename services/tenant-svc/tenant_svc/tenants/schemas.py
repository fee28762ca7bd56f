"""Tenants over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

TenantType = Literal["individual", "organization"]
TenantStatus = Literal["provisioning", "active", "suspended", "expired"]
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
