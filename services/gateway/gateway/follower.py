"""Follows a topic without a consumer group: every gateway needs all of it.

The offsets are kept in memory. When Kafka fails, the follower tries again and goes on where it
was, so nothing is missed; `is_current` says whether it is up to date.
"""

import asyncio
import logging
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from time import monotonic

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from stagify.brokers import Brokers, client_options
from stagify.kafka import stop_consumer
from stagify.patches.aiokafka import steady

logger = logging.getLogger(__name__)

# How often it asks Kafka for the end of the topic …
CHECK_SECONDS = 1.0
# … and how long without an answer until it counts as out of date.
FEED_STALE_SECONDS = 5.0
START_SECONDS = 15.0
MAX_BACKOFF_SECONDS = 2.0

_FAILURES = (KafkaError, OSError, TimeoutError)
Handle = Callable[[ConsumerRecord], None]


class Follower:
    """Hands every record of `topic` to `handle`, in order within a partition."""

    def __init__(
        self, brokers: Brokers | str, topic: str, handle: Handle, *, from_beginning: bool
    ) -> None:
        self._brokers = brokers
        self._topic = topic
        self._handle = handle
        self._from_beginning = from_beginning
        self._next: dict[TopicPartition, int] = {}
        self._targets: dict[TopicPartition, int] = {}
        self._asked_at = 0.0
        self._current_at: float | None = None
        self._caught_up = asyncio.Event()

    async def wait_until_caught_up(self) -> None:
        """Wait until everything that was there when it first reached Kafka has been handled."""
        await self._caught_up.wait()

    def is_current(self) -> bool:
        """Whether all that was there at most FEED_STALE_SECONDS ago has been handled."""
        at = self._current_at
        return at is not None and monotonic() - at < FEED_STALE_SECONDS

    async def run(self) -> None:
        """Follow for ever."""
        backoff = 0.1
        while True:
            started = monotonic()
            try:
                await self._session()
            except _FAILURES as error:
                logger.warning(
                    "follower.interrupted",
                    extra={"topic": self._topic, "reason": type(error).__name__},
                )
            if monotonic() - started > MAX_BACKOFF_SECONDS:
                backoff = 0.1
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF_SECONDS)

    async def _session(self) -> None:
        """One consumer, until Kafka fails or the topic's partitions change."""
        # Without a group it is assigned every partition, and keeps no offsets in Kafka.
        consumer = AIOKafkaConsumer(
            self._topic,
            **client_options(self._brokers),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=250,
            request_timeout_ms=10_000,
            metadata_max_age_ms=60_000,
        )
        steady(consumer)
        try:
            async with asyncio.timeout(START_SECONDS):
                await consumer.start()
                partitions = consumer.assignment()
                await self._position(consumer, partitions)
            while consumer.assignment() == partitions:
                await self._read(consumer)
        finally:
            await stop_consumer(consumer)

    async def _position(
        self, consumer: AIOKafkaConsumer, partitions: AbstractSet[TopicPartition]
    ) -> None:
        """Go on where the last session was. A new partition is read from its beginning; in the
        first session of a follower that wants only what is new, from its end."""
        if not partitions:
            raise KafkaError(f"topic {self._topic!r} has no partitions")
        is_first = not self._next
        asked_at = monotonic()
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            if partition not in self._next:
                news_only = is_first and not self._from_beginning
                self._next[partition] = ends[partition] if news_only else 0
            consumer.seek(partition, self._next[partition])
        self._targets, self._asked_at = ends, asked_at
        await self._check_progress(consumer)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        batch = await consumer.getmany(timeout_ms=200)
        for partition, records in batch.items():
            for record in records:
                self._handle(record)
            self._next[partition] = records[-1].offset + 1
        await self._check_progress(consumer)

    async def _check_progress(self, consumer: AIOKafkaConsumer) -> None:
        """Note the time if everything up to the last known ends has been handled."""
        for partition, end in self._targets.items():
            if await consumer.position(partition) < end:
                return
        self._current_at = self._asked_at
        self._caught_up.set()
        if monotonic() - self._asked_at >= CHECK_SECONDS:
            asked_at = monotonic()
            async with asyncio.timeout(FEED_STALE_SECONDS):
                self._targets = await consumer.end_offsets(self._targets)
            self._asked_at = asked_at
