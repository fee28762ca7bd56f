"""Looks behind the platform's API: at its databases, its topics, its objects."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import asyncpg
import boto3
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from botocore.config import Config

from proof.faults.offsets import Offsets
from stagify.brokers import Brokers, client_options
from stagify.kafka import producing
from stagify.topology import CONSUMERS, KAFKA_OPERATOR, TOPICS, all_topics, dead_letter_topic
from stagify_local.environment import S3_BUCKETS, S3_REGION, SERVICES, kafka_password
from stagify_local.installation import Running
from stagify_local.parts import ACCESS_KEY_ID
from stagify_local.platform import Platform
from stagify_local.ports import LOOPBACK
from stagify_local.postgres import SUPERUSER

DATABASES = tuple(str(service.database) for service in SERVICES)
TOPICS_OF_EVENTS = tuple(str(spec.name) for spec in TOPICS)
BUCKET = S3_BUCKETS["eu"]


@dataclass(frozen=True)
class Message:
    """An event as it stands on its topic."""

    topic: str
    partition: int
    offset: int
    key: str
    event_id: str
    type: str
    tenant_id: str | None
    data: Mapping[str, Any]

    def __str__(self) -> str:
        place = f"{self.topic}[{self.partition}]@{self.offset}"
        return f"{place} {self.type} {self.event_id} {dict(self.data)}"


@dataclass(frozen=True)
class Stores:
    """The addresses and secrets of a platform's stores."""

    postgres_port: int
    postgres_password: str
    kafka_port: int
    kafka_password: str
    objectstore_port: int
    objectstore_secret: str


class World:
    """The platform's stores, seen with all rights; `ports` of its processes, where it has any."""

    def __init__(self, stores: Stores, ports: Mapping[str, int] = MappingProxyType({})) -> None:
        self._dsn = (
            f"postgresql://{SUPERUSER}:{stores.postgres_password}@{LOOPBACK}:{stores.postgres_port}"
        )
        self.kafka = Brokers(
            f"{LOOPBACK}:{stores.kafka_port}",
            KAFKA_OPERATOR,
            stores.kafka_password,
            protocol="SASL_PLAINTEXT",
            mechanism="PLAIN",
        )
        self.ports = ports
        self._offsets = Offsets(self.kafka)
        self._s3 = boto3.client(
            "s3",
            endpoint_url=f"http://{LOOPBACK}:{stores.objectstore_port}",
            region_name=S3_REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=stores.objectstore_secret,
            config=Config(s3={"addressing_style": "path"}),
        )
        self._connections: dict[str, asyncpg.Connection] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @classmethod
    def of(cls, platform: Platform) -> Self:
        """The stores of a platform on this machine."""
        # Once: the state looks for other ports while the parts' own are taken by the parts.
        running = platform.installation.running()
        assert isinstance(running, Running)
        ports = {process.name: process.port for process in running.processes}
        stores = Stores(
            ports["postgres"],
            platform.state.secret("postgres.superuser"),
            ports["kafka"],
            kafka_password(platform.state, KAFKA_OPERATOR),
            ports["objectstore"],
            platform.state.secret("objectstore"),
        )
        return cls(stores, ports)

    async def close(self) -> None:
        for connection in self._connections.values():
            connection.terminate()
        await self._offsets.close()

    async def rows(self, database: str, query: str, *args: Any) -> list[asyncpg.Record]:
        """The rows of a query, read past every policy."""
        async with self._turns[database]:
            connection = self._connections.get(database)
            if connection is None or connection.is_closed():
                connection = await asyncpg.connect(
                    f"{self._dsn}/{database}",
                    timeout=5,
                    command_timeout=15,
                    server_settings={"application_name": "faults"},
                )
                self._connections[database] = connection
            rows: list[asyncpg.Record] = await connection.fetch(query, *args)
            return rows

    async def value(self, database: str, query: str, *args: Any) -> Any:
        """The first column of the first row."""
        return (await self.rows(database, query, *args))[0][0]

    async def messages(self) -> list[Message]:
        """Every event on every topic, the dead letters excepted, in the order of its partition."""
        found: list[Message] = []
        async for record in self._records(TOPICS_OF_EVENTS):
            event = orjson.loads(record.value)
            found.append(
                Message(
                    record.topic,
                    record.partition,
                    record.offset,
                    record.key.decode(),
                    event["id"],
                    event["type"],
                    event.get("tenantid"),
                    event["data"],
                )
            )
        return found

    async def dead_letters(self) -> list[str]:
        """Every dead letter, as text."""
        topics = [dead_letter_topic(consumer) for consumer in CONSUMERS]
        return [f"{each.topic}: {each.headers}" async for each in self._records(topics)]

    async def lag(self) -> dict[str, int]:
        """How many messages each consumer has not finished."""
        ends = await self.ends()
        return {name: await self.behind(name, ends) for name in CONSUMERS}

    async def ends(self) -> dict[TopicPartition, int]:
        """The end of every partition."""
        return await self._offsets.ends(_partitions(TOPICS_OF_EVENTS))

    async def behind(self, consumer: str, ends: Mapping[TopicPartition, int]) -> int:
        """How many messages before `ends` the consumer has not finished."""
        return await self._offsets.behind(consumer, ends)

    async def repeat(self, topic: str, number: int) -> None:
        """Send the last messages of each partition once more, in their order."""
        lately: defaultdict[int, deque[Any]] = defaultdict(lambda: deque(maxlen=number))
        async for record in self._records([topic]):
            lately[record.partition].append(record)
        async with producing(self.kafka, "faults") as producer, asyncio.timeout(10):
            await asyncio.gather(
                *[
                    await producer.send(
                        topic,
                        record.value,
                        key=record.key,
                        headers=list(record.headers),
                        partition=partition,
                    )
                    for partition, records in lately.items()
                    for record in records
                ]
            )

    def objects(self) -> dict[str, int]:
        """Key and size of every stored object."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}

    async def _records(self, topics: Iterable[str]) -> AsyncIterator[Any]:
        async with self._reader() as reader:
            partitions = _partitions(topics)
            reader.assign(partitions)
            await reader.seek_to_beginning()
            ends = await reader.end_offsets(partitions)
            waiting = {partition for partition, end in ends.items() if end}
            while waiting:
                async with asyncio.timeout(30):
                    batches = await reader.getmany(timeout_ms=500)
                for records in batches.values():
                    for record in records:
                        yield record
                waiting = {each for each in waiting if await reader.position(each) < ends[each]}

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[AIOKafkaConsumer]:
        reader = AIOKafkaConsumer(
            **client_options(self.kafka), enable_auto_commit=False, request_timeout_ms=5_000
        )
        async with asyncio.timeout(5):
            await reader.start()
        try:
            yield reader
        finally:
            await reader.stop()


def _partitions(topics: Iterable[str]) -> list[TopicPartition]:
    wanted = set(topics)
    return [
        TopicPartition(str(spec.name), partition)
        for spec in all_topics()
        if spec.name in wanted
        for partition in range(spec.partitions)
    ]
