"""The table of staging jobs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlmodel import Field

from stagify.clock import utc_now
from stagify.tables import TenantTable, instant
from staging_svc.tables import ServiceTable


class Job(TenantTable, ServiceTable, table=True):
    """The work of staging one project. Cancelling a job deletes its row.

    A running job belongs to the process that knows its `lease_token`, until `lease_expires_at`.
    `attempts` counts claims that were not handed back; `is_held` keeps the jobs of a suspended
    tenant from being taken.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "project_id"], ["projects.tenant_id", "projects.id"]),
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        CheckConstraint("(state = 'running') = (lease_token IS NOT NULL)", name="lease"),
        Index("uq_jobs_tenant_id_project_id", "tenant_id", "project_id", unique=True),
        Index("ix_jobs_queued", "tenant_id", "id", postgresql_where=text("state = 'queued'")),
        Index(
            "ix_jobs_running",
            "tenant_id",
            "lease_expires_at",
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "ix_jobs_served",
            "tenant_id",
            "served_at",
            postgresql_where=text("served_at IS NOT NULL"),
        ),
    )

    project_id: UUID
    state: str = Field(default="queued", sa_type=Text)
    attempts: int = Field(default=0, sa_type=SmallInteger)
    is_held: bool = False
    due_at: datetime = instant(default_factory=utc_now)
    lease_token: UUID | None = None
    lease_expires_at: datetime | None = instant(default=None)
    served_at: datetime | None = instant(default=None)
    started_at: datetime | None = instant(default=None)
    finished_at: datetime | None = instant(default=None)
    # From the request that asked for it; its events carry them on.
    traceparent: str | None = Field(default=None, sa_type=Text)
    actor: str | None = Field(default=None, sa_type=Text)
    request_id: str | None = Field(default=None, sa_type=Text)
