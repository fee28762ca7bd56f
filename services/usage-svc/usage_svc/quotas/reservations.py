"""Reservations: a part of a quota is held for work before it is done.

absent ─reserve→ held ─UsageRecorded→ committed        (from any state: use is what happened)
                 held ─failed, deleted→ released       (unless committed)
                 held ─time→ expired ─reserve→ held

Each change is one transaction that first locks the quota, then the reservations, and each can
arrive late, twice or before the reservation itself: what comes late changes no final state.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter

from stagify.calls.usage import QuotaExceededError
from stagify.database import Connection
from stagify.errors import StagifyError, UnavailableError
from usage_svc.meters import METERS, STAGING, STORAGE, MeterSpec
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import queries
from usage_svc.quotas.keys import QuotaKey, ReservationKey
from usage_svc.quotas.rules import Decision, Outcome, Wanted

RESERVATIONS = Counter(
    "stagify_quota_reservations", "Reservations by what became of them.", ["outcome"]
)
# Closed reservations are kept longer than any message about them can take.
RETENTION = timedelta(days=60)


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

    async def decide(known: Mapping[UUID, queries.Row]) -> Decision:
        quota = await queries.lock_quota(connection, key)
        return Decision(
            batch,
            key=key,
            quota=quota,
            known=known,
            limit=plans.limit(quota["plan"], meter),
            attached_ttl=attached_ttl,
            now=now,
            full=_storage_is_full(meter, quota, plans),
        )

    # Nearly always all are new, and fit. If one is not, this shows here; what was held stays so, and is
    # known from now on.
    decision = await decide({})
    outcomes = decision.outcomes
    if decision.lacks_room or not await _are_new(connection, key, decision, now):
        known = await queries.find_reservations(connection, tenant_id, [one.id for one in batch])
        decision = await decide(known)
        if decision.lacks_room and await _expire_due_of(connection, key, now):
            decision = await decide(known)
        outcomes = await _hold(connection, key, batch, decision, now)
    _count(outcomes)
    return outcomes


async def _are_new(
    connection: Connection, key: QuotaKey, decision: Decision, now: datetime
) -> bool:
    """Hold those that do not exist yet; whether that was all of them."""
    held = await queries.hold(connection, key, decision.to_hold, now, only_new=True)
    return held == decision.to_hold.keys()


def _storage_is_full(
    meter: str, quota: queries.Row, plans: PlanCatalog
) -> QuotaExceededError | None:
    """The refusal of new photos while more is stored than the plan includes: each makes more of it."""
    limit = plans.limit(quota["plan"], STORAGE.name)
    used, reserved = quota["storage_used"] or 0, quota["storage_reserved"] or 0
    if meter != STAGING.name or limit is None or used + reserved <= limit:
        return None
    return QuotaExceededError(
        meter=STORAGE.name, used=used, reserved=reserved, limit=limit, resets_at=None
    )


async def _hold(
    connection: Connection,
    key: QuotaKey,
    batch: Sequence[Wanted],
    decision: Decision,
    now: datetime,
) -> list[Outcome]:
    if not decision.to_hold:
        return decision.outcomes
    held = await queries.hold(connection, key, decision.to_hold, now)
    missed = decision.to_hold.keys() - held
    # It ended between our read and our write: the caller asks again and sees its present state.
    return [
        UnavailableError() if wanted.id in missed else outcome
        for wanted, outcome in zip(batch, decision.outcomes, strict=True)
    ]


async def _expire_due_of(connection: Connection, quota: QuotaKey, now: datetime) -> int:
    """Expire what is due in one locked quota, so that nobody is refused because upkeep is late."""
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
    """Let reservations last as long as the jobs of their `projects`, but at most for `ttl`."""
    quotas = await _lock_quotas_of(connection, projects, STAGING, now)
    await queries.attach(connection, projects, quotas, expires_at=now + ttl, now=now)


async def release(
    connection: Connection,
    *,
    tenant_id: UUID,
    reservation_id: UUID,
    now: datetime,
    meter: MeterSpec = STAGING,
) -> None:
    """Release a reservation; nothing happens if it was used or released before. One that was never
    made, of `meter`, can no longer be made afterwards."""
    key = ReservationKey(tenant_id, reservation_id)
    quotas = await _lock_quotas_of(connection, [key], meter, now)
    await queries.close(
        connection, quotas, state="released", only_from=["held", "expired"], now=now
    )


async def _lock_quotas_of(
    connection: Connection,
    reservations: Collection[ReservationKey],
    meter: MeterSpec,
    now: datetime,
) -> dict[ReservationKey, QuotaKey]:
    """Lock the quotas in which reservations count, or would count if they are not known yet."""
    known = await queries.find_quotas_of(connection, reservations)
    period_start = meter.period_start(now)
    quotas = {
        key: known.get(key) or QuotaKey(key.tenant_id, meter.name, period_start)
        for key in reservations
    }
    await queries.lock_quotas(connection, set(quotas.values()))
    return quotas


async def expire_due(connection: Connection, *, now: datetime, limit: int = 500) -> int:
    """Expire reservations that are due, in all tenants that this role sees; returns how many."""
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
