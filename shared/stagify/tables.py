"""What the tables of all services have in common."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData
from sqlmodel import Field, SQLModel

from stagify.clock import utc_now
from stagify.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """Metadata of one service's tables, with the platform's constraint names."""
    return MetaData(naming_convention=NAMING)


def instant(**options: Any) -> Any:
    """A column for a point in time, with its time zone; we write UTC."""
    return Field(sa_type=DateTime(timezone=True), **options)


def creation_time() -> Any:
    """A column for the time when the row was created."""
    return instant(default_factory=utc_now)


class TenantTable(SQLModel):
    """Columns of every tenant table: a composite key that begins with the tenant, and the time when
    the row was created."""

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = creation_time()
