"""The ledger and its sums."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from stagify.tables import creation_time, instant
from usage_svc.tables import ServiceTable


class UsageRecord(ServiceTable, table=True):
    """A line of the ledger; never changed. Partitioned by ranges of `id`, which is a UUIDv7.

    `counted_at` decides the period: when it happened, or for a correction when the record it
    corrects happened.
    """

    __tablename__ = "usage_records"
    __table_args__ = (
        UniqueConstraint("source", "id"),
        CheckConstraint("quantity <> 0", name="quantity"),
        Index(
            "ix_usage_records_corrects_id",
            "tenant_id",
            "corrects_id",
            postgresql_where=text("corrects_id IS NOT NULL"),
        ),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    source: str = Field(primary_key=True, sa_type=Text)
    meter: str = Field(sa_type=Text)
    quantity: int = Field(sa_type=BigInteger)
    occurred_at: datetime = instant()
    counted_at: datetime = instant()
    recorded_at: datetime = creation_time()
    dimensions: dict[str, str] = Field(sa_type=JSONB)
    reservation_id: UUID | None = None
    corrects_id: UUID | None = None


class UsageCounter(ServiceTable, table=True):
    """The sum of a meter over a day or a month in UTC."""

    __tablename__ = "usage_counters"
    __table_args__ = (CheckConstraint("granularity IN ('day', 'month')", name="granularity"),)

    tenant_id: UUID = Field(primary_key=True)
    meter: str = Field(primary_key=True, sa_type=Text)
    granularity: str = Field(primary_key=True, sa_type=Text)
    period_start: date = Field(primary_key=True)
    quantity: int = Field(sa_type=BigInteger)
