"""Tenants over HTTP."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from stagify.calls.tenant import TenantType

TenantStatus = Literal["provisioning", "active", "suspended", "expired"]


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
