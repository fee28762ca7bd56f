"""Sliding windows: which attempts pass, how long to wait, and what happens in parallel."""

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from identity_svc.throttling.service import (
    Limit,
    TooManyAttemptsError,
    count_attempt,
    uncount_attempt,
)
from stagify.database import Database

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_limit(maximum: int, window: timedelta = HOUR) -> Limit:
    """A limit on a subject that no other test counts."""
    return Limit("login_source_minute", secrets.token_bytes(32), maximum, window)


async def attempt(database: Database, *limits: Limit, at: datetime | None = None) -> bool:
    """Whether one more attempt passes at that time."""
    try:
        async with database.system() as session:
            await count_attempt(session, *limits, now=at)
    except TooManyAttemptsError:
        return False
    return True


async def refusal(database: Database, limit: Limit, at: datetime) -> timedelta:
    """How long the caller is told to wait."""
    with pytest.raises(TooManyAttemptsError) as refused:
        async with database.system() as session:
            await count_attempt(session, limit, now=at)
    return timedelta(seconds=refused.value.retry_after)


@pytest.mark.usefixtures("new_hour")
async def test_attempts_pass_up_to_the_limit(database: Database) -> None:
    limit = a_limit(3)
    assert [await attempt(database, limit) for _ in range(5)] == [True] * 3 + [False] * 2


@pytest.mark.usefixtures("new_hour")
async def test_parallel_attempts_cannot_pass_together(database: Database) -> None:
    limit = a_limit(7)
    passed = await asyncio.gather(*(attempt(database, limit) for _ in range(40)))
    assert sum(passed) == 7


@pytest.mark.usefixtures("new_hour")
async def test_refused_attempt_counts_under_no_limit(database: Database) -> None:
    wide, narrow = a_limit(5), a_limit(1)
    for _ in range(10):
        await attempt(database, narrow, wide)
    assert [await attempt(database, wide) for _ in range(5)] == [True] * 4 + [False]


async def test_last_period_counts_as_far_as_the_window_reaches(database: Database) -> None:
    limit = a_limit(10)
    for _ in range(10):
        assert await attempt(database, limit, at=NOON)
    # At a quarter past one, three quarters of the hour before still lie within the window.
    later = NOON + timedelta(minutes=75)
    assert [await attempt(database, limit, at=later) for _ in range(4)] == [True] * 3 + [False]


async def test_older_periods_count_for_nothing(database: Database) -> None:
    limit = a_limit(2)
    for _ in range(2):
        await attempt(database, limit, at=NOON)
    later = NOON + 2 * HOUR
    assert [await attempt(database, limit, at=later) for _ in range(3)] == [True, True, False]


async def test_slow_clock_allows_no_more_attempts(database: Database) -> None:
    limit = a_limit(2)
    for _ in range(2):
        await attempt(database, limit, at=NOON)
    assert not await attempt(database, limit, at=NOON - timedelta(seconds=1))


async def test_other_subjects_are_not_affected(database: Database) -> None:
    one, other = a_limit(1), a_limit(1)
    assert await attempt(database, one)
    assert await attempt(database, other)


@pytest.mark.usefixtures("new_hour")
async def test_attempt_that_is_taken_back_may_be_made_again(database: Database) -> None:
    limit = a_limit(2)
    assert [await attempt(database, limit) for _ in range(2)] == [True] * 2
    async with database.system() as session:
        await uncount_attempt(session, limit)
    assert [await attempt(database, limit) for _ in range(2)] == [True, False]


async def test_limit_without_a_maximum_counts_and_refuses_nobody(database: Database) -> None:
    limit = replace(a_limit(1), maximum=None)
    async with database.system() as session:
        counts = [await count_attempt(session, limit, now=NOON) for _ in range(3)]
    assert counts == [[1], [2], [3]]


@given(
    maximum=st.integers(1, 6),
    gaps=st.lists(st.integers(0, 5_000), min_size=1, max_size=25),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(maximum=5, gaps=[0, 0, 0, 0, 0, 3601])
async def test_waiting_as_told_is_needed_and_enough(
    database: Database, maximum: int, gaps: list[int]
) -> None:
    limit, now = a_limit(maximum), NOON
    for gap in gaps:
        now += timedelta(seconds=gap)
        await attempt(database, limit, at=now)
    while await attempt(database, limit, at=now):
        pass
    wait = await refusal(database, limit, now)
    assert timedelta(0) < wait <= 2 * HOUR
    if wait > timedelta(seconds=2):
        assert not await attempt(database, limit, at=now + wait - timedelta(seconds=2))
    assert await attempt(database, limit, at=now + wait)
