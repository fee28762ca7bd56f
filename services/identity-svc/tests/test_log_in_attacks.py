"""What an attacker with a thousand addresses can do to one person and to one tenant. The figures are in
docs/security.md.

Weeks of an attack are simulated on a model of the rules, which is compared with the database first.
"""

import asyncio
import heapq
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import httpx
import pytest

from identity_svc.app import create_app
from identity_svc.digests.service import Digester
from identity_svc.sessions import attempts
from identity_svc.sessions.attempts import Guessing
from identity_svc.sessions.cookies import DEVICE_COOKIE_NAME
from identity_svc.throttling.rules import wait_after
from identity_svc.throttling.service import MEMORY, TooManyAttemptsError
from identity_testing import PASSWORD, Caller, MakeSettings, Member, as_json, new_address
from stagify.database import Database
from stagify.source import Source
from stagify.testing import app_client, next_turn

ADDRESSES = 1_000
DAYS = 14
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 27, tzinfo=UTC)


@dataclass
class Model:
    """The rules for one account, without a database."""

    failures: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    last: dict[str, datetime] = field(default_factory=dict)
    # Failures of strangers by day.
    days: Counter[datetime] = field(default_factory=Counter)

    def attempt(self, guesser: str, now: datetime, *, is_known: bool = False) -> timedelta:
        """Count a failure, or how long until one is counted."""
        last = self.last.get(guesser, now)
        failures = 0 if last < now - MEMORY else self.failures[guesser]
        others = 0 if is_known else self._strangers(now)
        wait = max(timedelta(0), last + wait_after(failures, others) - now)
        if not wait:
            self.failures[guesser], self.last[guesser] = failures + 1, now
            self.days[_day(now)] += not is_known
        return wait

    def succeed(self, guesser: str, now: datetime, *, is_known: bool = False) -> None:
        """The last attempt was right."""
        del self.failures[guesser], self.last[guesser]
        self.days[_day(now)] -= not is_known

    def _strangers(self, now: datetime) -> int:
        today = _day(now)
        overlap = 1 - (now - today) / DAY
        return self.days[today] + round(self.days[today - DAY] * overlap)


def _day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("seed", range(3))
async def test_the_model_is_what_the_database_does(
    database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance, now, key = random.Random(seed), MIDNIGHT + 5 * HOUR, uuid4().hex
    monkeypatch.setattr("identity_svc.throttling.service.utc_now", lambda: now)
    # So that few attempts are an attack already.
    monkeypatch.setattr("identity_svc.throttling.rules.STRANGERS_PER_STEP", 5)
    model, digester = Model(), Digester(f"{seed}" * 32)
    guessers = [f"192.0.2.{n}" for n in range(6)] + ["device"]
    seen = set()
    for _ in range(150):
        now += chance.choice([0, 0, 1, 30, 600, 7_200, 50_000]) * SECOND
        guesser, is_right = chance.choice(guessers), chance.random() < 0.05
        is_known = guesser == "device"
        guessing = Guessing(key, Source.of(guesser), b"device" if is_known else None)
        told = timedelta(0)
        try:
            async with database.system() as session:
                attempt = await attempts.begin(
                    session, guessing, digester=digester, per_minute=1_000
                )
                if is_right:
                    await attempts.succeed(session, attempt)
        except TooManyAttemptsError as refused:
            told = timedelta(seconds=refused.retry_after)
        expected = model.attempt(guesser, now, is_known=is_known)
        assert told == -(-expected // SECOND) * SECOND
        if is_right and not expected:
            model.succeed(guesser, now, is_known=is_known)
        seen.add(told)
    assert len(seen) > 10


class Siege:
    """An attack on one account, simulated from midnight."""

    def __init__(self, addresses: int, days: int, seed: int = 20261127) -> None:
        self._model = Model()
        self._chance = random.Random(seed)
        self._addresses = addresses
        self._end = MIDNIGHT + days * DAY
        # Guesses of the attacker on each day, and how long the owner waited each time.
        self.guesses: Counter[int] = Counter()
        self.waits: dict[str, list[timedelta]] = defaultdict(list)
        self._strange = count()

    def run(self) -> None:
        """Each address tries as soon as it may; the owner comes at some moment of each hour."""
        plan = [
            (MIDNIGHT + self._chance.random() * HOUR, f"address {n}")
            for n in range(self._addresses)
        ]
        plan += [
            (MIDNIGHT + (hour + self._chance.random()) * HOUR, "owner")
            for hour in range((self._end - MIDNIGHT) // HOUR)
        ]
        heapq.heapify(plan)
        while plan and plan[0][0] < self._end:
            now, who = heapq.heappop(plan)
            if who == "owner":
                self._visit(now)
                continue
            wait = self._model.attempt(who, now)
            self.guesses[(now - MIDNIGHT) // DAY] += not wait
            heapq.heappush(plan, (now + wait, who))

    def _visit(self, now: datetime) -> None:
        for mistakes in (0, 1, 2):
            self.waits[f"known device, {mistakes} mistakes"].append(
                self._get_in("device", now, mistakes, is_known=True)
            )
            self.waits[f"new device, {mistakes} mistakes"].append(
                self._get_in(f"new {next(self._strange)}", now, mistakes)
            )

    def _get_in(
        self, guesser: str, begun: datetime, mistakes: int, *, is_known: bool = False
    ) -> timedelta:
        now = begun
        for _ in range(mistakes + 1):
            while wait := self._model.attempt(guesser, now, is_known=is_known):
                now += wait
        self._model.succeed(guesser, now, is_known=is_known)
        return now - begun


@pytest.mark.parametrize("addresses", [1, 100, ADDRESSES])
def test_addresses_against_one_owner(addresses: int) -> None:
    siege = Siege(addresses, DAYS)
    siege.run()
    longest = {name: max(waits) for name, waits in siege.waits.items()}
    for mistakes in range(3):
        assert longest[f"known device, {mistakes} mistakes"] == timedelta(0)
    assert longest["new device, 0 mistakes"] == timedelta(0)
    assert longest["new device, 1 mistakes"] <= timedelta(minutes=1)
    assert longest["new device, 2 mistakes"] <= timedelta(hours=1, minutes=1)
    # Three by each address until it waits for a day, and some more until the waits are that long.
    assert siege.guesses[0] <= 3 * addresses + 800
    # From then on one a day by each.
    assert max(siege.guesses[day] for day in range(DAYS // 2, DAYS)) <= addresses
    assert sum(siege.guesses.values()) <= (2 + DAYS) * addresses + 800


async def test_flood_at_one_tenant_stops_nobody(
    make_settings: MakeSettings, caller: Caller, member: Member
) -> None:
    """Many addresses ask for more hashes than there is time for, with invented accounts."""
    app = create_app(
        make_settings(
            password_hash_threads=1,
            password_hash_queue=4,
            argon2_memory_kib=4_096,
            argon2_time_cost=10,
        )
    )
    addresses = [new_address() for _ in range(60)]
    async with app_client(app) as client:

        async def log_in(email: str, address: str, cookie: str = "") -> httpx.Response:
            headers = caller.anonymous(member.tenant_id, address) | {"cookie": cookie}
            body = {"email": email, "password": PASSWORD}
            return await client.post("/v1/session", **as_json(headers, body))

        async def flood() -> Counter[str]:
            emails = (f"{uuid4().hex}@example.com" for _ in addresses)
            answers = await asyncio.gather(*map(log_in, emails, addresses))
            return Counter(answer.json()["code"] for answer in answers)

        first = await log_in(member.email, new_address())
        known = first.headers.get_list("set-cookie")[1].partition(";")[0]
        assert known.startswith(f"{DEVICE_COOKIE_NAME}=")
        # From here on, every address of the attacker has asked for something.
        await flood()
        under_way = asyncio.create_task(flood())
        answers: list[httpx.Response] = []
        while not under_way.done() and len(answers) < 2 * attempts.PER_DEVICE_MINUTE - 4:
            # Beside the attacker in the known browser, and elsewhere in a new one.
            for address, cookie in ((addresses[0], known), (new_address(), "")):
                answers.append(await log_in(member.email, address, cookie))
                await next_turn()
        refused = await under_way
    assert refused["busy"] > 0
    assert len(answers) >= 2
    assert {answer.status_code for answer in answers} == {201}
