"""Reservations against a model: any events, in any order and any number of times.

The model is two lines: `used` is the sum of the distinct records, `reserved` the sum of the
reservations that are open. It is checked after every step.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagify.calls.usage import QuotaExceededError
from stagify.consumer import Rejection
from stagify.database import Database
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.transient import is_transient
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import reservations
from usage_svc.quotas.errors import ReservationReleasedError
from usage_svc.quotas.keys import ReservationKey
from usage_svc.quotas.rules import Held, Wanted

Ingest = Callable[[list[UsageRecorded]], Awaitable[list[Rejection]]]
Step = tuple[str, int]

JOBS = 3
LIMIT = 10
TTL = timedelta(minutes=15)
ATTACHED_TTL = timedelta(hours=24)
# Quantities that fill the limit, so that some orders are refused.
QUANTITIES = (1, 4, 6)

# Everything that can happen to three jobs, three times each, in any order.
EVERYTHING: list[Step] = [
    step
    for job in range(JOBS)
    for action in ("reserve", "attach", "use", "release")
    for step in [(action, job)] * 3
] + [("expire", 0)] * 4


class Model:
    """What must be true, in the simplest form."""

    def __init__(self) -> None:
        self.used: set[int] = set()
        self.state: dict[int, str] = {}
        self.known: set[int] = set()
        self.attached: set[int] = set()

    @property
    def total_used(self) -> int:
        return sum(QUANTITIES[job] for job in self.used)

    @property
    def reserved(self) -> int:
        return sum(QUANTITIES[job] for job, state in self.state.items() if state == "held")

    def reserve(self, job: int) -> str:
        """What the answer must be."""
        state = self.state.get(job)
        if state == "released":
            return "released"
        if state in ("held", "committed"):
            return "held"
        if self.total_used + self.reserved + QUANTITIES[job] > LIMIT:
            return "exceeded"
        self.state[job] = "held"
        self.known.add(job)
        return "held"

    def attach(self, job: int) -> None:
        self.attached.add(job)
        if self.state.get(job) == "expired" and job in self.known:
            self.state[job] = "held"

    def use(self, job: int) -> None:
        self.used.add(job)
        self.state[job] = "committed"

    def release(self, job: int) -> None:
        if self.state.get(job) != "committed":
            self.state[job] = "released"

    def expire(self) -> None:
        """A quarter of an hour passes: reservations that no project has taken over expire."""
        for job, state in self.state.items():
            if state == "held" and job not in self.attached:
                self.state[job] = "expired"


class Platform:
    """The same steps, for real."""

    def __init__(self, database: Database, ingest: Ingest, plans: PlanCatalog) -> None:
        self._database = database
        self._ingest = ingest
        self._plans = plans
        self.tenant_id = new_id()
        # The test sets the time, to the middle of a month, so that no step crosses its end.
        self.now = datetime.now(UTC).replace(day=15)
        self._reservations = [new_id() for _ in range(JOBS)]
        self._projects = [new_id() for _ in range(JOBS)]
        self._records = [
            UsageRecorded(
                tenant_id=self.tenant_id,
                occurred_at=min(self.now, datetime.now(UTC)),
                source="staging-svc",
                meter="staging",
                quantity=QUANTITIES[job],
                reservation_id=self._reservations[job],
            )
            for job in range(JOBS)
        ]

    async def reserve(self, connection: asyncpg.Connection, job: int) -> str:
        (outcome,) = await reservations.reserve(
            connection,
            tenant_id=self.tenant_id,
            meter="staging",
            batch=[Wanted(self._reservations[job], QUANTITIES[job], TTL)],
            plans=self._plans,
            attached_ttl=ATTACHED_TTL,
            now=self.now,
        )
        if isinstance(outcome, Held):
            return "held"
        assert isinstance(outcome, QuotaExceededError | ReservationReleasedError)
        return "exceeded" if isinstance(outcome, QuotaExceededError) else "released"

    async def step(self, action: str, job: int) -> str | None:
        if action == "use":
            await self._ingest([self._records[job]])
            return None
        async with self._database.tenant_connection(self.tenant_id) as connection:
            common: dict[str, Any] = {"tenant_id": self.tenant_id, "now": self.now}
            if action == "reserve":
                return await self.reserve(connection, job)
            if action == "expire":
                self.now += TTL
                await reservations.expire_due(connection, now=self.now)
            elif action == "release":
                reservation_id = self._reservations[job]
                await reservations.release(connection, reservation_id=reservation_id, **common)
            else:
                key = ReservationKey(self.tenant_id, self._reservations[job])
                projects = {key: self._projects[job]}
                await reservations.attach(connection, projects, ttl=ATTACHED_TTL, now=self.now)
        return None

    async def totals(self) -> tuple[int, int]:
        rows = await self._database.fetch(
            self.tenant_id,
            "SELECT coalesce(sum(used), 0)::int AS used, coalesce(sum(reserved), 0)::int AS reserved"
            " FROM quotas",
        )
        return rows[0]["used"], rows[0]["reserved"]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.permutations(EVERYTHING))
async def test_used_and_reserved_follow_the_model(
    database: Database, ingest: Ingest, plans: PlanCatalog, history: list[Step]
) -> None:
    platform, model = Platform(database, ingest, plans), Model()
    for action, job in history:
        answer = await platform.step(action, job)
        if action == "reserve":
            assert answer == model.reserve(job)
        elif action == "expire":
            model.expire()
        else:
            getattr(model, action)(job)
        assert await platform.totals() == (model.total_used, model.reserved)


async def test_smaller_one_fits_after_a_larger_of_the_same_batch_did_not(
    database: Database, plans: PlanCatalog, tenant_id: UUID
) -> None:
    async with database.tenant_connection(tenant_id) as connection:
        outcomes = await reservations.reserve(
            connection,
            tenant_id=tenant_id,
            meter="staging",
            batch=[Wanted(new_id(), quantity, TTL) for quantity in (6, 5, 4, 1)],
            plans=plans,
            attached_ttl=ATTACHED_TTL,
            now=datetime.now(UTC),
        )
    assert [type(outcome) for outcome in outcomes] == [
        Held,
        QuotaExceededError,
        Held,
        QuotaExceededError,
    ]


async def test_attached_reservation_expires_at_its_far_bound(
    database: Database, ingest: Ingest, plans: PlanCatalog
) -> None:
    platform = Platform(database, ingest, plans)
    await platform.step("reserve", 0)
    await platform.step("attach", 0)
    await platform.step("expire", 0)
    assert await platform.totals() == (0, 1)
    platform.now += ATTACHED_TTL
    await platform.step("expire", 0)
    assert await platform.totals() == (0, 0)
    await platform.step("use", 0)
    assert await platform.totals() == (1, 0)


async def test_reservation_of_last_month_is_given_back_there(
    database: Database, ingest: Ingest, plans: PlanCatalog
) -> None:
    platform = Platform(database, ingest, plans)
    platform.now -= timedelta(days=31)
    await platform.step("reserve", 2)
    platform.now += timedelta(days=31)
    assert await platform.step("reserve", 1) == "held"
    await platform.step("use", 2)
    assert await platform.totals() == (6, 4)
    await platform.step("release", 1)
    assert await platform.totals() == (6, 0)


async def test_side_by_side_the_sums_stay_true(
    database: Database, ingest: Ingest, plans: PlanCatalog
) -> None:
    """The same steps at once, as several processes take them; nothing deadlocks for good."""
    platform = Platform(database, ingest, plans)
    rng = random.Random(11)
    history = EVERYTHING * 2
    rng.shuffle(history)

    async def take(mine: list[Step]) -> None:
        for action, job in mine:
            while True:
                try:
                    await platform.step(action, job)
                except Exception as error:
                    if not is_transient(error):
                        raise
                else:
                    break

    await asyncio.gather(*(take(history[start::4]) for start in range(4)))
    rows = await database.fetch(
        platform.tenant_id,
        "SELECT coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0)::int AS held,"
        " (SELECT sum(quantity)::int FROM usage_records) AS recorded FROM reservations",
    )
    assert await platform.totals() == (rows[0]["recorded"], rows[0]["held"])
    assert rows[0]["recorded"] == sum(QUANTITIES)
