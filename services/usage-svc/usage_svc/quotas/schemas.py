"""The HTTP contract of usage-svc."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from stagify.events.usage import Meter


class PeriodRead(BaseModel):
    """The month that counts now, in UTC; `end` is not part of it."""

    start: datetime
    end: datetime


class MeterRead(BaseModel):
    """A meter; `limit` and `remaining` are null where the plan has no limit."""

    meter: Meter
    unit: Literal["photos", "bytes", "calls"]
    used: int
    reserved: int
    limit: int | None
    remaining: int | None


class UsageRead(BaseModel):
    """What has been counted by `as_of`; events under way are not in it yet."""

    as_of: datetime
    period: PeriodRead
    meters: list[MeterRead]


class ReservationCreate(BaseModel):
    """A reservation as asked for; the caller chooses its id and may repeat the call."""

    model_config = ConfigDict(extra="forbid")

    reservation_id: UUID
    meter: str = Field(max_length=64)
    quantity: int = Field(ge=1, le=2**53)
    ttl_seconds: int | None = Field(default=None, ge=1, le=3600)


class ReservationRead(BaseModel):
    """A reservation that stands until `expires_at`, unless a project takes it over."""

    reservation_id: UUID
    expires_at: datetime
