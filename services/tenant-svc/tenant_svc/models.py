"""The tables of tenant-svc."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Text, Uuid
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from stagify.clock import utc_now
from stagify.database import new_metadata

# Tables without row-level security, each with its reason. The architecture test reads this.
NOT_TENANT_TABLES: dict[str, str] = {
    "slugs": "a slug is unique over the whole installation and is held before its tenant exists",
    "provisionings": "the sweep must find unfinished tenants without knowing them; ids and times",
}


class ServiceTable(SQLModel, registry=registry(metadata=new_metadata())):
    """Base of the tables tenant-svc owns."""


METADATA = ServiceTable.metadata


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
    slug: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    status: str = Field(default="provisioning", sa_type=Text)
    plan: str = Field(sa_type=Text)
    region: str = Field(sa_type=Text)
    owner_user_id: UUID
    signup_id: UUID
    created_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))
    activated_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    suspended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class TenantReceipt(ServiceTable, table=True):
    """A service's word that it has carried out a step of a tenant's life cycle."""

    __tablename__ = "tenant_receipts"

    tenant_id: UUID = Field(primary_key=True)
    of_event_id: UUID = Field(primary_key=True)
    service: str = Field(primary_key=True, sa_type=Text)
    action: str = Field(sa_type=Text)
    received_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))


class Slug(ServiceTable, table=True):
    """A name under the base domain: held for a sign-up until `expires_at`, or a tenant's.

    `expires_at` is also when the slug of an expired tenant becomes free again.
    """

    __tablename__ = "slugs"
    __table_args__ = (
        Index("ix_slugs_expires_at", "expires_at", postgresql_where="expires_at IS NOT NULL"),
    )

    slug: str = Field(primary_key=True, sa_type=Text)
    signup_id: UUID = Field(index=True)
    tenant_id: UUID | None = Field(default=None, index=True)
    expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Provisioning(ServiceTable, table=True):
    """A tenant that is not active yet. `expires_at` is cleared once identity-svc confirms it."""

    __tablename__ = "provisionings"

    tenant_id: UUID = Field(primary_key=True)
    started_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime | None = Field(default=None, index=True, sa_type=DateTime(timezone=True))
