"""The tables of usage-svc."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from stagify.clock import utc_now
from stagify.database import new_metadata

# Tables without row-level security, each with its reason. The architecture test reads this.
NOT_TENANT_TABLES: dict[str, str] = {}


class ServiceTable(SQLModel, registry=registry(metadata=new_metadata())):
    """Base of the tables usage-svc owns."""


METADATA = ServiceTable.metadata
INSTANT = DateTime(timezone=True)


class Subscription(ServiceTable, table=True):
    """A tenant's plan."""

    __tablename__ = "subscriptions"

    tenant_id: UUID = Field(primary_key=True)
    slug: str = Field(sa_type=Text, index=True)
    plan: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now, sa_type=INSTANT)


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
    occurred_at: datetime = Field(sa_type=INSTANT)
    counted_at: datetime = Field(sa_type=INSTANT)
    recorded_at: datetime = Field(default_factory=utc_now, sa_type=INSTANT)
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


class Quota(ServiceTable, table=True):
    """What a tenant has used and reserved of a meter in a period; no row means nothing yet.

    `used` may exceed the limit, because it is what happened; a storage level whose changes
    arrive out of order may even be negative for a moment.
    """

    __tablename__ = "quotas"
    __table_args__ = (CheckConstraint("reserved >= 0", name="reserved"),)

    tenant_id: UUID = Field(primary_key=True)
    meter: str = Field(primary_key=True, sa_type=Text)
    period_start: datetime = Field(primary_key=True, sa_type=INSTANT)
    used: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    reserved: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    # The highest threshold that has been told in this period.
    notified_percent: int = Field(
        default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"}
    )


class Reservation(ServiceTable, table=True):
    """A part of a quota that is promised to work in progress.

    Only `held` ones count in `Quota.reserved`. One that was closed before it was made has
    quantity 0 and keeps the late maker out.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("state IN ('held', 'committed', 'released', 'expired')", name="state"),
        CheckConstraint("quantity >= 0", name="quantity"),
        ForeignKeyConstraint(
            ["tenant_id", "meter", "period_start"],
            ["quotas.tenant_id", "quotas.meter", "quotas.period_start"],
        ),
        # Not led by the tenant: the sweep and the purge look over all of them.
        Index("ix_reservations_due", "expires_at", postgresql_where=text("state = 'held'")),
        Index("ix_reservations_closed_at", "closed_at", postgresql_where=text("state <> 'held'")),
    )

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    meter: str = Field(sa_type=Text)
    period_start: datetime = Field(sa_type=INSTANT)
    quantity: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    project_id: UUID | None = None
    expires_at: datetime = Field(sa_type=INSTANT)
    closed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(default_factory=utc_now, sa_type=INSTANT)
