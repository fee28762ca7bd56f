"""The table of objects that shall be deleted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger, Text
from sqlmodel import Field

from stagify.database import TenantTable
from staging_svc.tables import ServiceTable, instant


class ObjectDeletion(TenantTable, ServiceTable, table=True):
    """An object that is deleted from the store at `due_at`, unless the row is withdrawn first.

    Written before an object can exist, and withdrawn when a row comes to own it: a crash in
    between leaves an intent, never an orphan. `upload_id` names the unused upload that goes
    with the object. `attempts` above zero means that deleting has begun.
    """

    __tablename__ = "object_deletions"
    __table_args__ = (
        Index("ix_object_deletions_due_at", "due_at"),
        Index("ix_object_deletions_tenant_id_upload_id", "tenant_id", "upload_id"),
    )

    bucket: str = Field(sa_type=Text)
    object_key: str = Field(sa_type=Text)
    due_at: datetime = instant()
    upload_id: UUID | None = None
    attempts: int = Field(default=0, sa_type=SmallInteger)
