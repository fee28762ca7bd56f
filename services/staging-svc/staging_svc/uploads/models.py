"""The table of uploads."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field

from stagify.personal import Personal
from stagify.tables import TenantTable, instant
from staging_svc.tables import ServiceTable


class Upload(TenantTable, ServiceTable, table=True):
    """The right to put one object into the store, and that object once it is there.

    `project_id` is set when a project uses it; from then on the object is the project's
    bit-exact original.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "project_id"], ["projects.tenant_id", "projects.id"]),
        Index("uq_uploads_tenant_id_project_id", "tenant_id", "project_id", unique=True),
        Index(
            "ix_uploads_open",
            "tenant_id",
            "expires_at",
            postgresql_where=text("project_id IS NULL"),
        ),
    )

    bucket: str = Field(sa_type=Text)
    object_key: str = Field(sa_type=Text)
    filename: Annotated[str, Personal] = Field(sa_type=Text)
    content_type: str = Field(sa_type=Text)
    size: int = Field(sa_type=BigInteger)
    expires_at: datetime = instant()
    project_id: UUID | None = None
