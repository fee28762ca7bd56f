"""The clock that tests move, and the wait for a condition."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from stagify.clock import sleep, utc_now
from stagify.testing import Clock, eventually, next_turn
from stagify.worker import every

HOUR = timedelta(hours=1)


def test_it_shows_the_real_time_until_it_is_moved(clock: Clock) -> None:
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(seconds=10)
    clock.advance(HOUR)
    assert abs(utc_now() - datetime.now(UTC) - HOUR) < timedelta(seconds=10)


async def test_a_sleeper_wakes_up_when_its_time_has_come(clock: Clock) -> None:
    long, longer = (asyncio.create_task(sleep(seconds)) for seconds in (3_000, 4_000))
    await next_turn()
    clock.advance(HOUR)
    await asyncio.wait_for(long, 5)
    assert not longer.done()
    clock.advance(HOUR)
    await asyncio.wait_for(longer, 5)


async def test_real_time_goes_on_too(clock: Clock) -> None:
    await asyncio.wait_for(sleep(0.001), 5)


async def test_periodic_work_is_done_when_it_is_due(clock: Clock) -> None:
    turns = 0

    async def work() -> None:
        nonlocal turns
        turns += 1

    task = asyncio.create_task(every(3_600, work, name="test"))
    await eventually(lambda: turns == 1)
    clock.advance(HOUR)
    await eventually(lambda: turns == 2)
    task.cancel()


class TestEventually:
    async def test_it_gives_what_was_found(self) -> None:
        found = iter([None, 0, "", "this"])
        assert await eventually(lambda: next(found)) == "this"

    async def test_it_awaits_an_asynchronous_look(self) -> None:
        found = iter([False, True])

        async def look() -> bool:
            return next(found)

        assert await eventually(look) is True

    async def test_it_gives_up(self) -> None:
        with pytest.raises(TimeoutError):
            await eventually(lambda: False, 0.02)
