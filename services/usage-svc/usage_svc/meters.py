"""The meters, and the period in which each counts."""

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

# The period of meters that never reset.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MeterSpec:
    """A meter. A level is the sum of signed changes and never resets; others count by month."""

    name: str
    unit: str
    is_level: bool = False

    def period_start(self, moment: datetime) -> datetime:
        """The start of the quota period that `moment` falls into."""
        return ALWAYS if self.is_level else month_start(moment)

    def resets_at(self, moment: datetime) -> datetime | None:
        """When the count of `moment`'s period starts again from zero."""
        return None if self.is_level else next_month(moment)


STAGING = MeterSpec("staging", "photos")
STORAGE = MeterSpec("storage_bytes", "bytes", is_level=True)
API_CALLS = MeterSpec("api_calls", "calls")
SEATS = MeterSpec("seats", "people", is_level=True)

METERS: MappingProxyType[str, MeterSpec] = MappingProxyType(
    {meter.name: meter for meter in (STAGING, STORAGE, API_CALLS, SEATS)}
)


def month_start(moment: datetime) -> datetime:
    """The first instant of `moment`'s calendar month in UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(moment: datetime) -> datetime:
    """The first instant of the month after `moment`'s."""
    start = month_start(moment)
    if start.month == 12:
        return start.replace(year=start.year + 1, month=1)
    return start.replace(month=start.month + 1)
