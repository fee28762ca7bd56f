"""The relay: moves outbox rows to Kafka, in order, at least once.

One relay at a time per database, by a session advisory lock; another process takes over when
the connection of the first ends. Rows are deleted after Kafka has acknowledged them, so there
is no cursor that a late commit could slip behind.
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
from stagify.database import UNUSABLE
from stagify.kafka import CONTENT_TYPE, Producing, producing
from stagify.outbox import NOTIFY_CHANNEL

logger = logging.getLogger(__name__)

# Arbitrary, the same in every database: the right to send this outbox.
LEADER_LOCK = 0x5741_4749
BATCH_ROWS = 2_000
# After a batch that was not full, so that what comes meanwhile shares the next one: a batch costs
# relay, broker and consumers about as much as twenty events. An event after a silence waits not.
REST_SECONDS = 0.02
# Without a notification the relay still looks this often.
POLL_SECONDS = 1.0
STANDBY_SECONDS = 1.0
# A batch that is not acknowledged by then is sent again by a new producer.
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
        bootstrap_servers: str,
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
        """Relay for ever. A broken connection to either side is rebuilt, never waited out:
        an idempotent producer can wedge after a broker restart (aiokafka issue 1017)."""
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
        # pg_advisory_lock would wait inside a statement, and so pin the vacuum horizon.
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
            # Whatever commits after the look at the outbox notifies after it.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def _drain_batch(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        rows = await connection.fetch(FETCH, BATCH_ROWS)
        self._lag.set(time.time() - rows[0]["created_at"].timestamp() if rows else 0)
        if not rows:
            return 0
        # 1. Send and wait for every acknowledgement. A crash after this sends again; inboxes
        #    make that harmless.
        async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
            acknowledgements = [
                await producer.send(topic, payload, key=key.encode(), headers=CONTENT_TYPE)
                for _, topic, key, payload, _ in rows
            ]
            await asyncio.gather(*acknowledgements)
        # 2. Forget them. Never before 1: they would be lost.
        await connection.execute(DELETE, [row["seq"] for row in rows])
        self._published.inc(len(rows))
        return len(rows)


async def _until(lost: asyncio.Event, draining: Coroutine[Any, Any, None]) -> None:
    """Drain until the connection is lost, and no longer: with it another process may have become
    the relay, whose newer events must not be followed by what this one still holds."""
    tasks = [asyncio.create_task(draining), asyncio.create_task(lost.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        outcome, _ = await asyncio.gather(*tasks, return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome
