"""How this platform talks to Kafka: one way to make a producer, and to let go of clients."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

# CloudEvents, Kafka protocol binding, structured mode.
CONTENT_TYPE = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
METADATA_PAUSE_SECONDS = 0.25


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
    _pace(producer.client)
    return producer


def _pace(client: AIOKafkaClient) -> None:
    """Let a client that no broker answers ask again after a pause.

    With something to send, aiokafka's producer asks hundreds of times a second, for as long as
    the broker is away.
    """
    update = client._metadata_update

    async def paced(*args: Any) -> bool:
        is_updated: bool = await update(*args)
        if not is_updated:
            await asyncio.sleep(METADATA_PAUSE_SECONDS)
        return is_updated

    client._metadata_update = paced


# A broker that is away keeps no caller longer; what is left of the closing goes on by itself.
CLOSE_SECONDS = 2.0

_closing: set[asyncio.Task[None]] = set()


async def abandon(producer: AIOKafkaProducer) -> None:
    """Let go of a producer; what it still holds is not sent, except what is on the wire.

    Its own `stop` waits until Kafka has taken everything. Cancelled while a broker is away, it
    leaves a task behind that sends the rest whenever that is back: possibly after newer events
    of the same keys, which another producer has sent since.
    """
    # Not public, but aiokafka has no other way to stop without sending.
    producer._message_accumulator.fail_all(KafkaError("the producer was abandoned"))
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
        await producer._sender.close()
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
