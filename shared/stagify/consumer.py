"""The consumer: decode → claim → handle in one transaction → commit the offset.

There are three kinds of failures: a poison message goes to the dead letters, a transient failure is
retried on the spot with a growing pause, and anything else is a bug that stops the process. Many
dead letters in a row stop it too: after a bad deploy that is better than setting all of them aside.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from opentelemetry.trace import SpanKind

from stagify import cause, dead_letters, inbox, metrics, telemetry
from stagify.brokers import Brokers
from stagify.database import Database, Session
from stagify.events import Event, UndecodableEventError, UnknownEvent, decode
from stagify.kafka import Consuming, Producing, consuming, producing
from stagify.tenancy import tenant_scope
from stagify.transient import is_transient

logger = logging.getLogger(__name__)

Handlers = Mapping[type[Any], Callable[[Session, Any], Awaitable[None]]]

T = TypeVar("T")

MAX_POLL_RECORDS = 1_000
# After an outage, work resumes within this time.
MAX_BACKOFF_SECONDS = 2.0


class PoisonMessageError(Exception):
    """This message can never be handled; the text says why, without personal data."""


class TooManyDeadLettersError(RuntimeError):
    """So many messages in a row were poison that the fault is probably ours."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """An event of a batch that can never be handled, and why."""

    event: Event
    reason: str


# A batch handler opens its own transaction and recognizes events it has already handled. It returns
# the events that it can never handle, and those become dead letters.
BatchHandlers = Mapping[type[Any], Callable[[list[Any]], Awaitable[Sequence[Rejection]]]]


class _RebalancedError(Exception):
    """The partitions are being taken away; their next owner does what is not done yet."""


@dataclass
class _Guard(ConsumerRebalanceListener):  # type: ignore[misc]
    """Delays a rebalance until the message in hand is done."""

    idle: asyncio.Lock = field(default_factory=asyncio.Lock)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self.leaving.set()
        async with self.idle:
            pass

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self.leaving.clear()


class Consumer:
    """Passes events from Kafka to the handlers of one service. `name` is the name of its consumer
    group, and of the consumer in the inbox."""

    def __init__(
        self,
        name: str,
        *,
        database: Database,
        handlers: Handlers,
        bootstrap_servers: Brokers | str,
        batch_handlers: BatchHandlers | None = None,
        max_consecutive_dead_letters: int = 20,
        consuming: Consuming = consuming,
        producing: Producing = producing,
    ) -> None:
        self.name = name
        self._database = database
        self._handlers = handlers
        self._batch_handlers = batch_handlers or {}
        self._bootstrap_servers = bootstrap_servers
        self._max_dead = max_consecutive_dead_letters
        self._consuming = consuming
        self._producing = producing
        self._dead_in_a_row = 0
        self._guard = _Guard()

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the events there are handlers for."""
        classes = (*self._handlers, *self._batch_handlers)
        return tuple(sorted({str(cls.topic.value) for cls in classes}))

    async def run(self) -> None:
        """Consume until cancelled; a cancel lets the message in hand finish."""
        backoff = 0.2
        while True:
            started = time.monotonic()
            try:
                await self._session()
            except* (KafkaError, OSError, TimeoutError) as errors:
                reason = type(errors.exceptions[0]).__name__
                logger.warning("consumer.interrupted", extra={"reason": reason})
            if time.monotonic() - started > MAX_BACKOFF_SECONDS:
                backoff = 0.2
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF_SECONDS)

    async def replay(self) -> int:
        """Handle this consumer's dead letters again, and return how many there were. Those that are
        still poison become dead letters again."""
        count = 0
        async with self._producing(self._bootstrap_servers, f"{self.name}-replay") as producer:
            letters = dead_letters.read(
                self._bootstrap_servers, self.name, group=f"{self.name}.dlq-replay"
            )
            async for letter in letters:
                await self._process([_as_record(letter)], producer)
                count += 1
        return count

    async def _session(self) -> None:
        self._guard = _Guard()
        async with (
            self._consuming(self._bootstrap_servers, self.name, self.topics, self._guard) as client,
            self._producing(self._bootstrap_servers, f"{self.name}-dead-letters") as producer,
        ):
            while True:
                await self._poll(client, producer)

    async def _poll(self, client: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        batches = await client.getmany(timeout_ms=1_000, max_records=MAX_POLL_RECORDS)
        if not batches:
            return
        async with self._guard.idle:
            try:
                async with asyncio.TaskGroup() as group:
                    for share in self._shares(batches):
                        group.create_task(self._share(client, producer, share))
            except* _RebalancedError:
                logger.info("consumer.rebalanced", extra={"consumer": self.name})
            except* IllegalStateError:
                # The partition went away between the poll and the commit.
                logger.info("consumer.rebalanced", extra={"consumer": self.name})

    def _shares(
        self, batches: Mapping[TopicPartition, list[ConsumerRecord]]
    ) -> list[list[list[ConsumerRecord]]]:
        """Shares that are handled concurrently, each a list of chunks that are handled one after
        the other. A share holds the messages of one partition, one to a chunk; if a topic has batch
        handlers, all its messages are one chunk."""
        batch_topics = {str(cls.topic.value) for cls in self._batch_handlers}
        together: dict[str, list[ConsumerRecord]] = {}
        shares = []
        for partition, records in batches.items():
            if partition.topic in batch_topics:
                together.setdefault(partition.topic, []).extend(records)
            else:
                shares.append([[record] for record in records])
        return [*shares, *([records] for records in together.values())]

    async def _share(
        self,
        client: AIOKafkaConsumer,
        producer: AIOKafkaProducer,
        chunks: list[list[ConsumerRecord]],
    ) -> None:
        """Handle the chunks in order; commit what is done even if this is interrupted."""
        done: dict[TopicPartition, int] = {}
        try:
            for chunk in chunks:
                # 1. Commit the rows. After a crash here the messages are delivered again; the inbox
                #    makes that harmless. Shielded, so that a stop waits for the messages in hand.
                await _uninterrupted(self._process(chunk, producer))
                for record in chunk:
                    done[TopicPartition(record.topic, record.partition)] = record.offset + 1
        finally:
            # 2. Commit the offsets of what is done. Before 1, a crash would lose the messages.
            if done:
                await asyncio.shield(_commit(client, done))
        for partition, offset in done.items():
            metrics.CONSUMER_LAG.labels(self.name, partition.topic).set(
                max(0, (client.highwater(partition) or offset) - offset)
            )

    async def _process(self, records: list[ConsumerRecord], producer: AIOKafkaProducer) -> None:
        batches: dict[type[Event], list[tuple[ConsumerRecord, Event]]] = {}
        for record in records:
            try:
                event = _decoded(record)
                if type(event) in self._batch_handlers:
                    batches.setdefault(type(event), []).append((record, event))  # type: ignore[arg-type]
                elif type(event) in self._handlers:
                    await self._handle(event)  # type: ignore[arg-type]
                else:
                    self._count("ignored")
            except PoisonMessageError as error:
                await self._bury(producer, record, str(error))
        for cls, pairs in batches.items():
            await self._handle_batch(cls, pairs, producer)

    async def _handle(self, event: Event) -> None:
        span = f"{self.name} {event.event_type}"
        with (
            tenant_scope(event.tenant_id),
            # Whoever caused the event also causes what follows from it.
            cause.scope(event.actor or f"service:{event.source}", event.request_id),
            telemetry.continued(event.traceparent, span, SpanKind.CONSUMER),
        ):
            new = await self._retrying(lambda: self._claim_and_handle(event))
        self._count("handled" if new else "repeated")
        self._dead_in_a_row = 0

    async def _claim_and_handle(self, event: Event) -> bool:
        scope = (
            self._database.system()
            if event.tenant_id is None
            else self._database.tenant(event.tenant_id)
        )
        async with scope as session:
            new = await inbox.claim(session, event, self.name)
            if new:
                await self._handlers[type(event)](session, event)
        return new

    async def _handle_batch(
        self,
        cls: type[Event],
        pairs: list[tuple[ConsumerRecord, Event]],
        producer: AIOKafkaProducer,
    ) -> None:
        handler = self._batch_handlers[cls]
        rejected = await self._retrying(lambda: handler([event for _, event in pairs]))
        reasons = {rejection.event.event_id: rejection.reason for rejection in rejected}
        for record, event in pairs:
            if event.event_id in reasons:
                await self._bury(producer, record, reasons[event.event_id])
        self._count("handled", len(pairs) - len(rejected))
        if len(rejected) < len(pairs):
            self._dead_in_a_row = 0

    async def _retrying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        backoff = 0.05
        while True:
            try:
                return await attempt()
            except Exception as error:
                if not is_transient(error):
                    raise
                metrics.CONSUMER_RETRIES.labels(self.name).inc()
                logger.warning("consumer.retried", extra={"reason": type(error).__name__})
            if self._guard.leaving.is_set():
                raise _RebalancedError
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF_SECONDS)

    async def _bury(self, producer: AIOKafkaProducer, record: ConsumerRecord, reason: str) -> None:
        await self._retrying(lambda: dead_letters.bury(producer, self.name, record, reason))
        self._count("dead_lettered")
        logger.error(
            "consumer.dead_lettered",
            extra={"topic": record.topic, "offset": record.offset, "reason": reason},
        )
        self._dead_in_a_row += 1
        if self._dead_in_a_row >= self._max_dead:
            raise TooManyDeadLettersError(f"{self._dead_in_a_row} in a row, last: {reason}")

    def _count(self, outcome: str, amount: int = 1) -> None:
        metrics.CONSUMER_EVENTS.labels(self.name, outcome).inc(amount)


def _decoded(record: ConsumerRecord) -> Event | UnknownEvent:
    if record.value is None:
        raise PoisonMessageError("no value")
    try:
        return decode(record.value)
    except UndecodableEventError as error:
        raise PoisonMessageError(str(error)) from error


def _as_record(letter: dead_letters.DeadLetter) -> ConsumerRecord:
    return ConsumerRecord(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        timestamp=0,
        timestamp_type=0,
        key=letter.key,
        value=letter.value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=(),
    )


async def _uninterrupted(work: Awaitable[None]) -> None:
    """Await `work`; if this is cancelled meanwhile, the cancellation waits until it is done."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait([task])
        task.result()
        raise


async def _commit(client: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
    try:
        await client.commit(offsets)
    except (CommitFailedError, IllegalStateError):
        # The partition has another owner by now. It gets these messages again, and the inbox sees to
        # it that they have no second effect.
        topics = sorted({partition.topic for partition in offsets})
        logger.info("consumer.commit_refused", extra={"topics": topics})
