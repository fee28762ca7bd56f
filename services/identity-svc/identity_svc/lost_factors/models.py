"""Wishes to take the second factors of a member away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint

from identity_svc.tables import ServiceTable
from stagify.tables import TenantTable, instant


class FactorReset(TenantTable, ServiceTable, table=True):
    """An owner's wish to take the second factors of a member away, for the day in which the member may say
    no."""

    __tablename__ = "factor_resets"
    __table_args__ = (
        UniqueConstraint("tenant_id", "user_id"),
        # It ends with the membership.
        ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["memberships.tenant_id", "memberships.user_id"],
            ondelete="CASCADE",
        ),
        # For the person's own look at all of them.
        Index(None, "user_id"),
    )

    user_id: UUID
    requested_by: UUID
    due_at: datetime = instant()
