"""Who waits how long after which failures, and what counts as one mailbox."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from identity_svc.digests.service import Digester
from identity_svc.sessions import attempts
from identity_svc.sessions.attempts import Attempt, Guessing
from identity_svc.throttling.rules import LONGEST_WAITS, mailbox_of, wait_after
from identity_svc.throttling.service import TooManyAttemptsError
from identity_testing import new_address
from stagify.database import Database
from stagify.source import Source
from stagify.testing import Clock

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)


class Account:
    """An account that is guessed at."""

    def __init__(self, database: Database, digester: Digester) -> None:
        self._database = database
        self._digester = digester
        self.key = f"{uuid4().hex}@example.com"

    async def begin(self, address: str, **fields: Any) -> Attempt:
        """One attempt from an address, which fails unless `succeed` follows."""
        guessing = Guessing(self.key, Source.of(address), **fields)
        async with self._database.system() as session:
            return await attempts.begin(
                session, guessing, digester=self._digester, per_minute=1_000_000
            )

    async def wait(self, address: str, **fields: Any) -> timedelta:
        """Make one attempt; how long it is told to wait instead, or zero."""
        try:
            await self.begin(address, **fields)
        except TooManyAttemptsError as refused:
            return timedelta(seconds=refused.retry_after)
        return timedelta(0)

    async def waits(self, address: str, times: int, clock: Clock) -> list[timedelta]:
        """How long each of so many attempts had to wait after the last one."""
        waits = []
        for _ in range(times):
            wait = await self.wait(address)
            if wait:
                clock.advance(wait)
                assert not await self.wait(address)
            waits.append(wait)
        return waits

    async def succeed(self, attempt: Attempt) -> None:
        async with self._database.system() as session:
            await attempts.succeed(session, attempt)

    async def withdraw(self, attempt: Attempt) -> None:
        async with self._database.system() as session:
            await attempts.withdraw(session, attempt)


NewAccount = Callable[[], Account]


@pytest.fixture
def new_account(database: Database) -> NewAccount:
    return lambda: Account(database, Digester("h" * 32))


@pytest.fixture
def account(new_account: NewAccount) -> Account:
    return new_account()


class TestRule:
    def test_who_has_not_failed_never_waits(self) -> None:
        assert not any(wait_after(0, strangers) for strangers in (0, 1_000, 10**9))

    def test_waits_grow_and_are_bounded(self) -> None:
        waits = [wait_after(failures) for failures in range(40)]
        assert waits[:8] == [SECOND * n for n in (0, 0, 0, 0, 0, 30, 60, 120)]
        assert waits == sorted(waits)
        assert waits[-1] == DAY

    def test_strangers_make_each_of_them_wait_longer(self) -> None:
        for failures in range(1, 6):
            waits = [wait_after(failures, strangers) for strangers in range(0, 2_000, 10)]
            assert waits == sorted(waits)
            assert waits[-1] == LONGEST_WAITS[min(failures, 3) - 1]


async def test_five_failures_are_free(account: Account, clock: Clock) -> None:
    waits = await account.waits(new_address(), 8, clock)
    assert waits[:5] == [timedelta(0)] * 5
    assert timedelta(0) < waits[5] <= 30 * SECOND < waits[6] <= MINUTE < waits[7] <= 2 * MINUTE


async def test_waiting_as_told_is_needed_and_enough(account: Account, clock: Clock) -> None:
    address = new_address()
    for _ in range(6):
        await account.waits(address, 1, clock)
    wait = await account.wait(address)
    # Coming too early does not make it longer.
    clock.advance(wait - 3 * SECOND)
    for _ in range(20):
        assert timedelta(0) < await account.wait(address) <= 3 * SECOND
    clock.advance(3 * SECOND)
    assert not await account.wait(address)


async def test_parallel_guesses_are_counted_one_by_one(account: Account) -> None:
    address = new_address()
    waits = await asyncio.gather(*(account.wait(address) for _ in range(30)))
    assert waits.count(timedelta(0)) == 5


async def test_failures_of_others_do_not_make_a_source_wait(account: Account, clock: Clock) -> None:
    for _ in range(30):
        await account.waits("192.0.2.1", 1, clock)
    assert not await account.wait("192.0.2.2")
    assert await account.wait("192.0.2.1")


async def test_failures_at_one_account_cost_nothing_at_another(
    new_account: NewAccount, clock: Clock
) -> None:
    address = new_address()
    await new_account().waits(address, 9, clock)
    assert await new_account().waits(address, 5, clock) == [timedelta(0)] * 5


async def test_known_device_is_spared_and_counted_by_itself(account: Account, clock: Clock) -> None:
    address = new_address()
    await account.waits(address, 9, clock)
    assert await account.wait(address)
    for _ in range(5):
        assert not await account.wait(address, device=b"known")
    assert await account.wait(address, device=b"known")
    assert not await account.wait(address, device=b"other")


@pytest.mark.usefixtures("new_hour")
async def test_a_device_that_is_always_right_is_limited_too(account: Account) -> None:
    for _ in range(attempts.PER_DEVICE_MINUTE):
        await account.succeed(await account.begin(new_address(), device=b"known"))
    assert await account.wait(new_address(), device=b"known")


@pytest.mark.usefixtures("new_hour")
async def test_an_account_with_many_devices_is_limited_and_asks_last(account: Account) -> None:
    standings = []
    for n in range(attempts.PER_ACCOUNT_MINUTE):
        attempt = await account.begin(new_address(), device=b"%d" % n)
        await account.succeed(attempt)
        standings.append(attempt.standing)
    assert standings == sorted(set(standings))
    assert await account.wait(new_address(), device=b"one more")
    # Strangers cannot use that up, nor do they need it.
    assert not await account.wait(new_address())


async def test_network_of_many_lines_is_one_guesser(account: Account) -> None:
    waits = [await account.wait(f"2001:db8:77:{n:x}::1") for n in range(200)]
    # Five failures of one line are free, so forty of the /48 are.
    assert waits.count(timedelta(0)) == 40
    assert not await account.wait("2001:db8:78::1")


async def test_being_right_starts_anew(account: Account, clock: Clock) -> None:
    address = new_address()
    await account.waits(address, 6, clock)
    clock.advance(HOUR)
    await account.succeed(await account.begin(address))
    assert await account.waits(address, 5, clock) == [timedelta(0)] * 5


async def test_being_right_forgives_nobody_else(account: Account, clock: Clock) -> None:
    stranger = new_address()
    await account.waits(stranger, 6, clock)
    for fields in ({}, {"device": b"known"}):
        await account.succeed(await account.begin(new_address(), **fields))
    assert await account.wait(stranger)


async def test_attempt_that_nobody_looked_at_is_taken_back(account: Account, clock: Clock) -> None:
    address = new_address()
    await account.waits(address, 6, clock)
    wait = await account.wait(address)
    clock.advance(wait)
    await account.withdraw(await account.begin(address))
    # The wait is over still, and the next failure is the one after the last.
    assert not await account.wait(address)
    assert MINUTE < await account.wait(address) <= 2 * MINUTE


async def test_failures_are_forgotten_after_two_quiet_days(account: Account, clock: Clock) -> None:
    address = new_address()
    await account.waits(address, 9, clock)
    clock.advance(2 * DAY + SECOND)
    assert await account.waits(address, 5, clock) == [timedelta(0)] * 5


@pytest.mark.parametrize(
    "spelling",
    [
        "ada.lovelace@example.com",
        "Ada.Lovelace@EXAMPLE.com",
        "ada.lovelace+a@example.com",
        "adalovelace+b+c@example.com",
        "a.d.a.lovelace@example.com",
    ],
)
def test_spellings_of_one_mailbox(spelling: str) -> None:
    assert mailbox_of(spelling) == "adalovelace@example.com"


def test_domain_is_the_same_in_every_script() -> None:
    spellings = ("a@münchen.example", "a@MÜNCHEN.example", "a@xn--mnchen-3ya.example")
    assert {mailbox_of(each) for each in spellings} == {"a@xn--mnchen-3ya.example"}
    assert mailbox_of("a@mu\N{COMBINING DIAERESIS}nchen.example") == "a@xn--mnchen-3ya.example"
    assert mailbox_of("a.b@googlemail.com") == mailbox_of("ab@gmail.com")


def test_others_are_not_folded_into_one() -> None:
    addresses = ("a@example.com", "b@example.com", "a-b@example.com", "a@example.org")
    assert len({mailbox_of(each) for each in addresses}) == 4
    assert mailbox_of("+a@example.com") != mailbox_of("+b@example.com")
