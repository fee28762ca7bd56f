"""Reservations: a part of a quota is promised to work before it is done.

absent ─reserve→ held ─UsageRecorded→ committed        (from any state: use is what happened)
                 held ─failed, deleted→ released       (unless committed)
                 held ─time→ expired ─reserve→ held

Each change is one transaction that first locks the quota, then the reservations, and each can
arrive late, twice or before the reservation itself: the final states keep latecomers out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from prometheus_client import Counter

from stagify.calls.usage import QuotaExceededError
from stagify.errors import StagifyError, UnavailableError
from usage_svc.meters import METERS
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import queries
from usage_svc.quotas.errors import (
    ReservationMismatchError,
    ReservationReleasedError,
)

RESERVATIONS = Counter(
    "stagify_quota_reservations", "Reservations by what became of them.", ["outcome"]
)
# What a project of staging-svc reserves.
PROJECT_METER = METERS["staging"]
# Closed reservations are kept longer than any message about them can take.
RETENTION = timedelta(days=60)

# Tenant and id.
ReservationKey = tuple[UUID, UUID]


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
        quota: asyncpg.Record,
        known: dict[UUID, asyncpg.Record],
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
    connection: asyncpg.Connection,
    *,
    tenant_id: UUID,
    meter: str,
    batch: Sequence[Wanted],
    plans: PlanCatalog,
    attached_ttl: timedelta,
    now: datetime,
) -> list[Outcome]:
    """Reserve each of `batch` that fits the tenant's quota; the answers in the same order."""
    key = (tenant_id, meter, METERS[meter].period_start(now))
    quota = await _lock_quota(connection, *key)
    limit = plans.limit(quota["plan"], meter)
    rows = await connection.fetch(
        queries.FIND_RESERVATIONS, tenant_id, [wanted.id for wanted in batch]
    )
    known = {row["id"]: row for row in rows}
    decision = _Decision(meter, quota, known, limit, now)
    outcomes = [decision.decide(wanted, attached_ttl) for wanted in batch]
    refused = any(isinstance(outcome, QuotaExceededError) for outcome in outcomes)
    if refused and await _expire_due_of(connection, key, now):
        quota = await _lock_quota(connection, *key)
        decision = _Decision(meter, quota, known, limit, now)
        outcomes = [decision.decide(wanted, attached_ttl) for wanted in batch]
    if decision.to_hold:
        missed = decision.to_hold.keys() - await _hold(connection, key, decision.to_hold, now)
        # Closed between our look and our write: the caller asks again and sees what it is now.
        outcomes = [
            UnavailableError() if wanted.id in missed else outcome
            for wanted, outcome in zip(batch, outcomes, strict=True)
        ]
    _count(outcomes)
    return outcomes


async def _lock_quota(
    connection: asyncpg.Connection, tenant_id: UUID, meter: str, period_start: datetime
) -> asyncpg.Record:
    key = (tenant_id, meter, period_start)
    quota = await connection.fetchrow(queries.LOCK_QUOTA, *key)
    if quota is None:
        await connection.execute(queries.MAKE_QUOTA, *key)
        quota = await connection.fetchrow(queries.LOCK_QUOTA, *key)
    return quota


async def _hold(
    connection: asyncpg.Connection,
    key: tuple[UUID, str, datetime],
    holds: dict[UUID, tuple[int, datetime]],
    now: datetime,
) -> set[UUID]:
    quantities, expiries = zip(*holds.values(), strict=True)
    rows = await connection.fetch(queries.HOLD, *key, list(holds), quantities, expiries, now)
    return {row["id"] for row in rows}


async def _expire_due_of(
    connection: asyncpg.Connection, key: tuple[UUID, str, datetime], now: datetime
) -> int:
    """Expire what is due of one locked quota: nobody is refused for what the sweep has not met."""
    due = await connection.fetch(queries.FIND_DUE_OF_QUOTA, *key, now)
    if not due:
        return 0
    return int(
        await connection.fetchval(
            queries.EXPIRE, [row["tenant_id"] for row in due], [row["id"] for row in due], now
        )
    )


def _count(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        refusal = outcome.code if isinstance(outcome, StagifyError) else "held"
        RESERVATIONS.labels(refusal).inc()


async def attach(
    connection: asyncpg.Connection,
    projects: Mapping[ReservationKey, UUID],
    *,
    ttl: timedelta,
    now: datetime,
) -> None:
    """Let reservations last as long as the jobs of their `projects`, which `ttl` bounds from afar."""
    quotas = await _lock_quotas_of(connection, list(projects), now)
    tenants, ids = zip(*projects, strict=True)
    await connection.execute(
        queries.ATTACH,
        tenants,
        ids,
        [meter for meter, _ in quotas],
        [period_start for _, period_start in quotas],
        list(projects.values()),
        now + ttl,
        now,
    )


async def release(
    connection: asyncpg.Connection, *, tenant_id: UUID, reservation_id: UUID, now: datetime
) -> None:
    """Give a reservation back; nothing happens if it was used or given back before."""
    key = (tenant_id, reservation_id)
    [(meter, period_start)] = await _lock_quotas_of(connection, [key], now)
    await connection.execute(
        queries.CLOSE,
        [tenant_id],
        [reservation_id],
        [meter],
        [period_start],
        now,
        "released",
        ["held", "expired"],
    )


async def _lock_quotas_of(
    connection: asyncpg.Connection, reservations: Sequence[ReservationKey], now: datetime
) -> list[tuple[str, datetime]]:
    """Lock the quotas that reservations count in, or would count in if we have not heard of them."""
    tenants, ids = zip(*reservations, strict=True)
    rows = await connection.fetch(queries.FIND_RESERVATION_QUOTAS, tenants, ids)
    known = {(row["tenant_id"], row["id"]): (row["meter"], row["period_start"]) for row in rows}
    unheard_of = PROJECT_METER.name, PROJECT_METER.period_start(now)
    quotas = [known.get(key, unheard_of) for key in reservations]
    keys = {(tenant_id, *quota) for tenant_id, quota in zip(tenants, quotas, strict=True)}
    columns = [list(column) for column in zip(*keys, strict=True)]
    if await connection.fetchval(queries.LOCK_QUOTAS, *columns) < len(keys):
        # Some are not there yet; a change of 0 makes or locks them.
        await connection.execute(queries.ADD_USED, *columns, [0] * len(keys))
    return quotas


async def expire_due(connection: asyncpg.Connection, *, now: datetime, limit: int = 500) -> int:
    """Expire reservations whose time is over, in all tenants this role sees; how many."""
    due = await connection.fetch(queries.FIND_DUE, now, limit)
    if not due:
        return 0
    columns: list[list[Any]] = [
        [row[name] for row in due] for name in ("tenant_id", "meter", "period_start")
    ]
    await connection.execute(queries.LOCK_QUOTAS, *columns)
    expired = await connection.fetchval(queries.EXPIRE, columns[0], [row["id"] for row in due], now)
    RESERVATIONS.labels("expired").inc(expired)
    return int(expired)


async def forget_closed(connection: asyncpg.Connection, *, now: datetime) -> None:
    """Delete a bounded number of reservations that ended long ago."""
    await connection.execute(queries.FORGET_CLOSED, now - RETENTION)
