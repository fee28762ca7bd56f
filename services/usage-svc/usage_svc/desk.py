"""The reservation desk of an api process: many callers, one transaction a tenant and meter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from prometheus_client import Histogram

from stagify.clock import utc_now
from stagify.database import Database
from usage_svc import reservations
from usage_svc.coalescer import Coalescer
from usage_svc.errors import UnknownMeterError
from usage_svc.meters import METERS
from usage_svc.plans import PlanCatalog
from usage_svc.reservations import Held, Outcome, Wanted

BATCH = Histogram(
    "stagify_quota_reservation_batch",
    "Reservations that shared one transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)


@dataclass(frozen=True, slots=True)
class Lane:
    """What shares a transaction: it locks one row of quotas."""

    tenant_id: UUID
    meter: str


class ReservationDesk:
    """Takes reservations at any rate without ever passing a limit."""

    def __init__(
        self, database: Database, plans: PlanCatalog, *, ttl: timedelta, attached_ttl: timedelta
    ) -> None:
        self._database = database
        self._plans = plans
        self._ttl = ttl
        self._attached_ttl = attached_ttl
        self._lanes: Coalescer[Lane, Wanted, Held] = Coalescer(self._serve)

    async def reserve(
        self,
        *,
        tenant_id: UUID,
        reservation_id: UUID,
        meter: str,
        quantity: int,
        ttl: timedelta | None = None,
    ) -> Held:
        """Hold `quantity` of the tenant's quota, or raise why not; idempotent by its id."""
        if meter not in METERS:
            raise UnknownMeterError(meter=meter, meters=[*sorted(METERS)])
        wanted = Wanted(reservation_id, quantity, ttl or self._ttl)
        return await self._lanes.submit(Lane(tenant_id, meter), wanted)

    async def close(self) -> None:
        """Finish the transactions under way."""
        await self._lanes.close()

    async def _serve(self, lane: Lane, batch: list[Wanted]) -> Sequence[Outcome]:
        BATCH.observe(len(batch))
        async with self._database.tenant_connection(lane.tenant_id) as connection:
            return await reservations.reserve(
                connection,
                tenant_id=lane.tenant_id,
                meter=lane.meter,
                batch=batch,
                plans=self._plans,
                attached_ttl=self._attached_ttl,
                now=utc_now(),
            )
