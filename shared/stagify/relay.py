"""The relay: moves outbox rows to Kafka, in order, at least once.

There is one relay at a time for each database: it holds an advisory lock, and another process takes
over when the connection of the first one ends. Rows are deleted after Kafka has acknowledged them,
so there is no cursor that would skip a row that is committed late.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stagify import metrics
from stagify.brokers import Brokers
from stagify.database import UNUSABLE
from stagify.kafka import CONTENT_TYPE, Producing, producing
from stagify.outbox import NOTIFY_CHANNEL

logger = logging.getLogger(__name__)

# The advisory lock that gives the right to send the outbox: any number, the same in every database.
LEADER_LOCK = 0x5741_4749
BATCH_ROWS = 2_000
# The pause after a batch that was not full, so that more events share the next one: to relay, broker
# and consumers a batch costs about as much as twenty events. After a time without events, the next
# one is sent at once.
REST_SECONDS = 0.02
# The relay looks this often even without a notification.
POLL_SECONDS = 1.0
STANDBY_SECONDS = 1.0
# If a batch is not acknowledged by then, a new producer sends it again.
SEND_TIMEOUT_SECONDS = 15.0
MAX_BACKOFF_SECONDS = 5.0

FETCH = (
    "SELECT seq, aggregatetype, aggregateid, payload, created_at FROM outbox ORDER BY seq LIMIT $1"
)
DELETE = "DELETE FROM outbox WHERE seq = ANY ($1::bigint[])"

Connect = Callable[..., Awaitable[asyncpg.Connection]]

TRANSIENT = (KafkaError, *UNUSABLE)


class Relay:
    """Sends the outbox of one service's database until cancelled."""

    def __init__(
        self,
        dsn: str,
        *,
        service: str,
        bootstrap_servers: Brokers | str,
        connect: Connect = asyncpg.connect,
        producing: Producing = producing,
    ) -> None:
        self._dsn = dsn
        self._service = service
        self._bootstrap_servers = bootstrap_servers
        self._connect = connect
        self._producing = producing
        self._wake = asyncio.Event()
        self._published = metrics.OUTBOX_PUBLISHED.labels(service)
        self._failures = metrics.OUTBOX_FAILURES.labels(service)
        self._lag = metrics.OUTBOX_LAG.labels(service)

    async def run(self) -> None:
        """Relay for ever. After a failure on either side, both connections are made again: an
        idempotent producer can hang after a broker has restarted (aiokafka issue 1017)."""
        backoff = 0.1
        while True:
            started = time.monotonic()
            try:
                await self._session()
            except TRANSIENT as error:
                self._failures.inc()
                logger.warning("outbox.interrupted", extra={"reason": type(error).__name__})
            if time.monotonic() - started > MAX_BACKOFF_SECONDS:
                backoff = 0.1
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF_SECONDS)

    async def _session(self) -> None:
        """One connection and one producer, until one of them fails."""
        connection = await self._connect(
            self._dsn,
            timeout=5,
            command_timeout=SEND_TIMEOUT_SECONDS,
            server_settings={"application_name": f"{self._service} relay"},
        )
        try:
            await self._become_leader(connection)
            await connection.add_listener(NOTIFY_CHANNEL, self._on_notify)
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            client_id = f"{self._service}-relay"
            async with self._producing(self._bootstrap_servers, client_id) as producer:
                await _until(lost, self._drain_for_ever(connection, producer))
        finally:
            connection.terminate()

    def _on_notify(self, *_: Any) -> None:
        self._wake.set()

    async def _become_leader(self, connection: asyncpg.Connection) -> None:
        # pg_advisory_lock would wait inside a statement and so hold back vacuum.
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):  # noqa: ASYNC110
            await asyncio.sleep(STANDBY_SECONDS)

    async def _drain_for_ever(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer
    ) -> None:
        while True:
            self._wake.clear()
            sent = await self._drain_batch(connection, producer)
            if sent == BATCH_ROWS:
                continue
            if sent:
                await asyncio.sleep(REST_SECONDS)
            # Anything committed after the outbox was read also sends its notification after that.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def _drain_batch(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        rows = await connection.fetch(FETCH, BATCH_ROWS)
        self._lag.set(time.time() - rows[0]["created_at"].timestamp() if rows else 0)
        if not rows:
            return 0
        # 1. Send, and wait for every acknowledgement. After a crash here the events are sent again;
        #    inboxes make that harmless.
        async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
            acknowledgements = [
                await producer.send(topic, payload, key=key.encode(), headers=CONTENT_TYPE)
                for _, topic, key, payload, _ in rows
            ]
            await asyncio.gather(*acknowledgements)
        # 2. Delete the rows. Before 1, a crash would lose the events.
        await connection.execute(DELETE, [row["seq"] for row in rows])
        self._published.inc(len(rows))
        return len(rows)


async def _until(lost: asyncio.Event, draining: Coroutine[Any, Any, None]) -> None:
    """Stop draining as soon as the connection is lost: by then another process may be the relay, and
    what this one still holds must not be sent after its newer events."""
    tasks = [asyncio.create_task(draining), asyncio.create_task(lost.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        outcome, _ = await asyncio.gather(*tasks, return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome
