"""How this platform talks to Kafka: one way to make each kind of client, and to let go of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from stagify.patches.aiokafka import drop_unsent, steady, stop_sending

# CloudEvents, Kafka protocol binding, structured mode.
CONTENT_TYPE = [("content-type", b"application/cloudevents+json; charset=UTF-8")]

# Longer than any outage we want to sit out without losing the partition.
MAX_POLL_INTERVAL_MS = 15 * 60 * 1000
# A killed member's partitions are given to another one after this; the broker allows no less.
SESSION_TIMEOUT_MS = 6_000
# A rebalance waits this long for the messages in hand.
REBALANCE_TIMEOUT_MS = 10_000


def make_producer(bootstrap_servers: str, client_id: str) -> AIOKafkaProducer:
    """An idempotent producer; `acks=all`, so an acknowledged event is on every replica."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        max_batch_size=512 * 1024,
        request_timeout_ms=10_000,
        metadata_max_age_ms=60_000,
    )
    steady(producer)
    return producer


# A broker that is away keeps no caller longer; what is left of the closing goes on by itself.
CLOSE_SECONDS = 2.0

_closing: set[asyncio.Task[None]] = set()


# How a producer for `client_id` is had, and given back.
Producing = Callable[[str, str], AbstractAsyncContextManager[AIOKafkaProducer]]
# How a member of a group that reads some topics is had, and given back.
Consuming = Callable[
    [str, str, Sequence[str], ConsumerRebalanceListener],
    AbstractAsyncContextManager[AIOKafkaConsumer],
]


@asynccontextmanager
async def producing(bootstrap_servers: str, client_id: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that was started; abandoned in the end, so wait for what you send."""
    producer = make_producer(bootstrap_servers, client_id)
    try:
        await producer.start()
        yield producer
    finally:
        await abandon(producer)


@asynccontextmanager
async def consuming(
    bootstrap_servers: str, group: str, topics: Sequence[str], listener: ConsumerRebalanceListener
) -> AsyncIterator[AIOKafkaConsumer]:
    """A member of `group` that was started; offsets are committed by hand."""
    client = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
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
    """Let go of a producer; what it still holds is not sent, except what is on the wire.

    Its own `stop` waits until Kafka has taken everything. Cancelled while a broker is away, it
    leaves a task behind that sends the rest whenever that is back: possibly after newer events
    of the same keys, which another producer has sent since.
    """
    drop_unsent(producer)
    await _close_beside(_abandon(producer))


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and close.

    Never cancelled half-way: what remained would go on sending heart-beats, and so keep
    partitions that nobody reads.
    """
    await _close_beside(consumer.stop())


async def _abandon(producer: AIOKafkaProducer) -> None:
    # A sender that was stopped before its first step ends as cancelled.
    with contextlib.suppress(KafkaError, asyncio.CancelledError):
        await stop_sending(producer)
    await producer.stop()


async def _close_beside(closing: Coroutine[Any, Any, None]) -> None:
    """Wait for `closing` for a moment; it ends by itself, at the latest with its requests."""
    task = asyncio.create_task(_quietly(closing))
    _closing.add(task)
    task.add_done_callback(_closing.discard)
    await asyncio.wait([task], timeout=CLOSE_SECONDS)


async def _quietly(closing: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        await closing
