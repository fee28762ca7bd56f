"""The tables of quotas and reservations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlmodel import Field

from stagify.tables import creation_time, instant
from usage_svc.tables import ServiceTable


class Quota(ServiceTable, table=True):
    """What a tenant has used and reserved of a meter in a period; no row means nothing yet.

    `used` may exceed the limit, because it counts what has happened; a storage level whose
    changes arrive out of order may even be negative for a moment.
    """

    __tablename__ = "quotas"
    __table_args__ = (CheckConstraint("reserved >= 0", name="reserved"),)

    tenant_id: UUID = Field(primary_key=True)
    meter: str = Field(primary_key=True, sa_type=Text)
    period_start: datetime = instant(primary_key=True)
    used: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    reserved: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    # The highest threshold that has been announced in this period.
    notified_percent: int = Field(
        default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"}
    )


class Reservation(ServiceTable, table=True):
    """A part of a quota that is held for work in progress.

    Only `held` ones count in `Quota.reserved`. One that was ended before it was made has
    quantity 0, and it can no longer be made.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("state IN ('held', 'committed', 'released', 'expired')", name="state"),
        CheckConstraint("quantity >= 0", name="quantity"),
        ForeignKeyConstraint(
            ["tenant_id", "meter", "period_start"],
            ["quotas.tenant_id", "quotas.meter", "quotas.period_start"],
        ),
        # Does not start with the tenant, because upkeep looks at those of all tenants.
        Index("ix_reservations_due", "expires_at", postgresql_where=text("state = 'held'")),
        Index("ix_reservations_closed_at", "closed_at", postgresql_where=text("state <> 'held'")),
    )

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    meter: str = Field(sa_type=Text)
    period_start: datetime = instant()
    quantity: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    project_id: UUID | None = None
    expires_at: datetime = instant()
    closed_at: datetime | None = instant(default=None)
    created_at: datetime = creation_time()
