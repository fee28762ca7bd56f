"""The table of known tenants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from stagify.tables import TenantTable, instant
from staging_svc.tables import ServiceTable


class Tenant(TenantTable, ServiceTable, table=True):
    """A tenant as its events describe it; `id` equals `tenant_id`.

    `status_event_id` is the newest event about the status: older ones change nothing.
    """

    __tablename__ = "tenants"
    __table_args__ = (
        # Nothing writes `deleted` yet: no event says so.
        CheckConstraint("status IN ('active', 'suspended', 'deleted')", name="status"),
    )

    status: str = Field(default="active", sa_type=Text)
    status_event_id: UUID | None = None
    # Not written any more; the next release drops it.
    changed_at: datetime | None = instant(default=None)
