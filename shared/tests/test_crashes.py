"""Exactly-once effects, although the process dies again and again, at any await between database and
Kafka.

Real are the relay, the consumer, the inbox, the outbox and PostgreSQL. Kafka is a list, so that
hundreds of lives take seconds; with the real broker the same is done by proof.faults.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagify import inbox
from stagify.consumer import Consumer, Rejection
from stagify.database import Database, Session, driver_connection
from stagify.events.billing import PlanChanged
from stagify.events.receipts import StagingReceiptIssued
from stagify.ids import new_id
from stagify.outbox import publish, publish_on
from stagify.relay import Relay
from stagify.testing import DatabaseUrls
from stagify.testing.crashes import CrashError, Fate, Log, MortalConnection, MortalDatabase
from stagify.testing.waiting import PATIENCE_SECONDS

INPUT, OUTPUT = "billing.events", "staging.events"
LOOK_SECONDS = 0.005

IsOver = Callable[[], Awaitable[bool]]


async def on_plan_changed(session: Session, event: PlanChanged) -> None:
    """An effect, and an event about it: the next link of a chain."""
    connection = await driver_connection(session)
    await connection.execute(
        "INSERT INTO widgets (tenant_id, name) VALUES ($1, $2)", event.tenant_id, event.plan
    )
    publish(
        session,
        StagingReceiptIssued(
            tenant_id=event.tenant_id, action="created", of_event_id=event.event_id
        ),
    )


class Lives:
    """One process after the other, each a relay and a consumer, until nothing is left to do."""

    def __init__(self, urls: DatabaseUrls, fate: Fate, log: Log, *, in_batches: bool) -> None:
        self._urls = urls
        self._fate = fate
        self._log = log
        self._name = f"crash-test {id(log)}"
        self._in_batches = in_batches

    async def run(self, is_over: IsOver) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await is_over():
                self._fate.revive()
                await self._live(is_over)

    async def _live(self, is_over: IsOver) -> None:
        database = MortalDatabase(self._urls.app, self._fate)
        relay = Relay(
            self._urls.relay,
            service="staging-svc",
            bootstrap_servers="",
            connect=self._connect,
            producing=self._log.producing,
        )
        consumer = self._consumer(database)
        tasks = [asyncio.create_task(part.run()) for part in (relay, consumer)]
        try:
            while not await is_over():
                ended, _ = await asyncio.wait(
                    tasks, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if ended:
                    break
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                _expect_crash(outcome)
            await database.close()

    def _consumer(self, database: Database) -> Consumer:
        async def on_plans_changed(events: list[PlanChanged]) -> list[Rejection]:
            """A batch handler opens its own transactions and finds out itself which events are new."""
            for event in events:
                async with database.tenant(event.tenant_id) as session:
                    if await inbox.claim(session, event, self._name):
                        await on_plan_changed(session, event)
            return []

        return Consumer(
            self._name,
            database=database,
            handlers={} if self._in_batches else {PlanChanged: on_plan_changed},
            batch_handlers={PlanChanged: on_plans_changed} if self._in_batches else {},
            bootstrap_servers="",
            consuming=self._log.consuming,
            producing=self._log.producing,
        )

    async def _connect(self, *args: Any, **options: Any) -> MortalConnection:
        self._fate.step()
        return MortalConnection(await asyncpg.connect(*args, **options), self._fate)


def _expect_crash(outcome: BaseException | None) -> None:
    """Fail unless the process has ended by a crash or a stop."""
    if isinstance(outcome, BaseExceptionGroup):
        _, outcome = outcome.split(CrashError)
    if outcome is not None and not isinstance(outcome, CrashError | asyncio.CancelledError):
        raise outcome


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    gaps=st.lists(st.integers(0, 40), max_size=10),
    repeats=st.lists(st.integers(1, 5), min_size=1, max_size=5),
    keys=st.lists(st.integers(0, 2), min_size=1, max_size=8),
    in_batches=st.booleans(),
)
async def test_every_effect_happens_once_and_in_order(
    database: Database,
    kit_urls: DatabaseUrls,
    postgres_admin_url: str,
    gaps: list[int],
    repeats: list[int],
    keys: list[int],
    in_batches: bool,
) -> None:
    tenants = [new_id() for _ in range(3)]
    sent = [
        PlanChanged(tenant_id=tenants[key], plan=str(number)) for number, key in enumerate(keys)
    ]
    for event in sent:
        async with database.tenant_connection(event.tenant_id) as connection:
            await publish_on(connection, "usage-svc", event)
    wanted = {event.event_id for event in sent}
    fate = Fate(gaps)
    log = Log(fate, repeats)
    async with superuser(postgres_admin_url, kit_urls) as outbox:

        async def is_over() -> bool:
            left = {row["id"] for row in await outbox.fetch("SELECT id FROM outbox")}
            # At once: once its row is gone, an event is on the topic, or it never will be.
            lost = wanted - left - {event.event_id for event in log.events(INPUT)}
            assert not lost, f"lost between the outbox and {INPUT}: {sorted(map(str, lost))}"
            return not left and log.is_consumed(INPUT)

        await Lives(kit_urls, fate, log, in_batches=in_batches).run(is_over)
    assert [event.event_id for event in _first(log, INPUT, PlanChanged, tenants)] == [
        event.event_id for event in sent
    ]
    receipts = _first(log, OUTPUT, StagingReceiptIssued, tenants)
    assert [receipt.of_event_id for receipt in receipts] == [event.event_id for event in sent]
    for tenant in tenants:
        rows = await database.fetch(tenant, "SELECT name FROM widgets")
        expected = sorted(event.plan for event in sent if event.tenant_id == tenant)
        assert sorted(row["name"] for row in rows) == expected


@asynccontextmanager
async def superuser(url: str, urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to the kit's database."""
    connection = await asyncpg.connect(url.rpartition("/")[0] + f"/{urls.name}")
    try:
        yield connection
    finally:
        await connection.close()


def _first(log: Log, topic: str, cls: type[Any], tenants: list[UUID]) -> list[Any]:
    """The first copy of each event of these tenants, in the order of the topic."""
    first: dict[UUID, Any] = {}
    for event in log.events(topic):
        if isinstance(event, cls) and event.tenant_id in tenants:
            first.setdefault(event.event_id, event)
    return list(first.values())
