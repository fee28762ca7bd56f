"""The table of projects."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from stagify.clock import utc_now
from stagify.personal import Personal
from stagify.tables import TenantTable, instant
from staging_svc.tables import ServiceTable


class Project(TenantTable, ServiceTable, table=True):
    """A photo to be furnished, and what became of it.

    `version` grows with every visible change; it is the event id in the live stream.
    `reservation_id` names the quota reservation from the first attempt to make it, `is_reserved`
    says that usage-svc has confirmed it. `record` is the engine's list of what it placed. `hints` is
    what the customer could do better, as code and message.
    """

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'processing', 'staged', 'failed', 'cancelled')", name="status"
        ),
        Index("ix_projects_tenant_id_status_id", "tenant_id", "status", "id"),
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
    updated_at: datetime = instant(default_factory=utc_now)
