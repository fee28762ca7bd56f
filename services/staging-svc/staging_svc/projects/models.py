"""The table of projects."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    FetchedValue,
    Float,
    ForeignKeyConstraint,
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from stagify.clock import utc_now
from stagify.personal import Personal
from stagify.tables import TenantTable, instant
from staging_svc.tables import ServiceTable


class Project(TenantTable, ServiceTable, table=True):
    """A photo to be furnished, and what became of it.

    `version` grows with every visible change; it is the event id in the live stream of a project, and
    `changed_in`, which the database writes, is the transaction of the last one.
    `reservation_id` names the quota reservation from the first attempt to make it, `is_reserved`
    says that usage-svc has confirmed it. `record` is the engine's list of what it placed. `hints` is
    what the customer could do better, as code and message; `checks` is what the engine looked at in the
    last attempt, and `confidence` how sure it was of the result.

    The first project of a photo owns what is stored of the photo; `variation_of` of the others names
    it, and its `variations` counts them. A project with `deleted_at` is in the trash. One with
    `purged_at` is gone for customers; its row stays for a while for live streams that have missed its
    end, and for as long as it has variations.
    """

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'processing', 'staged', 'failed', 'cancelled')", name="status"
        ),
        ForeignKeyConstraint(["tenant_id", "variation_of"], ["projects.tenant_id", "projects.id"]),
        Index("ix_projects_tenant_id_status_id", "tenant_id", "status", "id"),
        Index("ix_projects_tenant_id_created_by_id", "tenant_id", "created_by", "id"),
        Index("ix_projects_tenant_id_changed_in", "tenant_id", "changed_in"),
        Index(
            "ix_projects_variations",
            "tenant_id",
            "variation_of",
            postgresql_where=text("variation_of IS NOT NULL"),
        ),
        Index(
            "ix_projects_trash",
            "tenant_id",
            "id",
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
        Index(
            "ix_projects_favourites",
            "tenant_id",
            "id",
            postgresql_where=text("is_favourite"),
        ),
    )

    name: Annotated[str, Personal] = Field(sa_type=Text)
    room_type: str = Field(sa_type=Text)
    style: str = Field(sa_type=Text)
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    status: str = Field(default="queued", sa_type=Text)
    progress: float = Field(default=0.0, sa_type=Float)
    version: int = 1
    failure_code: str | None = Field(default=None, sa_type=Text)
    failure_message: str | None = Field(default=None, sa_type=Text)
    reservation_id: UUID
    is_reserved: bool
    created_by: UUID | None = None
    usage_dimensions: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    record: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    hints: list[dict[str, str]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"}
    )
    confidence: float | None = Field(default=None, sa_type=Float)
    checks: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"}
    )
    updated_at: datetime = instant(default_factory=utc_now)
    variation_of: UUID | None = None
    variations: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    is_final: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    is_favourite: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    deleted_at: datetime | None = instant(default=None)
    purged_at: datetime | None = instant(default=None)
    changed_in: int | None = Field(
        default=None, sa_type=BigInteger, sa_column_kwargs={"server_default": FetchedValue()}
    )

    @property
    def photo_id(self) -> UUID:
        """The first project of the photo, which owns what is stored of it."""
        return self.variation_of or self.id
