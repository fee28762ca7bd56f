"""Many callers at once: reservations of one quota share a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from prometheus_client import Histogram

from stagify.clock import utc_now
from stagify.database import Database
from usage_svc.meters import METERS
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import reservations
from usage_svc.quotas.batching import Batches
from usage_svc.quotas.errors import UnknownMeterError
from usage_svc.quotas.rules import Held, Outcome, Wanted

BATCH = Histogram(
    "stagify_quota_reservation_batch",
    "Reservations that shared one transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)


@dataclass(frozen=True, slots=True)
class QuotaOf:
    """A tenant's quota of a meter: one row, which one transaction at a time may lock."""

    tenant_id: UUID
    meter: str


class Admission:
    """Makes reservations at any rate without ever exceeding a limit."""

    def __init__(
        self, database: Database, plans: PlanCatalog, *, ttl: timedelta, attached_ttl: timedelta
    ) -> None:
        self._database = database
        self._plans = plans
        self._ttl = ttl
        self._attached_ttl = attached_ttl
        self._batches: Batches[QuotaOf, Wanted, Held] = Batches(self._reserve_all)

    async def reserve(
        self,
        *,
        tenant_id: UUID,
        reservation_id: UUID,
        meter: str,
        quantity: int,
        ttl: timedelta | None = None,
    ) -> Held:
        """Hold `quantity` of the tenant's quota, or raise why not; idempotent by the id.

        Without a `ttl`, a reservation of a level lasts until it is used or released, because what it
        stands for does not end by itself.
        """
        if meter not in METERS:
            raise UnknownMeterError(meter=meter, meters=[*sorted(METERS)])
        if ttl is None and not METERS[meter].is_level:
            ttl = self._ttl
        wanted = Wanted(reservation_id, quantity, ttl)
        return await self._batches.submit(QuotaOf(tenant_id, meter), wanted)

    async def close(self) -> None:
        """Finish the transactions under way."""
        await self._batches.close()

    async def _reserve_all(self, quota: QuotaOf, batch: list[Wanted]) -> Sequence[Outcome]:
        BATCH.observe(len(batch))
        async with self._database.tenant_connection(quota.tenant_id) as connection:
            return await reservations.reserve(
                connection,
                tenant_id=quota.tenant_id,
                meter=quota.meter,
                batch=batch,
                plans=self._plans,
                attached_ttl=self._attached_ttl,
                now=utc_now(),
            )
