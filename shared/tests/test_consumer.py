"""Exactly-once effects from at-least-once delivery, and the three kinds of failures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from stagify import dead_letters
from stagify.consumer import (
    Consumer,
    Handlers,
    PoisonMessageError,
    Rejection,
    TooManyDeadLettersError,
)
from stagify.database import Database, Session, driver_connection
from stagify.events import encode
from stagify.events.billing import PlanChanged
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.kafka import make_producer
from stagify.testing import eventually

# Its own group and dead letters; the topic exists because usage-svc is a declared consumer.
CONSUMER = "usage-svc"


@pytest.fixture
async def producer(kafka_server: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = make_producer(kafka_server, "test")
    await producer.start()
    yield producer
    await producer.stop()


async def send(producer: AIOKafkaProducer, *events: PlanChanged | UsageRecorded) -> None:
    for event in events:
        value = encode(event, "usage-svc")
        await producer.send_and_wait(event.topic.value, value, key=event.key.encode())


async def on_plan_changed(session: Session, event: PlanChanged) -> None:
    connection = await driver_connection(session)
    await connection.execute(
        "INSERT INTO widgets (tenant_id, name) VALUES ($1, $2)", event.tenant_id, event.plan
    )


async def names(database: Database, tenant: UUID) -> list[str]:
    rows = await database.fetch(tenant, "SELECT name FROM widgets ORDER BY name")
    return [row["name"] for row in rows]


async def wait_for(database: Database, tenant: UUID, wanted: list[str]) -> None:
    async def are_there() -> bool:
        return await names(database, tenant) == wanted

    await eventually(are_there)


@pytest.fixture
def consumer(database: Database, kafka_server: str) -> Callable[..., Consumer]:
    def make(handlers: Handlers, **options: object) -> Consumer:
        return Consumer(
            CONSUMER,
            database=database,
            handlers=handlers,
            bootstrap_servers=kafka_server,
            **options,  # type: ignore[arg-type]
        )

    return make


class Runner:
    """Runs consumers beside a test, and stops them at its end."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, consumer: Consumer) -> asyncio.Task[None]:
        task = asyncio.create_task(consumer.run())
        self._tasks.append(task)
        return task

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def runner() -> AsyncIterator[Runner]:
    runner = Runner()
    yield runner
    await runner.stop()


def plan(tenant: UUID, name: str) -> PlanChanged:
    return PlanChanged(tenant_id=tenant, plan=name)


async def test_a_second_delivery_changes_nothing(
    consumer: Callable[..., Consumer],
    runner: Runner,
    producer: AIOKafkaProducer,
    database: Database,
    tenant_id: UUID,
) -> None:
    first = plan(tenant_id, "a")
    await send(producer, first, first, plan(tenant_id, "b"), first)
    runner.start(consumer({PlanChanged: on_plan_changed}))
    await send(producer, plan(tenant_id, "z"))
    await wait_for(database, tenant_id, ["a", "b", "z"])


async def test_the_next_consumer_goes_on_where_one_stopped(
    consumer: Callable[..., Consumer],
    runner: Runner,
    producer: AIOKafkaProducer,
    database: Database,
    tenant_id: UUID,
) -> None:
    task = runner.start(consumer({PlanChanged: on_plan_changed}))
    await send(producer, plan(tenant_id, "a"))
    await wait_for(database, tenant_id, ["a"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await send(producer, plan(tenant_id, "b"))
    runner.start(consumer({PlanChanged: on_plan_changed}))
    await wait_for(database, tenant_id, ["a", "b"])


async def test_a_transient_failure_is_retried_and_order_is_kept(
    consumer: Callable[..., Consumer],
    runner: Runner,
    producer: AIOKafkaProducer,
    database: Database,
    tenant_id: UUID,
) -> None:
    attempts: list[str] = []

    async def flaky(session: Session, event: PlanChanged) -> None:
        attempts.append(event.plan)
        await on_plan_changed(session, event)
        if event.tenant_id == tenant_id and attempts.count("a") < 3:
            raise asyncpg.SerializationError

    runner.start(consumer({PlanChanged: flaky}))
    await send(producer, plan(tenant_id, "a"), plan(tenant_id, "b"))
    await wait_for(database, tenant_id, ["a", "b"])
    assert [name for name in attempts if name in "ab"] == ["a", "a", "a", "b"]


async def test_poison_becomes_a_dead_letter_and_can_be_replayed(
    consumer: Callable[..., Consumer],
    runner: Runner,
    producer: AIOKafkaProducer,
    database: Database,
    kafka_server: str,
    tenant_id: UUID,
) -> None:
    async def picky(session: Session, event: PlanChanged) -> None:
        if event.plan == "poison":
            raise PoisonMessageError("no such plan")
        await on_plan_changed(session, event)

    await producer.send_and_wait("billing.events", b"not an event", key=b"k")
    task = runner.start(consumer({PlanChanged: picky}))
    await send(producer, plan(tenant_id, "poison"), plan(tenant_id, "good"))
    await wait_for(database, tenant_id, ["good"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    reasons = [letter.reason async for letter in dead_letters.read(kafka_server, CONSUMER)]
    assert "not JSON" in reasons
    assert "no such plan" in reasons
    # After a fix, a replay handles the good one; the one that is no event becomes a dead letter again.
    assert await consumer({PlanChanged: on_plan_changed}).replay() == len(reasons)
    assert await names(database, tenant_id) == ["good", "poison"]
    assert await consumer({PlanChanged: on_plan_changed}).replay() == 1


async def test_a_bug_stops_the_consumer(
    consumer: Callable[..., Consumer],
    runner: Runner,
    producer: AIOKafkaProducer,
    database: Database,
    tenant_id: UUID,
) -> None:
    async def buggy(session: Session, event: PlanChanged) -> None:
        if event.tenant_id == tenant_id:
            raise ZeroDivisionError

    task = runner.start(consumer({PlanChanged: buggy}))
    await send(producer, plan(tenant_id, "a"))
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(asyncio.shield(task), 20)
    assert caught.group_contains(ZeroDivisionError)
    # Nothing is lost: the fixed code handles it.
    runner.start(consumer({PlanChanged: on_plan_changed}))
    await wait_for(database, tenant_id, ["a"])


async def test_a_run_of_dead_letters_stops_the_consumer(
    consumer: Callable[..., Consumer],
    runner: Runner,
    producer: AIOKafkaProducer,
    tenant_id: UUID,
) -> None:
    async def refuse(session: Session, event: PlanChanged) -> None:
        raise PoisonMessageError("refused")

    task = runner.start(consumer({PlanChanged: refuse}, max_consecutive_dead_letters=3))
    await send(producer, *(plan(tenant_id, str(number)) for number in range(3)))
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(asyncio.shield(task), 20)
    assert caught.group_contains(TooManyDeadLettersError)


async def test_a_batch_is_handled_at_once_without_its_rejected_events(
    consumer: Callable[..., Consumer],
    runner: Runner,
    producer: AIOKafkaProducer,
    kafka_server: str,
    tenant_id: UUID,
) -> None:
    good, bad = (
        UsageRecorded(tenant_id=tenant_id, meter=meter, quantity=1, reservation_id=new_id())
        for meter in ("staging", "nonsense")
    )
    seen: set[UUID] = set()
    handled = asyncio.Event()

    async def on_batch(events: list[UsageRecorded]) -> list[Rejection]:
        seen.update(event.event_id for event in events)
        if {good.event_id, bad.event_id} <= seen:
            handled.set()
        return [Rejection(event, "unknown meter") for event in events if event.meter == "nonsense"]

    await send(producer, good, bad)
    task = runner.start(consumer({}, batch_handlers={UsageRecorded: on_batch}))
    await asyncio.wait_for(handled.wait(), 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    letters = [letter async for letter in dead_letters.read(kafka_server, CONSUMER)]
    assert letters[-1].reason == "unknown meter"
