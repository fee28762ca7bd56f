"""How far topics and their consumers are; the connections are kept, because we ask often."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from proof.faults.handled import CONSUMED
from stagify.brokers import Brokers, client_options
from stagify.patches.aiokafka import steady

ANSWER_SECONDS = 5.0
AWAY = (KafkaError, OSError, TimeoutError)


class Offsets:
    """Connects again after a failure; raises one of AWAY if that fails."""

    def __init__(self, brokers: Brokers) -> None:
        self._brokers = brokers
        self._making = asyncio.Lock()
        self._reader: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None

    async def close(self) -> None:
        """Close both connections."""
        reader, admin, self._reader, self._admin = self._reader, self._admin, None, None
        with contextlib.suppress(*AWAY):
            if reader is not None:
                await reader.stop()
        with contextlib.suppress(*AWAY):
            if admin is not None:
                await admin.close()

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The end of each of these."""
        async with self._clients() as (reader, _):
            ends: dict[TopicPartition, int] = await reader.end_offsets(list(partitions))
            return ends

    async def behind(self, consumer: str, ends: Mapping[TopicPartition, int]) -> int:
        """How many messages before `ends` the consumer has not finished."""
        async with self._clients() as (_, admin):
            committed = await admin.list_consumer_group_offsets(consumer)
        return sum(
            max(0, end - (committed[partition].offset if partition in committed else 0))
            for partition, end in ends.items()
            if partition.topic in CONSUMED[consumer]
        )

    @asynccontextmanager
    async def _clients(self) -> AsyncIterator[tuple[AIOKafkaConsumer, AIOKafkaAdminClient]]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                async with self._making:
                    if self._reader is None or self._admin is None:
                        await self._make()
                yield self._reader, self._admin
        except AWAY:
            await self.close()
            raise

    async def _make(self) -> None:
        await self.close()
        options = {**client_options(self._brokers), "request_timeout_ms": 3_000}
        self._reader = AIOKafkaConsumer(**options, enable_auto_commit=False)
        self._admin = AIOKafkaAdminClient(**options)
        steady(self._reader)
        await self._reader.start()
        await self._admin.start()
