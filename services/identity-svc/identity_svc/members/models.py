"""Who belongs to a tenant, and who did lately."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.tables import TenantTable, creation_time, instant


class Membership(TenantTable, ServiceTable, table=True):
    """A person's role in the tenant. Whoever is no member any more has no row here, so no query has to
    ask whether somebody still is one."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("tenant_id", "user_id"),
        ForeignKeyConstraint(["tenant_id", "custom_role_id"], ["roles.tenant_id", "roles.id"]),
        CheckConstraint("role IN ('owner', 'admin', 'member', 'viewer', 'custom')", name="role"),
        CheckConstraint("(role = 'custom') = (custom_role_id IS NOT NULL)", name="custom_role"),
    )

    # Indexed for the person's own look at all of them.
    user_id: UUID = Field(foreign_key="users.id", index=True)
    role: str
    # The tenant's own role, if it is one.
    custom_role_id: UUID | None = None
    # When somebody has last ended all of the member's sessions here: a log-in from before opens none.
    logged_out_at: datetime | None = instant(default=None)


class FormerMember(TenantTable, ServiceTable, table=True):
    """Somebody who was removed, or has left: their membership can be restored for a while, under the same
    id. `created_at` is when they joined."""

    __tablename__ = "former_members"
    __table_args__ = (UniqueConstraint("tenant_id", "user_id"),)

    user_id: UUID = Field(foreign_key="users.id")
    # As in `memberships`; the tenant's own role may be gone.
    role: str
    custom_role_id: UUID | None = None
    # Who removed them; themselves, if they have left.
    removed_by: UUID
    removed_at: datetime = creation_time()
