"""Who belongs to a tenant."""

from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.tables import TenantTable


class Membership(TenantTable, ServiceTable, table=True):
    """A person's role in the tenant."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("tenant_id", "user_id"),
        CheckConstraint("role IN ('owner', 'admin', 'member', 'viewer')", name="role"),
    )

    # Indexed for the person's own look at all of them.
    user_id: UUID = Field(foreign_key="users.id", index=True)
    role: str
