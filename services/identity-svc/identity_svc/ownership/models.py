"""Ownership on its way."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.tables import TenantTable, instant


class OwnershipTransfer(TenantTable, ServiceTable, table=True):
    """An owner wants another member to be the owner in their place. A tenant has one that is open."""

    __tablename__ = "ownership_transfers"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'confirmed', 'cancelled', 'expired')", name="state"),
        Index(
            "uq_ownership_transfers_tenant_id_open",
            "tenant_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    from_user_id: UUID = Field(foreign_key="users.id")
    to_user_id: UUID = Field(foreign_key="users.id")
    # What the other had when they were asked: if it has changed since, they are asked anew.
    to_role: str
    state: str = "open"
    expires_at: datetime = instant()
    decided_at: datetime | None = instant(default=None)
