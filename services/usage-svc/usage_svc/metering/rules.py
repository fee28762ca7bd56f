"""Whether a usage record counts. Pure rules; each answers with the reason why not, or None."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from stagify.events.usage import UsageRecorded
from usage_svc.meters import METERS

# Clocks differ a little; a record from further ahead is wrong, and is never corrected silently.
MAX_SKEW = timedelta(minutes=5)
# A signed 64-bit column must hold the sum of many.
MAX_QUANTITY = 2**53
MAX_DIMENSIONS = 32
MAX_DIMENSION_LENGTH = 256


def check_record(event: UsageRecorded, now: datetime) -> str | None:
    """Why `event` can never be counted, as far as the event alone shows; None if it can."""
    meter = METERS.get(event.meter)
    if meter is None:
        return "unknown meter"
    if not event.source:
        return "no source"
    if event.event_id.version != 7:
        return "the id is not a UUIDv7"
    if _made_at(event.event_id) > now + MAX_SKEW:
        return "the id is of the future"
    if event.occurred_at > now + MAX_SKEW:
        return "occurred in the future"
    if event.quantity == 0 or abs(event.quantity) > MAX_QUANTITY:
        return "the quantity is zero or out of range"
    if event.quantity < 0 and not meter.is_level and event.corrects_id is None:
        return "a negative quantity corrects a record, which it must name"
    return _check_dimensions(event)


def _made_at(id_: UUID) -> datetime:
    """The time inside a UUIDv7 (RFC 9562): its first 48 bits are milliseconds."""
    # Compared with a bound only: far-off values would not fit a datetime.
    milliseconds = min(id_.int >> 80, 253_402_300_799_000)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _check_dimensions(event: UsageRecorded) -> str | None:
    if len(event.dimensions) > MAX_DIMENSIONS:
        return "too many dimensions"
    texts = (*event.dimensions, *event.dimensions.values())
    # PostgreSQL cannot store U+0000 in JSON.
    if any(len(text) > MAX_DIMENSION_LENGTH or "\x00" in text for text in texts):
        return "a dimension is too long or not text"
    if event.corrects_id is not None and not event.dimensions.get("reason"):
        return "a correction needs the dimension 'reason'"
    return None


def check_correction(event: UsageRecorded, original: Mapping[str, Any] | None) -> str | None:
    """Why `event` cannot correct `original`, of which it may take back at most what is left."""
    if original is None:
        return "corrects an unknown record"
    if original["corrects_id"] is not None:
        return "corrects a correction"
    if original["meter"] != event.meter:
        return "corrects a record of another meter"
    if (original["quantity"] > 0) == (event.quantity > 0):
        return "a correction has the opposite sign"
    if abs(original["corrected"] + event.quantity) > abs(original["quantity"]):
        return "corrects more than was recorded"
    return None
