"""Counts `api_calls` and sends them to Kafka about once a second.

The gateway has no database and so no outbox: a kill may lose up to one second of counts. Records
that were not acknowledged are sent again with the same event ids, so the ledger counts them once.
New calls are meanwhile counted on their callers and sent afterwards.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from uuid import UUID

import uuid_utils
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from gateway.callers.callers import Caller
from gateway.wire.record import Record
from stagify.brokers import Brokers
from stagify.clock import utc_now
from stagify.events import Topic, encode
from stagify.events.usage import UsageRecorded
from stagify.kafka import CONTENT_TYPE, abandon, make_producer

logger = logging.getLogger(__name__)

SOURCE = "gateway"
FLUSH_SECONDS = 1.0
SEND_TIMEOUT_SECONDS = 10.0
# How many callers' calls may wait while Kafka is away; the calls of more are lost, and counted.
MAX_WAITING_CALLERS = 200_000
# How many records are made before the event loop gets to other work.
_RECORDS_AT_ONCE = 250

_FAILURES = (KafkaError, OSError, TimeoutError)

# Placeholders for what differs between the records of one caller.
_ANY_ID = UUID("ffffffff-ffff-7fff-bfff-ffffffffffff")
_ANY_TIME = datetime.fromisoformat("2000-02-29T01:02:03Z")
_ANY_QUANTITY = 7_000_000_000_000_000


class UsageTemplate:
    """The `UsageRecorded` of one caller, encoded except for its id, time and quantity.

    If each caller calls once, encoding a whole record costs as much as its request.
    """

    __slots__ = ("_format", "key", "key_hash")

    def __init__(self, caller: Caller) -> None:
        principal = caller.principal
        event = UsageRecorded(
            event_id=_ANY_ID,
            occurred_at=_ANY_TIME,
            tenant_id=principal.tenant_id,
            meter="api_calls",
            quantity=_ANY_QUANTITY,
            dimensions=principal.usage_dimensions(),
        )
        encoded = encode(event, SOURCE).replace(b"%", b"%%")
        for stands_for, place in (
            (str(_ANY_ID), b"%b"),
            (_ANY_TIME.isoformat().replace("+00:00", "Z"), b"%b"),
            (str(_ANY_QUANTITY), b"%d"),
        ):
            encoded = encoded.replace(stands_for.encode(), place, 1)
        self._format = encoded
        self.key = event.key.encode()
        # As Kafka's own partitioner does it, so that a tenant's records are on one partition.
        self.key_hash: int = murmur2(self.key) & 0x7FFFFFFF

    def record(self, event_id: bytes, occurred_at: bytes, calls: int) -> bytes:
        """A new record."""
        return self._format % (event_id, occurred_at, calls)


_Record = tuple[UsageTemplate, bytes]


def new_ids() -> Iterator[bytes]:
    """Ids for the events of one moment: UUIDs of version 7 whose last 48 bits count up from a
    random number (RFC 9562 calls this a monotonic random counter), which costs next to nothing."""
    first = str(uuid_utils.uuid7())
    prefix, last = first[:24].encode(), int(first[24:], 16)
    for number in count(last):
        yield b"%b%012x" % (prefix, number & 0xFFFFFFFFFFFF)


class Metering:
    """Counts on the callers themselves: a call adds one to an integer."""

    def __init__(self, brokers: Brokers | str) -> None:
        self._brokers = brokers
        self._called: list[Caller] = []
        self._unsent: list[_Record] = []
        self._unsent_calls = 0
        self._producer: AIOKafkaProducer | None = None
        self.recorded = 0
        self.lost = 0
        self.failures = 0

    def answered(self, record: Record) -> None:
        """A call counts once its service has begun an answer, unless that is a failure."""
        if record.service is None or record.status >= 500 or record.code:
            return
        caller: Caller = record.who
        if not caller.is_anonymous and caller.count_call():
            self._called.append(caller)

    async def run(self) -> None:
        """Flush for ever."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> bool:
        """Send what was counted, or what could not be sent before; False if that failed."""
        if not self._unsent:
            await self._make_records()
        if not self._unsent:
            return True
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await self._send(self._unsent)
        except _FAILURES as error:
            self.failures += 1
            logger.warning("metering.not_sent", extra={"reason": type(error).__name__})
            # An idempotent producer can wedge after a broker restart (aiokafka issue 1017).
            await self._drop_producer()
            self._lose(self._called[MAX_WAITING_CALLERS:])
            del self._called[MAX_WAITING_CALLERS:]
            return False
        self.recorded += self._unsent_calls
        self._unsent, self._unsent_calls = [], 0
        return True

    async def close(self) -> None:
        """Send the last counts and stop."""
        is_sent = await self.flush()
        if is_sent and self._called:
            # The first flush has only sent what an earlier one could not.
            is_sent = await self.flush()
        if not is_sent:
            self._lose(self._called)
            logger.error("metering.lost", extra={"calls": self.lost + self._unsent_calls})
        await self._drop_producer()

    async def _make_records(self) -> None:
        called, self._called = self._called, []
        occurred_at = utc_now().isoformat().replace("+00:00", "Z").encode()
        unsent = self._unsent
        for number, (caller, event_id) in enumerate(zip(called, new_ids(), strict=False), start=1):
            template = caller.usage
            if template is None:
                template = caller.usage = UsageTemplate(caller)
            calls = caller.take_calls()
            unsent.append((template, template.record(event_id, occurred_at, calls)))
            self._unsent_calls += calls
            if number % _RECORDS_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _send(self, records: list[_Record]) -> None:
        """Send `records` in batches filled here: a future for each record would cost too much."""
        if self._producer is None:
            self._producer = make_producer(self._brokers, SOURCE)
            await self._producer.start()
        partitions = sorted(await self._producer.partitions_for(Topic.USAGE))
        count = len(partitions)
        parts: list[list[_Record]] = [[] for _ in partitions]
        for record in records:
            parts[record[0].key_hash % count].append(record)
        await asyncio.gather(
            *(
                self._send_to(self._producer, partition, part)
                for partition, part in zip(partitions, parts, strict=True)
                if part
            )
        )

    async def _send_to(
        self, producer: AIOKafkaProducer, partition: int, records: list[_Record]
    ) -> None:
        acknowledgements = []
        timestamp = int(time.time() * 1000)
        batch = producer.create_batch()
        append = batch.append
        for number, (template, value) in enumerate(records, start=1):
            key = template.key
            if append(timestamp=timestamp, key=key, value=value, headers=CONTENT_TYPE) is None:
                acknowledgements.append(
                    await producer.send_batch(batch, Topic.USAGE, partition=partition)
                )
                batch = producer.create_batch()
                append = batch.append
                append(timestamp=timestamp, key=key, value=value, headers=CONTENT_TYPE)
            if number % _RECORDS_AT_ONCE == 0:
                await asyncio.sleep(0)
        acknowledgements.append(await producer.send_batch(batch, Topic.USAGE, partition=partition))
        await asyncio.gather(*acknowledgements)

    def _lose(self, callers: list[Caller]) -> None:
        for caller in callers:
            self.lost += caller.take_calls()

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await abandon(producer)
