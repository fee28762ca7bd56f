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
    bit-exact original. A discarded upload is gone for clients; its row stays for as long as its URL
    could still fill it. `awaits_reservation` says that usage-svc did not answer and its bytes are not
    reserved yet, `is_counted_alone` that they are recorded as used although no image stands for them,
    because its project failed before the photo was checked.
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
        Index("ix_uploads_awaiting", "tenant_id", postgresql_where=text("awaits_reservation")),
    )

    bucket: str = Field(sa_type=Text)
    object_key: str = Field(sa_type=Text)
    filename: Annotated[str, Personal] = Field(sa_type=Text)
    content_type: str = Field(sa_type=Text)
    size: int = Field(sa_type=BigInteger)
    expires_at: datetime = instant()
    project_id: UUID | None = None
    discarded_at: datetime | None = instant(default=None)
    awaits_reservation: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    is_counted_alone: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
