"""The keys of quotas and reservations."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class QuotaKey(NamedTuple):
    """A tenant's quota of a meter in a period."""

    tenant_id: UUID
    meter: str
    period_start: datetime


class ReservationKey(NamedTuple):
    """A tenant's reservation."""

    tenant_id: UUID
    id: UUID
