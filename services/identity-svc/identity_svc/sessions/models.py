"""Sessions."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint

from identity_svc.tables import ServiceTable
from stagify.personal import Personal
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
        # For the person's own look at all of them.
        Index(None, "user_id"),
        Index(None, "tenant_id", "expires_at"),
    )

    user_id: UUID
    # Keyed hash of the cookie's value.
    token_hash: bytes
    # The browser and system that it was opened with, in a few words; None if they are not known.
    device: Annotated[str | None, Personal] = None
    last_seen_at: datetime = instant()
    expires_at: datetime = instant()
