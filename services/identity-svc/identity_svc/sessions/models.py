"""Sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint

from identity_svc.tables import ServiceTable
from stagify.tables import TenantTable, instant


class Session(TenantTable, ServiceTable, table=True):
    """A log-in that has not been ended: to end it deletes the row."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "token_hash"),
        # A session belongs to a membership, and ends with it.
        ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["memberships.tenant_id", "memberships.user_id"],
            ondelete="CASCADE",
        ),
        Index(None, "tenant_id", "user_id"),
        Index(None, "tenant_id", "expires_at"),
    )

    user_id: UUID
    # Keyed hash of the cookie's value.
    token_hash: bytes
    last_seen_at: datetime = instant()
    expires_at: datetime = instant()
