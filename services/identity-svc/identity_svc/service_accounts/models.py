"""Members without a person."""

from typing import Annotated
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.personal import Personal
from stagify.tables import TenantTable


class ServiceAccount(TenantTable, ServiceTable, table=True):
    """A program's role in the tenant. One that was removed has no row here; its keys, which were revoked
    then, still name it."""

    __tablename__ = "service_accounts"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        ForeignKeyConstraint(["tenant_id", "custom_role_id"], ["roles.tenant_id", "roles.id"]),
        CheckConstraint("role IN ('admin', 'member', 'viewer', 'custom')", name="role"),
        CheckConstraint("(role = 'custom') = (custom_role_id IS NOT NULL)", name="custom_role"),
    )

    name: Annotated[str, Personal]
    role: str
    # The tenant's own role, if it is one.
    custom_role_id: UUID | None = None
    created_by: UUID = Field(foreign_key="users.id")
