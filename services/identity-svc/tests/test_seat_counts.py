"""The daily comparison of the seats that were counted with the members that there are."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta

import pytest

from identity_svc.parts import Parts, make_parts
from identity_svc.seat_counts.service import COMPARE, CORRECT, SETTLING, compare_all
from identity_svc.seat_counts.tasks import seat_count_kinds
from identity_testing import Events, Join, MakeSettings, Member, SignUp
from seats_testing import SeatKeeper
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.usage import UsageRecorded
from stagify.tasks.queue import enqueue
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock

HOUR = timedelta(hours=1)

Work = Callable[..., Awaitable[None]]


@pytest.fixture
async def comparing(make_settings: MakeSettings, seats: SeatKeeper) -> AsyncIterator[Parts]:
    """The collaborators of a worker whose usage-svc is that of this test."""
    settings = make_settings(usage_svc_url=f"http://127.0.0.1:{seats.port}")
    async with aclosing(make_parts(settings)) as parts:
        yield parts


@pytest.fixture
def work(comparing: Parts, queue: Database, clock: Clock) -> Work:
    """Lets time pass, and does what is due then."""
    runner = TaskRunner(queue, comparing.database, seat_count_kinds(comparing))

    async def run(later: timedelta = timedelta(0)) -> None:
        clock.advance(later)
        await runner.run_due()

    return run


async def begin(parts: Parts, member: Member) -> None:
    """Have the seats of one tenant compared now."""
    async with parts.database.tenant(member.tenant_id) as session:
        await enqueue(session, COMPARE, key=str(member.tenant_id))


async def left(queue: Database, member: Member) -> int:
    """How many steps of the comparison wait for that tenant. Others have theirs: whoever runs a worker has
    all tenants compared."""
    async with queue.tenant_connection(None) as connection:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM tasks WHERE kind = ANY ($1) AND tenant_id = $2",
            [COMPARE, CORRECT],
            member.tenant_id,
        )
        return found


async def corrections(events: Events, member: Member) -> list[int]:
    """What was counted because of comparisons."""
    return [
        event.quantity
        for event in await events(member.tenant_id)
        if isinstance(event, UsageRecorded) and event.dimensions.get("reason") == "comparison"
    ]


async def test_as_many_as_there_are_is_right(
    work: Work,
    comparing: Parts,
    seats: SeatKeeper,
    member: Member,
    events: Events,
    queue: Database,
) -> None:
    seats.counted = 1
    await begin(comparing, member)
    await work()
    assert await corrections(events, member) == []
    assert await left(queue, member) == 0


@pytest.mark.parametrize(("counted", "change"), [(0, 1), (4, -3)])
async def test_a_difference_that_lasts_is_corrected_once(
    work: Work,
    comparing: Parts,
    seats: SeatKeeper,
    member: Member,
    events: Events,
    counted: int,
    change: int,
) -> None:
    seats.counted = counted
    for _ in range(2):
        await begin(comparing, member)
        await work()
    assert await corrections(events, member) == []
    await work(SETTLING)
    assert await corrections(events, member) == [change]
    seats.counted = 1
    await begin(comparing, member)
    await work()
    await work(SETTLING)
    assert await corrections(events, member) == [change]


async def test_what_is_under_way_is_left_alone(
    work: Work,
    comparing: Parts,
    seats: SeatKeeper,
    member: Member,
    events: Events,
    sign_up: SignUp,
    join: Join,
) -> None:
    """One difference settles; of another, nobody knows yet whether it lasts."""
    seats.counted = 0
    await begin(comparing, member)
    await work()
    seats.counted = 1
    await work(SETTLING)
    await begin(comparing, member)
    seats.counted = 3
    await work()
    await join(await sign_up(), member)
    await work(SETTLING)
    assert await corrections(events, member) == []


async def test_while_usage_svc_is_away_it_is_tried_again(
    work: Work,
    comparing: Parts,
    seats: SeatKeeper,
    member: Member,
    events: Events,
    queue: Database,
) -> None:
    seats.is_away = True
    await begin(comparing, member)
    await work()
    assert await left(queue, member) == 1
    seats.is_away, seats.counted = False, 2
    await work(HOUR)
    await work(SETTLING)
    assert await corrections(events, member) == [-1]


async def test_every_tenant_has_its_turn_within_an_hour(
    comparing: Parts, queue: Database, member: Member
) -> None:
    for _ in range(2):
        await compare_all(comparing)
    async with queue.tenant_connection(None) as connection:
        found = await connection.fetch(
            "SELECT due_at FROM tasks WHERE kind = $1 AND tenant_id = $2", COMPARE, member.tenant_id
        )
    (due_at,) = [row["due_at"] for row in found]
    assert due_at <= utc_now() + HOUR
