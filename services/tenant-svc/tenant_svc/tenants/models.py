"""The table of tenants."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Text, Uuid
from sqlmodel import Field

from stagify.personal import Personal
from stagify.tables import creation_time, instant
from tenant_svc.tables import ServiceTable


class Tenant(ServiceTable, table=True):
    """A customer. Its id is the `tenant_id` that every tenant table of the platform leads with."""

    __tablename__ = "tenants"
    __table_args__ = (
        CheckConstraint("type IN ('individual', 'organization')", name="type"),
        CheckConstraint(
            "status IN ('provisioning', 'active', 'suspended', 'expired')", name="status"
        ),
    )

    id: UUID = Field(sa_column=Column("tenant_id", Uuid, primary_key=True))
    slug: Annotated[str, Personal] = Field(sa_type=Text)
    name: Annotated[str, Personal] = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    status: str = Field(default="provisioning", sa_type=Text)
    plan: str = Field(sa_type=Text)
    # The newest event that told the plan; those that come after it and are older change nothing.
    plan_event_id: UUID | None = None
    region: str = Field(sa_type=Text)
    owner_user_id: UUID
    signup_id: UUID
    created_at: datetime = creation_time()
    activated_at: datetime | None = instant(default=None)
    suspended_at: datetime | None = instant(default=None)
    # From when on sessions without a second factor may do nothing but set one up; None asks for none.
    mfa_due_at: datetime | None = instant(default=None)
