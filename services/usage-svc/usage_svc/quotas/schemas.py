"""Quotas over HTTP."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class PeriodRead(BaseModel):
    """The month that counts now, in UTC; `end` is not part of it."""

    start: datetime
    end: datetime


class MeterRead(BaseModel):
    """A meter; `limit` and `remaining` are null where the plan has no limit."""

    meter: Literal["staging", "storage_bytes", "api_calls", "seats"]
    unit: Literal["photos", "bytes", "calls", "people"]
    used: int
    reserved: int
    limit: int | None
    remaining: int | None


class UsageRead(BaseModel):
    """What has been counted by `as_of`; events that are still under way are not included."""

    as_of: datetime
    period: PeriodRead
    meters: list[MeterRead]
