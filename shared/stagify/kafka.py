"""How this platform talks to Kafka: the one way to start and to stop each kind of client."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from stagify.brokers import Brokers, client_options
from stagify.patches.aiokafka import drop_unsent, steady, stop_sending

# CloudEvents, Kafka protocol binding, structured mode.
CONTENT_TYPE = [("content-type", b"application/cloudevents+json; charset=UTF-8")]

# Longer than any outage during which a consumer is to keep its partitions.
MAX_POLL_INTERVAL_MS = 15 * 60 * 1000
# The partitions of a killed member go to another one after this; the broker allows no shorter time.
SESSION_TIMEOUT_MS = 6_000
# How long a rebalance waits for the messages in hand.
REBALANCE_TIMEOUT_MS = 10_000


def make_producer(brokers: Brokers | str, client_id: str) -> AIOKafkaProducer:
    """An idempotent producer with `acks=all`: an acknowledged event is on every replica."""
    producer = AIOKafkaProducer(
        **client_options(brokers),
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        max_batch_size=512 * 1024,
        request_timeout_ms=10_000,
        metadata_max_age_ms=60_000,
    )
    steady(producer)
    return producer


# No caller waits longer than this for a broker that does not answer; closing then goes on by itself.
CLOSE_SECONDS = 2.0

_closing: set[asyncio.Task[None]] = set()


# Starts a producer, from brokers and client id, and lets go of it at the end.
Producing = Callable[[Brokers | str, str], AbstractAsyncContextManager[AIOKafkaProducer]]
# Starts a member of a consumer group, from brokers, group, topics and listener, and stops
# it at the end.
Consuming = Callable[
    [Brokers | str, str, Sequence[str], ConsumerRebalanceListener],
    AbstractAsyncContextManager[AIOKafkaConsumer],
]


@asynccontextmanager
async def producing(brokers: Brokers | str, client_id: str) -> AsyncIterator[AIOKafkaProducer]:
    """A started producer. It is abandoned at the end, so wait for the acknowledgement of what you
    send."""
    producer = make_producer(brokers, client_id)
    try:
        await producer.start()
        yield producer
    finally:
        await abandon(producer)


@asynccontextmanager
async def consuming(
    brokers: Brokers | str, group: str, topics: Sequence[str], listener: ConsumerRebalanceListener
) -> AsyncIterator[AIOKafkaConsumer]:
    """A started member of `group`, whose offsets the caller commits."""
    client = AIOKafkaConsumer(
        **client_options(brokers),
        group_id=group,
        client_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
        session_timeout_ms=SESSION_TIMEOUT_MS,
        rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
        heartbeat_interval_ms=1_000,
        metadata_max_age_ms=30_000,
    )
    steady(client)
    client.subscribe(topics=topics, listener=listener)
    try:
        await client.start()
        yield client
    finally:
        await asyncio.shield(stop_consumer(client))


async def abandon(producer: AIOKafkaProducer) -> None:
    """Let go of a producer. What it has not sent yet is dropped.

    Its own `stop` waits until Kafka has taken everything. If that is cancelled while a broker does
    not answer, a task is left behind that sends the rest as soon as the broker is back: possibly
    after newer events with the same keys, which another producer has sent meanwhile.
    """
    drop_unsent(producer)
    await _close_beside(_abandon(producer))


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and close.

    This is never cancelled half-way: the rest of the consumer would go on sending heartbeats and
    keep partitions that nobody reads.
    """
    await _close_beside(consumer.stop())


async def _abandon(producer: AIOKafkaProducer) -> None:
    # If the sender was stopped before its first step, it ends as cancelled.
    with contextlib.suppress(KafkaError, asyncio.CancelledError):
        await stop_sending(producer)
    await producer.stop()


async def _close_beside(closing: Coroutine[Any, Any, None]) -> None:
    """Wait at most CLOSE_SECONDS for `closing`. After that it goes on by itself, until its last
    requests have timed out."""
    task = asyncio.create_task(_quietly(closing))
    _closing.add(task)
    task.add_done_callback(_closing.discard)
    await asyncio.wait([task], timeout=CLOSE_SECONDS)


async def _quietly(closing: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        await closing
