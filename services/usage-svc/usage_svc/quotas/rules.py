"""Whether reservations fit a quota. Pure rules; the quota is locked, so nothing else changes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from stagify.calls.usage import QuotaExceededError
from usage_svc.meters import METERS
from usage_svc.quotas.errors import ReservationMismatchError, ReservationReleasedError
from usage_svc.quotas.keys import QuotaKey

# When a reservation expires that lasts until it is used or released.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reservation as asked for; without a `ttl` it lasts until it is used or released."""

    id: UUID
    quantity: int
    ttl: timedelta | None


@dataclass(frozen=True, slots=True)
class Held:
    """A reservation that stands."""

    id: UUID
    expires_at: datetime


Outcome = Held | Exception


class Decision:
    """The outcomes of a batch, first come first served.

    `outcomes` are in the order of the batch; `to_hold` has quantity and expiry by id. `full` is the
    refusal of every new reservation because another meter is over its limit.
    """

    def __init__(
        self,
        batch: Sequence[Wanted],
        *,
        key: QuotaKey,
        quota: Mapping[str, Any],
        known: Mapping[UUID, Mapping[str, Any]],
        limit: int | None,
        attached_ttl: timedelta,
        now: datetime,
        full: QuotaExceededError | None = None,
    ) -> None:
        self._full = full
        self._meter = key.meter
        self._used: int = quota["used"]
        self._reserved: int = quota["reserved"]
        self._known = known
        self._limit = limit
        self._attached_ttl = attached_ttl
        self._now = now
        self.to_hold: dict[UUID, tuple[int, datetime]] = {}
        self.outcomes: list[Outcome] = [self._decide(wanted) for wanted in batch]

    @property
    def lacks_room(self) -> bool:
        """Whether any of the batch did not fit."""
        return any(isinstance(outcome, QuotaExceededError) for outcome in self.outcomes)

    def _decide(self, wanted: Wanted) -> Outcome:
        if wanted.id in self.to_hold:
            quantity, expires_at = self.to_hold[wanted.id]
            if quantity != wanted.quantity:
                return ReservationMismatchError()
            return Held(wanted.id, expires_at)
        known = self._known.get(wanted.id)
        if known is None or known["state"] == "expired":
            is_attached = known is not None and known["project_id"] is not None
            return self._hold(wanted, self._attached_ttl if is_attached else wanted.ttl)
        if known["state"] == "released":
            return ReservationReleasedError()
        wants_other = (known["meter"], known["quantity"]) != (self._meter, wanted.quantity)
        if known["state"] == "held" and wants_other:
            return ReservationMismatchError()
        return Held(wanted.id, known["expires_at"])

    def _hold(self, wanted: Wanted, ttl: timedelta | None) -> Outcome:
        if self._full is not None:
            return self._full
        if self._limit is not None and self._used + self._reserved + wanted.quantity > self._limit:
            return QuotaExceededError(
                meter=self._meter,
                used=self._used,
                reserved=self._reserved,
                limit=self._limit,
                resets_at=METERS[self._meter].resets_at(self._now),
            )
        self._reserved += wanted.quantity
        expires_at = NEVER if ttl is None else self._now + ttl
        self.to_hold[wanted.id] = (wanted.quantity, expires_at)
        return Held(wanted.id, expires_at)
