"""Every use is counted once, even if records come twice, late, wrong or at the same time."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from stagify.clock import utc_now
from stagify.consumer import Rejection
from stagify.database import Database
from stagify.events import Event
from stagify.events.billing import QuotaThresholdReached
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from usage_svc.metering import queries
from usage_svc.meters import month_start

Ingest = Callable[[list[UsageRecorded]], Awaitable[list[Rejection]]]
Usage = Callable[..., Awaitable[dict[str, Any]]]
Subscribe = Callable[[UUID, str], Awaitable[None]]
Published = Callable[[UUID], Awaitable[list[Event]]]


def record(tenant_id: UUID, **fields: Any) -> UsageRecorded:
    values = {
        "tenant_id": tenant_id,
        "source": "staging-svc",
        "meter": "staging",
        "quantity": 1,
        "dimensions": {"project_id": str(new_id())},
    }
    return UsageRecorded.model_validate(values | fields)


def correction(of: UsageRecorded, quantity: int = -1) -> UsageRecorded:
    return record(
        of.tenant_id,
        quantity=quantity,
        corrects_id=of.event_id,
        meter=of.meter,
        dimensions={"reason": "the photo was not usable"},
    )


async def counters(database: Database, tenant_id: UUID) -> dict[tuple[str, str], int]:
    """The staging counters by granularity and first day."""
    query = "SELECT granularity, period_start::text, quantity FROM usage_counters"
    async with database.tenant(tenant_id) as session:
        rows = await session.execute(text(f"{query} WHERE meter = 'staging'"))
        return {(row[0], row[1]): row[2] for row in rows}


async def test_batch_is_counted_by_meter_and_tenant(
    ingest: Ingest, usage: Usage, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    batch = [
        record(tenant_id),
        record(tenant_id, quantity=2),
        record(other_tenant_id, quantity=5),
        record(tenant_id, meter="api_calls", quantity=100, source="gateway"),
        record(tenant_id, meter="storage_bytes", quantity=1_000),
        record(tenant_id, meter="storage_bytes", quantity=-400),
    ]
    assert await ingest(batch) == []
    assert (await usage(tenant_id))["used"] == 3
    assert (await usage(other_tenant_id))["used"] == 5
    assert (await usage(tenant_id, "api_calls"))["used"] == 100
    assert (await usage(tenant_id, "storage_bytes"))["used"] == 600


async def test_second_delivery_changes_nothing(
    ingest: Ingest, usage: Usage, tenant_id: UUID
) -> None:
    event = record(tenant_id)
    for batch in ([event], [event, event], [event]):
        assert await ingest(batch) == []
    assert (await usage(tenant_id))["used"] == 1


async def test_shuffled_repeats_in_parallel_batches_count_once(
    ingest: Ingest, usage: Usage, database: Database, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    rng = random.Random(7)
    events = [record(rng.choice((tenant_id, other_tenant_id))) for _ in range(300)]
    deliveries = [event for event in events for _ in range(rng.randint(1, 5))]
    rng.shuffle(deliveries)
    batches = [deliveries[start::6] for start in range(6)]
    assert [
        rejected for part in await asyncio.gather(*map(ingest, batches)) for rejected in part
    ] == []
    for tenant in (tenant_id, other_tenant_id):
        expected = sum(event.tenant_id == tenant for event in events)
        assert (await usage(tenant))["used"] == expected
        by_day = await counters(database, tenant)
        assert {q for (granularity, _), q in by_day.items() if granularity == "month"} == {expected}


async def test_same_id_of_two_sources_are_two_records(
    ingest: Ingest, usage: Usage, tenant_id: UUID
) -> None:
    event_id = new_id()
    sources = ("staging-svc", "gateway")
    assert await ingest([record(tenant_id, event_id=event_id, source=s) for s in sources]) == []
    assert (await usage(tenant_id))["used"] == 2


async def test_same_id_with_another_content_is_handed_back(
    ingest: Ingest, usage: Usage, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    event = record(tenant_id)
    changed = event.model_copy(update={"quantity": 9})
    foreign = event.model_copy(update={"tenant_id": other_tenant_id})
    first = await ingest([event, changed])
    assert [rejection.event for rejection in first] == [changed]
    second = await ingest([foreign, changed, event])
    assert [rejection.event for rejection in second] == [foreign, changed]
    assert (await usage(tenant_id))["used"] == 1
    assert (await usage(other_tenant_id))["used"] == 0


async def test_wrong_record_does_not_hold_up_its_batch(
    ingest: Ingest, usage: Usage, tenant_id: UUID
) -> None:
    batch = [
        record(tenant_id),
        record(tenant_id, meter="smiles"),
        record(tenant_id, event_id=uuid4()),
        record(tenant_id, occurred_at=utc_now() + timedelta(hours=1)),
        record(tenant_id, quantity=-1),
        record(tenant_id),
    ]
    rejections = await ingest(batch)
    assert [rejection.event for rejection in rejections] == batch[1:5]
    assert (await usage(tenant_id))["used"] == 2


class TestPeriods:
    async def test_late_record_counts_when_it_happened(
        self, ingest: Ingest, usage: Usage, database: Database, tenant_id: UUID
    ) -> None:
        last_month = month_start(utc_now()) - timedelta(seconds=1)
        await ingest([record(tenant_id, occurred_at=last_month), record(tenant_id)])
        assert (await usage(tenant_id))["used"] == 1
        by_day = await counters(database, tenant_id)
        assert by_day["day", str(last_month.date())] == 1
        assert by_day["month", str(last_month.date().replace(day=1))] == 1

    async def test_days_are_those_of_utc(
        self, ingest: Ingest, database: Database, tenant_id: UUID
    ) -> None:
        midnight = datetime(2026, 3, 1, tzinfo=UTC)
        moments = (midnight - timedelta(microseconds=1), midnight)
        await ingest([record(tenant_id, occurred_at=moment) for moment in moments])
        assert await counters(database, tenant_id) == {
            ("day", "2026-02-28"): 1,
            ("day", "2026-03-01"): 1,
            ("month", "2026-02-01"): 1,
            ("month", "2026-03-01"): 1,
        }

    async def test_old_id_is_kept_in_the_default_partition_and_counts_once(
        self, ingest: Ingest, usage: Usage, tenant_id: UUID
    ) -> None:
        year = 365 * 24 * 3600 * 1000
        old = record(tenant_id, event_id=UUID(int=new_id().int - (2 * year << 80)))
        await ingest([old])
        await ingest([old])
        assert (await usage(tenant_id))["used"] == 1


class TestCorrections:
    async def test_it_lowers_use_in_the_period_of_the_record(
        self, ingest: Ingest, usage: Usage, database: Database, tenant_id: UUID
    ) -> None:
        last_month = month_start(utc_now()) - timedelta(days=1)
        old, new = record(tenant_id, quantity=3, occurred_at=last_month), record(tenant_id)
        assert await ingest([old, new, correction(old, -2)]) == []
        assert (await usage(tenant_id))["used"] == 1
        by_day = await counters(database, tenant_id)
        assert by_day["month", str(last_month.date().replace(day=1))] == 1

    async def test_second_delivery_changes_nothing(
        self, ingest: Ingest, usage: Usage, tenant_id: UUID
    ) -> None:
        event = record(tenant_id, quantity=2)
        fix = correction(event, -2)
        for batch in ([event, fix], [fix], [event, fix, fix]):
            assert await ingest(batch) == []
        assert (await usage(tenant_id))["used"] == 0

    async def test_one_of_many_at_once_takes_the_record_back(
        self, ingest: Ingest, usage: Usage, tenant_id: UUID
    ) -> None:
        event = record(tenant_id)
        await ingest([event])
        answers = await asyncio.gather(*(ingest([correction(event)]) for _ in range(8)))
        assert sum(answer == [] for answer in answers) == 1
        assert (await usage(tenant_id))["used"] == 0

    async def test_nobody_corrects_another_tenants_record(
        self, ingest: Ingest, usage: Usage, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        event = record(tenant_id)
        await ingest([event])
        foreign = correction(event).model_copy(update={"tenant_id": other_tenant_id})
        (rejection,) = await ingest([foreign])
        assert rejection.reason == "corrects an unknown record"
        assert (await usage(tenant_id))["used"] == 1


class TestThresholds:
    async def told(self, published: Published, tenant_id: UUID) -> list[tuple[str, int]]:
        events = await published(tenant_id)
        return [
            (event.meter, event.threshold_percent)
            for event in events
            if isinstance(event, QuotaThresholdReached)
        ]

    async def test_each_is_told_once(
        self, ingest: Ingest, published: Published, subscribe: Subscribe, tenant_id: UUID
    ) -> None:
        await subscribe(tenant_id, "free")
        for _ in range(12):
            await ingest([record(tenant_id)])
        assert await self.told(published, tenant_id) == [
            ("staging", 50),
            ("staging", 80),
            ("staging", 100),
        ]

    async def test_only_the_highest_of_several_is_announced(
        self, ingest: Ingest, published: Published, tenant_id: UUID
    ) -> None:
        await ingest([record(tenant_id, quantity=9)])
        assert await self.told(published, tenant_id) == [("staging", 80)]

    async def test_nothing_is_announced_for_a_period_that_is_over(
        self, ingest: Ingest, published: Published, tenant_id: UUID
    ) -> None:
        last_month = month_start(utc_now()) - timedelta(days=1)
        await ingest([record(tenant_id, quantity=10, occurred_at=last_month)])
        assert await self.told(published, tenant_id) == []

    async def test_plan_without_limit_has_none(
        self, ingest: Ingest, published: Published, subscribe: Subscribe, tenant_id: UUID
    ) -> None:
        await subscribe(tenant_id, "enterprise")
        await ingest([record(tenant_id, quantity=10_000)])
        assert await self.told(published, tenant_id) == []

    async def test_new_plan_announces_what_is_reached_again(
        self, ingest: Ingest, published: Published, subscribe: Subscribe, tenant_id: UUID
    ) -> None:
        await subscribe(tenant_id, "free")
        await ingest([record(tenant_id, quantity=10)])
        await subscribe(tenant_id, "pro")
        await ingest([record(tenant_id, quantity=90)])
        await subscribe(tenant_id, "free")
        assert await self.told(published, tenant_id) == [
            ("staging", 100),
            ("staging", 50),
            ("staging", 100),
        ]


@pytest.mark.parametrize(
    "statement", ["UPDATE usage_records SET quantity = 0", "DELETE FROM usage_records"]
)
async def test_ledger_is_append_only(
    database: Database, ingest_database: Database, tenant_id: UUID, statement: str
) -> None:
    for role in (database, ingest_database):
        with pytest.raises(Exception, match="permission denied"):
            async with role.tenant(tenant_id) as session:
                await session.execute(text(statement))


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
@pytest.mark.parametrize(
    ("moment", "day", "month"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, 999_999, UTC), "2026-10-31", "2026-10-01"),
        (datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01", "2026-11-01"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01", "2026-01-01"),
    ],
)
async def test_days_and_months_are_those_of_utc_whatever_the_sessions_zone(
    ingest_database: Database,
    database: Database,
    tenant_id: UUID,
    zone: str,
    moment: datetime,
    day: str,
    month: str,
) -> None:
    event = record(tenant_id, occurred_at=moment)
    async with ingest_database.tenant_connection(None) as connection:
        await connection.execute("SELECT set_config('timezone', $1, true)", zone)
        await queries.store(connection, [(event, moment)], utc_now())
    assert await counters(database, tenant_id) == {("day", day): 1, ("month", month): 1}
