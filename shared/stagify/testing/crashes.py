"""A process that dies at a chosen await, and a topic that delivers more than once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener

from stagify.database import Database, Session
from stagify.events import Event, decode


class CrashError(Exception):
    """The process is dead: nothing that it still tries has any effect."""


class Fate:
    """Counts the steps of a process and kills it again and again, each time after the number of steps
    that comes next in `gaps`."""

    def __init__(self, gaps: Sequence[int]) -> None:
        self._gaps: Iterator[int] = iter(gaps)
        self._left = next(self._gaps, None)
        self._is_dead = False
        self.crashes = 0

    def revive(self) -> None:
        """Start a new process."""
        self._is_dead = False

    def step(self) -> None:
        """Called before and after every await between the database and Kafka."""
        if self._is_dead:
            raise CrashError
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self._left = next(self._gaps, None)
            self._is_dead = True
            self.crashes += 1
            raise CrashError


class Log:
    """Topics with one partition each, which outlive every process. `repeats` says how often each
    message is delivered before the next one."""

    def __init__(self, fate: Fate, repeats: Sequence[int]) -> None:
        self._fate = fate
        self._repeats = repeats
        self.records: dict[str, list[ConsumerRecord]] = {}
        self.committed: dict[TopicPartition, int] = {}

    def append(self, topic: str, key: bytes, value: bytes) -> None:
        records = self.records.setdefault(topic, [])
        records.append(
            ConsumerRecord(
                topic=topic,
                partition=0,
                offset=len(records),
                timestamp=0,
                timestamp_type=0,
                key=key,
                value=value,
                checksum=None,
                serialized_key_size=len(key),
                serialized_value_size=len(value),
                headers=(),
            )
        )

    def events(self, topic: str) -> list[Event]:
        """The events of the topic, in order."""
        decoded = [decode(record.value) for record in self.records.get(topic, ())]
        return [event for event in decoded if isinstance(event, Event)]

    def is_consumed(self, topic: str) -> bool:
        """Whether every message of the topic has been handled and committed."""
        done = self.committed.get(TopicPartition(topic, 0), 0)
        return done == len(self.records.get(topic, ()))

    @asynccontextmanager
    async def producing(self, brokers: object, client_id: str) -> AsyncIterator[Any]:
        """In place of `stagify.kafka.producing`."""
        self._fate.step()
        yield _Producer(self, self._fate)

    @asynccontextmanager
    async def consuming(
        self,
        brokers: object,
        group: str,
        topics: Sequence[str],
        listener: ConsumerRebalanceListener,
    ) -> AsyncIterator[Any]:
        """In place of `stagify.kafka.consuming`."""
        self._fate.step()
        yield _Consumer(self, self._fate, topics)

    def deliveries(self, topic: str, start: int) -> list[ConsumerRecord]:
        """The messages from `start` on, each as often as it is to be delivered."""
        return [
            record
            for record in self.records.get(topic, [])[start:]
            for _ in range(self._repeats[record.offset % len(self._repeats)])
        ]


class _Producer:
    def __init__(self, log: Log, fate: Fate) -> None:
        self._log = log
        self._fate = fate

    async def send(
        self, topic: str, value: bytes, *, key: bytes, headers: object
    ) -> asyncio.Future[None]:
        self._fate.step()
        self._log.append(topic, key, value)
        # The broker has it, but the producer may die before it is told.
        self._fate.step()
        acknowledgement = asyncio.get_running_loop().create_future()
        acknowledgement.set_result(None)
        return acknowledgement


class _Consumer:
    def __init__(self, log: Log, fate: Fate, topics: Sequence[str]) -> None:
        self._log = log
        self._fate = fate
        self._positions = {
            topic: log.committed.get(TopicPartition(topic, 0), 0) for topic in topics
        }

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        self._fate.step()
        found = {}
        for topic, position in self._positions.items():
            if records := self._log.deliveries(topic, position):
                found[TopicPartition(topic, 0)] = records
                self._positions[topic] = records[-1].offset + 1
        if not found:
            await asyncio.sleep(0.005)
        return found

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self._fate.step()
        self._log.committed.update(offsets)
        self._fate.step()

    def highwater(self, partition: TopicPartition) -> int:
        return len(self._log.records.get(partition.topic, ()))


class MortalDatabase(Database):
    """A database whose process may die before or after a commit, or before a transaction begins."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url, service="staging-svc", pool_size=2)
        self._fate = fate

    @asynccontextmanager
    async def tenant(self, tenant_id: UUID) -> AsyncIterator[Session]:
        self._fate.step()
        async with super().tenant(tenant_id) as session:
            self._fate.step()
            yield session
            self._fate.step()
        self._fate.step()


class MortalConnection:
    """The relay's connection: the process may die before or after each statement."""

    def __init__(self, connection: asyncpg.Connection, fate: Fate) -> None:
        self._connection = connection
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._connection, name)
        if name not in ("fetch", "fetchval", "execute", "add_listener"):
            return method

        async def mortal(*args: Any) -> Any:
            self._fate.step()
            result = await method(*args)
            self._fate.step()
            return result

        return mortal
