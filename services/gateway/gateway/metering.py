"""Counts `api_calls` and sends them to Kafka about once a second.

The gateway has no database, so there is no outbox: a kill may lose up to one second of counts.
A batch that was not acknowledged is sent again as it is, with the same event ids, so that the
ledger counts it once; meanwhile new calls add up and become the next batch.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from gateway.sites import Caller
from stagify.events import encode
from stagify.events.usage import UsageRecorded
from stagify.kafka import CONTENT_TYPE, make_producer

logger = logging.getLogger(__name__)

SOURCE = "gateway"
FLUSH_SECONDS = 1.0
SEND_TIMEOUT_SECONDS = 10.0
# Distinct callers that may wait while Kafka is away; beyond that only their tenants are told apart.
MAX_COUNTED = 50_000

_FAILURES = (KafkaError, OSError, TimeoutError)
# A tenant and the dimensions of its record.
_Counted = tuple[UUID, tuple[tuple[str, str], ...]]


class Metering:
    """Counts on the callers themselves: the hot path adds one to an integer."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._called: list[Caller] = []
        self._counted: Counter[_Counted] = Counter()
        self._unsent: list[UsageRecorded] = []
        self._producer: AIOKafkaProducer | None = None
        self.recorded = 0
        self.failures = 0

    def count(self, caller: Caller) -> None:
        """`caller` has made one call."""
        if caller.calls == 0:
            self._called.append(caller)
        caller.calls += 1

    async def run(self) -> None:
        """Flush for ever; a broken producer is replaced, never waited out."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> bool:
        """Send what was counted; False if Kafka did not take it all."""
        self._collect()
        if not self._unsent:
            self._unsent = [_record(*item) for item in self._counted.items()]
            self._counted.clear()
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
            return False
        self.recorded += sum(event.quantity for event in self._unsent)
        self._unsent = []
        return True

    async def close(self) -> None:
        """Send the last counts and stop."""
        for _ in range(2):
            if await self.flush():
                # The first flush may only have sent what an earlier one could not.
                if not self._counted:
                    break
            else:
                break
        self._collect()
        lost = sum(event.quantity for event in self._unsent) + self._counted.total()
        if lost:
            logger.error("metering.lost", extra={"calls": lost})
        await self._drop_producer()

    def _collect(self) -> None:
        called, self._called = self._called, []
        for caller in called:
            counted = _counted(caller)
            if len(self._counted) >= MAX_COUNTED and counted not in self._counted:
                counted = (counted[0], ())
            self._counted[counted] += caller.calls
            caller.calls = 0

    async def _send(self, events: list[UsageRecorded]) -> None:
        if self._producer is None:
            self._producer = make_producer(self._bootstrap_servers, SOURCE)
            await self._producer.start()
        acknowledgements = [
            await self._producer.send(
                event.topic, encode(event, SOURCE), key=event.key.encode(), headers=CONTENT_TYPE
            )
            for event in events
        ]
        await asyncio.gather(*acknowledgements)

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(*_FAILURES):
                await asyncio.wait_for(producer.stop(), 2)


def _counted(caller: Caller) -> _Counted:
    principal = caller.principal
    # Only callers of a tenant are counted.
    assert principal.tenant_id is not None
    return principal.tenant_id, tuple(principal.usage_dimensions().items())


def _record(counted: _Counted, calls: int) -> UsageRecorded:
    tenant_id, dimensions = counted
    return UsageRecorded(
        tenant_id=tenant_id, meter="api_calls", quantity=calls, dimensions=dict(dimensions)
    )
