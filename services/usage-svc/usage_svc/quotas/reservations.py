"""Reservations: a part of a quota is promised to work before it is done.

absent ─reserve→ held ─UsageRecorded→ committed        (from any state: use is what happened)
                 held ─failed, deleted→ released       (unless committed)
                 held ─time→ expired ─reserve→ held

Each change is one transaction that first locks the quota, then the reservations, and each can
arrive late, twice or before the reservation itself: the final states keep latecomers out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter

from stagify.calls.usage import QuotaExceededError
from stagify.database import Connection
from stagify.errors import StagifyError, UnavailableError
from usage_svc.meters import METERS
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import queries
from usage_svc.quotas.errors import (
    ReservationMismatchError,
    ReservationReleasedError,
)
from usage_svc.quotas.keys import QuotaKey, ReservationKey
from usage_svc.quotas.queries import Row

RESERVATIONS = Counter(
    "stagify_quota_reservations", "Reservations by what became of them.", ["outcome"]
)
# What a project of staging-svc reserves.
PROJECT_METER = METERS["staging"]
# Closed reservations are kept longer than any message about them can take.
RETENTION = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reservation as asked for."""

    id: UUID
    quantity: int
    ttl: timedelta


@dataclass(frozen=True, slots=True)
class Held:
    """A reservation that stands."""

    id: UUID
    expires_at: datetime


Outcome = Held | Exception


class _Decision:
    """Decides a batch for one quota, whose row is locked, first come first served."""

    def __init__(
        self,
        meter: str,
        quota: Row,
        known: Mapping[UUID, Row],
        limit: int | None,
        now: datetime,
    ) -> None:
        self._meter = meter
        self._used: int = quota["used"]
        self._reserved: int = quota["reserved"]
        self._known = known
        self._limit = limit
        self._now = now
        self.to_hold: dict[UUID, tuple[int, datetime]] = {}

    def decide(self, wanted: Wanted, attached_ttl: timedelta) -> Outcome:
        if wanted.id in self.to_hold:
            quantity, expires_at = self.to_hold[wanted.id]
            return (
                Held(wanted.id, expires_at)
                if quantity == wanted.quantity
                else ReservationMismatchError()
            )
        known = self._known.get(wanted.id)
        if known is None or known["state"] == "expired":
            return self._hold(wanted, attached_ttl if known and known["project_id"] else wanted.ttl)
        if known["state"] == "released":
            return ReservationReleasedError()
        wants_other = (known["meter"], known["quantity"]) != (self._meter, wanted.quantity)
        if known["state"] == "held" and wants_other:
            return ReservationMismatchError()
        return Held(wanted.id, known["expires_at"])

    def _hold(self, wanted: Wanted, ttl: timedelta) -> Outcome:
        if self._limit is not None and self._used + self._reserved + wanted.quantity > self._limit:
            return QuotaExceededError(
                meter=self._meter,
                used=self._used,
                reserved=self._reserved,
                limit=self._limit,
                resets_at=METERS[self._meter].resets_at(self._now),
            )
        self._reserved += wanted.quantity
        expires_at = self._now + ttl
        self.to_hold[wanted.id] = (wanted.quantity, expires_at)
        return Held(wanted.id, expires_at)


async def reserve(
    connection: Connection,
    *,
    tenant_id: UUID,
    meter: str,
    batch: Sequence[Wanted],
    plans: PlanCatalog,
    attached_ttl: timedelta,
    now: datetime,
) -> list[Outcome]:
    """Reserve each of `batch` that fits the tenant's quota; the answers in the same order."""
    key = QuotaKey(tenant_id, meter, METERS[meter].period_start(now))
    quota = await queries.lock_quota(connection, key)
    limit = plans.limit(quota["plan"], meter)
    ids = [wanted.id for wanted in batch]
    known = await queries.find_reservations(connection, tenant_id, ids)
    decision = _Decision(meter, quota, known, limit, now)
    outcomes = [decision.decide(wanted, attached_ttl) for wanted in batch]
    refused = any(isinstance(outcome, QuotaExceededError) for outcome in outcomes)
    if refused and await _expire_due_of(connection, key, now):
        quota = await queries.lock_quota(connection, key)
        decision = _Decision(meter, quota, known, limit, now)
        outcomes = [decision.decide(wanted, attached_ttl) for wanted in batch]
    if decision.to_hold:
        held = await queries.hold(connection, key, decision.to_hold, now)
        missed = decision.to_hold.keys() - held
        # Closed between our look and our write: the caller asks again and sees what it is now.
        outcomes = [
            UnavailableError() if wanted.id in missed else outcome
            for wanted, outcome in zip(batch, outcomes, strict=True)
        ]
    _count(outcomes)
    return outcomes


async def _expire_due_of(connection: Connection, quota: QuotaKey, now: datetime) -> int:
    """Expire what is due of one locked quota: nobody is refused for what upkeep has not met."""
    due = await queries.find_due_of(connection, quota, now)
    return await queries.expire(connection, due, now) if due else 0


def _count(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        refusal = outcome.code if isinstance(outcome, StagifyError) else "held"
        RESERVATIONS.labels(refusal).inc()


async def attach(
    connection: Connection,
    projects: Mapping[ReservationKey, UUID],
    *,
    ttl: timedelta,
    now: datetime,
) -> None:
    """Let reservations last as long as the jobs of their `projects`, which `ttl` bounds from afar."""
    quotas = await _lock_quotas_of(connection, projects, now)
    await queries.attach(connection, projects, quotas, expires_at=now + ttl, now=now)


async def release(
    connection: Connection, *, tenant_id: UUID, reservation_id: UUID, now: datetime
) -> None:
    """Give a reservation back; nothing happens if it was used or given back before."""
    quotas = await _lock_quotas_of(connection, [ReservationKey(tenant_id, reservation_id)], now)
    await queries.close(
        connection, quotas, state="released", only_from=["held", "expired"], now=now
    )


async def _lock_quotas_of(
    connection: Connection, reservations: Collection[ReservationKey], now: datetime
) -> dict[ReservationKey, QuotaKey]:
    """Lock the quotas that reservations count in, or would count in if we have not heard of them."""
    known = await queries.find_quotas_of(connection, reservations)
    period_start = PROJECT_METER.period_start(now)
    quotas = {
        key: known.get(key) or QuotaKey(key.tenant_id, PROJECT_METER.name, period_start)
        for key in reservations
    }
    await queries.lock_quotas(connection, set(quotas.values()))
    return quotas


async def expire_due(connection: Connection, *, now: datetime, limit: int = 500) -> int:
    """Expire reservations whose time is over, in all tenants this role sees; how many."""
    due = await queries.find_due(connection, now, limit)
    if not due:
        return 0
    await queries.lock_quotas(connection, set(due.values()))
    expired = await queries.expire(connection, due, now)
    RESERVATIONS.labels("expired").inc(expired)
    return expired


async def forget_closed(connection: Connection, *, now: datetime) -> None:
    """Delete a bounded number of reservations that ended long ago."""
    await queries.forget_closed(connection, now - RETENTION)
