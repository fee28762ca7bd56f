"""A producer whose broker goes away: what it does meanwhile, and what it sends later."""

import asyncio
import gc
import itertools
import signal
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from stagify.bootstrap import create_topics
from stagify.kafka import abandon, make_producer
from stagify.testing import eventually
from stagify.testing.waiting import PATIENCE_SECONDS
from stagify_local.guardian import Guardian
from stagify_local.kafka import Kafka
from stagify_local.ports import LOOPBACK

PARTITION = TopicPartition("staging-svc.dlq", 0)
# How often a producer looks for a broker that is away, and how many times a second are enough.
LOOKS = 10
MOST_A_SECOND = 20


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker of this module's own, which may be killed."""
    folder = tmp_path_factory.mktemp("broker")
    with Guardian() as guardian:
        broker = Kafka(folder, guardian, log=folder / "kafka.log")
        broker.start()
        yield broker
        broker.stop()


@pytest.fixture
async def producer(kafka: Kafka) -> AsyncIterator[AIOKafkaProducer]:
    await create_topics(kafka.bootstrap_servers, replication_factor=1)
    producer = make_producer(kafka.bootstrap_servers, "test")
    await producer.start()
    await producer.send_and_wait(PARTITION.topic, b"first", partition=0)
    yield producer
    await abandon(producer)


def kill(kafka: Kafka) -> None:
    kafka.process.kill()
    assert kafka.process.wait() == -signal.SIGKILL


async def values(kafka: Kafka) -> list[bytes]:
    """Everything on the partition."""
    client = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, enable_auto_commit=False)
    await client.start()
    try:
        client.assign([PARTITION])
        await client.seek_to_beginning()
        end = (await client.end_offsets([PARTITION]))[PARTITION]
        async with asyncio.timeout(PATIENCE_SECONDS):
            return [(await client.getone(PARTITION)).value for _ in range(end)]
    finally:
        await client.stop()


async def test_what_an_abandoned_producer_held_is_never_sent(
    kafka: Kafka, producer: AIOKafkaProducer
) -> None:
    kill(kafka)
    held = await producer.send(PARTITION.topic, b"held", partition=0)
    await abandon(producer)
    with pytest.raises(KafkaError):
        await held
    await asyncio.to_thread(kafka.start)
    other = make_producer(kafka.bootstrap_servers, "test")
    await other.start()
    await other.send_and_wait(PARTITION.topic, b"last", partition=0)
    await abandon(other)
    assert b"held" not in await values(kafka)
    assert (await values(kafka))[-1] == b"last"


def waits_for_an_answer(producer: AIOKafkaProducer) -> bool:
    """Whether something was sent and has no answer yet; aiokafka has no API for this."""
    return bool(producer._message_accumulator._pending_batches)


def is_closed(producer: AIOKafkaProducer) -> bool:
    return bool(producer._closed)


async def test_an_abandoned_producer_closes_when_its_last_request_fails(
    kafka: Kafka, producer: AIOKafkaProducer
) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: complaints.append(said))
    kafka.process.pause()
    batch = producer.create_batch()
    batch.append(key=None, value=b"of a batch", timestamp=None)
    unawaited = await producer.send_batch(batch, PARTITION.topic, partition=0)
    unawaited.cancel()
    await producer.send(PARTITION.topic, b"on the wire", partition=0)
    await eventually(partial(waits_for_an_answer, producer))
    await abandon(producer)
    kill(kafka)
    await eventually(partial(is_closed, producer))
    await asyncio.to_thread(kafka.start)
    del producer
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(None)
    assert not complaints


async def test_a_producer_that_waits_asks_now_and_then_and_sends_in_the_end(
    kafka: Kafka, producer: AIOKafkaProducer
) -> None:
    kill(kafka)
    looks = itertools.count(1)
    enough = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        if next(looks) == LOOKS:
            enough.set()

    stand_in = await asyncio.start_server(refuse, LOOPBACK, kafka.port)
    waiting = await producer.send(PARTITION.topic, b"waiting", partition=0)
    begun = time.monotonic()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await enough.wait()
    assert LOOKS / (time.monotonic() - begun) < MOST_A_SECOND
    stand_in.close()
    await asyncio.to_thread(kafka.start)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await waiting
    assert (await values(kafka)).count(b"waiting") == 1
