"""With a real broker: the directory, revocations and counted calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from gateway.callers.callers import Caller
from gateway.follower import Follower
from gateway.observe.metering import Metering, UsageTemplate, new_ids
from gateway.wire.record import Record
from gateway.wire.service import Service
from stagify.events import Event, Topic, decode, encode
from stagify.events.identity import SessionRevoked
from stagify.events.usage import UsageRecorded
from stagify.principal import Principal
from stagify.testing.waiting import PATIENCE_SECONDS


@pytest.fixture
async def send(kafka_server: str) -> AsyncIterator[Callable[[Event], Awaitable[None]]]:
    """Publish an event as its service would."""
    async with AIOKafkaProducer(bootstrap_servers=kafka_server) as producer:

        async def publish(event: Event) -> None:
            await producer.send_and_wait(event.topic, encode(event, "test"), key=event.key.encode())

        yield publish


@contextlib.asynccontextmanager
async def following(
    kafka_server: str, topic: str, *, from_beginning: bool
) -> AsyncIterator[tuple[Follower, "asyncio.Queue[Any]"]]:
    """A follower that has caught up, and the records it gets."""
    records: asyncio.Queue[Any] = asyncio.Queue()
    follower = Follower(kafka_server, topic, records.put_nowait, from_beginning=from_beginning)
    task = asyncio.create_task(follower.run())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await follower.wait_until_caught_up()
        yield follower, records
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(records: "asyncio.Queue[Any]", event_id: UUID) -> Event:
    """The event with this id, when it arrives."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            event = decode((await records.get()).value)
            if event.event_id == event_id:
                assert isinstance(event, Event)
                return event


def revoked(tenant_id: UUID) -> SessionRevoked:
    """Some event of identity-svc."""
    return SessionRevoked(tenant_id=tenant_id, session_id=uuid4(), user_id=uuid4())


async def test_follower_from_the_beginning_gets_everything(
    kafka_server: str, send: Callable[[Event], Awaitable[None]], tenant_id: UUID
) -> None:
    before, after = revoked(tenant_id), revoked(tenant_id)
    await send(before)
    async with following(kafka_server, Topic.IDENTITY, from_beginning=True) as (follower, records):
        sent = before.model_copy(update={"source": "test", "actor": "service:test"})
        assert await until(records, before.event_id) == sent
        assert follower.is_current()
        await send(after)
        await until(records, after.event_id)


async def test_follower_of_what_is_new_starts_at_the_end(
    kafka_server: str, send: Callable[[Event], Awaitable[None]], tenant_id: UUID
) -> None:
    before, after = revoked(tenant_id), revoked(tenant_id)
    await send(before)
    async with following(kafka_server, Topic.IDENTITY, from_beginning=False) as (_, records):
        await send(after)
        async with asyncio.timeout(PATIENCE_SECONDS):
            first = decode((await records.get()).value)
        assert first.event_id == after.event_id


def caller(tenant_id: UUID) -> Caller:
    """A caller with an API key."""
    return Caller(
        Principal(
            kind="api_key",
            issuer="gateway",
            tenant_id=tenant_id,
            user_id=uuid4(),
            credential_id=uuid4(),
        )
    )


def count(metering: Metering, caller: Caller) -> None:
    """A service has answered a request of `caller`."""
    record = Record(0.0)
    record.who, record.status, record.service = caller, 200, cast(Service, object())
    metering.answered(record)


async def recorded(kafka_server: str, tenant_id: UUID, records: int) -> list[UsageRecorded]:
    """The first `records` usage records of a tenant."""
    found: list[UsageRecorded] = []
    consumer = AIOKafkaConsumer(
        Topic.USAGE, bootstrap_servers=kafka_server, auto_offset_reset="earliest"
    )
    async with asyncio.timeout(PATIENCE_SECONDS), consumer:
        async for record in consumer:
            event = decode(record.value)
            if isinstance(event, UsageRecorded) and event.tenant_id == tenant_id:
                assert record.key == str(tenant_id).encode()
                found.append(event)
                if len(found) == records:
                    return found
    raise AssertionError("unreachable")


async def test_calls_are_recorded_once_per_flush(kafka_server: str, tenant_id: UUID) -> None:
    metering, by_key, other = Metering(kafka_server), caller(tenant_id), caller(tenant_id)
    for _ in range(3):
        count(metering, by_key)
    count(metering, other)
    assert await metering.flush()
    count(metering, by_key)
    await metering.close()
    events = await recorded(kafka_server, tenant_id, 3)
    assert sorted(event.quantity for event in events) == [1, 1, 3]
    assert {event.meter for event in events} == {"api_calls"}
    assert len({event.event_id for event in events}) == 3
    assert all(event.source == "gateway" for event in events)
    assert by_key.principal.usage_dimensions() in [event.dimensions for event in events]
    assert metering.recorded == 5


async def test_many_callers_fit_into_one_flush(kafka_server: str, tenant_id: UUID) -> None:
    metering = Metering(kafka_server)
    for _ in range(3000):
        count(metering, caller(tenant_id))
    await metering.close()
    events = await recorded(kafka_server, tenant_id, 3000)
    assert len({event.event_id for event in events}) == 3000


async def test_what_kafka_did_not_take_is_sent_again_with_the_same_ids(
    kafka_server: str, tenant_id: UUID
) -> None:
    # Nobody listens on port 1 until the address of the broker is corrected.
    metering, by_key = Metering("127.0.0.1:1"), caller(tenant_id)
    count(metering, by_key)
    assert not await metering.flush()
    ids = [decode(value).event_id for _, value in metering._unsent]
    count(metering, by_key)
    count(metering, by_key)
    assert not await metering.flush()
    assert [decode(value).event_id for _, value in metering._unsent] == ids
    metering._brokers = kafka_server
    await metering.close()
    first, second = await recorded(kafka_server, tenant_id, 2)
    assert {first.quantity, second.quantity} == {1, 2}
    assert ids[0] in (first.event_id, second.event_id)
    assert (metering.recorded, metering.failures, metering.lost) == (3, 2, 0)


def test_prepared_record_is_the_event_itself(tenant_id: UUID) -> None:
    somebody = caller(tenant_id)
    value = UsageTemplate(somebody).record(next(new_ids()), b"2026-01-02T03:04:05.678901Z", 42)
    event = decode(value)
    assert isinstance(event, UsageRecorded)
    assert (event.tenant_id, event.quantity, event.meter) == (tenant_id, 42, "api_calls")
    assert event.dimensions == somebody.principal.usage_dimensions()
    # The batch is the gateway's; whose calls they were is in the dimensions.
    assert (event.actor, event.request_id) == ("service:gateway", None)
    assert event.event_id.version == 7
    assert encode(event, "gateway") == value


def test_ids_of_one_moment_are_all_different_and_of_version_7() -> None:
    ids = [UUID(each.decode()) for each, _ in zip(new_ids(), range(1000), strict=False)]
    assert len(set(ids)) == 1000
    assert {each.version for each in ids} == {7}
