"""The table of known tenants."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from stagify.database import TenantTable
from staging_svc.tables import ServiceTable, instant


class Tenant(TenantTable, ServiceTable, table=True):
    """A tenant as its events describe it; `id` equals `tenant_id`.

    `changed_at` is the time of the newest event applied: older ones that arrive late change
    nothing.
    """

    __tablename__ = "tenants"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'suspended', 'deleted')", name="status"),
    )

    status: str = Field(default="active", sa_type=Text)
    changed_at: datetime = instant()
