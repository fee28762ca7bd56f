"""Two processes do the same thing at the same moment: each lock of the kit, and each second look."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener

from stagify import inbox
from stagify.clock import utc_now
from stagify.consumer import Consumer
from stagify.database import Database, Session
from stagify.events import Event, decode, encode
from stagify.events.billing import PlanChanged
from stagify.events.staging import ProjectDeleted
from stagify.idempotency import (
    Idempotency,
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
)
from stagify.ids import new_id
from stagify.outbox import publish
from stagify.relay import Relay
from stagify.tasks import claims
from stagify.tasks.kinds import Kind, Lease
from stagify.tasks.queue import enqueue
from stagify.testing import DatabaseUrls, comes_to_wait, eventually, running
from stagify.testing.events import sent
from stagify.testing.waiting import PATIENCE_SECONDS
from tasks_testing import Tasks, succeed


class Undo(Exception):  # noqa: N818 - nothing is wrong
    """Rolls a transaction of a test back."""


class TestIdempotency:
    @pytest.fixture
    def once(self) -> Callable[..., Idempotency]:
        """The same request, as each process that gets it sees it."""
        scope = secrets.token_bytes(32)
        return lambda body=b"body": Idempotency(scope, body)

    async def test_remembering_twice_is_refused(
        self, database: Database, tenant_id: UUID, once: Callable[..., Idempotency]
    ) -> None:
        async with database.tenant_connection(tenant_id) as connection:
            await once().remember(connection, 201, b"first")
        with pytest.raises(IdempotencyInProgressError):
            async with database.tenant_connection(tenant_id) as connection:
                await once().remember(connection, 201, b"second")
        async with database.tenant_connection(tenant_id) as connection:
            stored = await once().recall(connection)
        assert stored is not None
        assert stored.body == b"first"

    async def test_what_the_second_has_done_is_undone(
        self, database: Database, tenant_id: UUID, once: Callable[..., Idempotency]
    ) -> None:
        """Both looked before either had an answer; the second waits for the first."""
        add = "INSERT INTO widgets (tenant_id, name) VALUES ($1, $2)"

        async def second() -> None:
            async with database.tenant_connection(tenant_id) as connection:
                await connection.execute(add, tenant_id, "second")
                await once().remember(connection, 201, b"second")

        async with database.tenant_connection(tenant_id) as connection:
            await connection.execute(add, tenant_id, "first")
            await once().remember(connection, 201, b"first")
            late = asyncio.create_task(second())
            assert await comes_to_wait(database, late)
        with pytest.raises(IdempotencyInProgressError):
            await late
        rows = await database.fetch(tenant_id, "SELECT name FROM widgets")
        assert [row["name"] for row in rows] == ["first"]

    async def test_while_one_is_handled_the_other_is_told_to_wait(
        self, database: Database, tenant_id: UUID, once: Callable[..., Idempotency]
    ) -> None:
        async with (
            database.tenant_connection(tenant_id) as first,
            database.tenant_connection(tenant_id) as second,
        ):
            assert await once().replay(first) is None
            with pytest.raises(IdempotencyInProgressError):
                await once().replay(second)
        # With its transaction the mark of the first is gone, as if its process had died.
        async with database.tenant_connection(tenant_id) as third:
            assert await once().replay(third) is None

    async def test_another_body_is_refused_whenever_it_comes(
        self, database: Database, tenant_id: UUID, once: Callable[..., Idempotency]
    ) -> None:
        async with database.tenant_connection(tenant_id) as connection:
            await once().remember(connection, 201, b"first")
        async with database.tenant_connection(tenant_id) as connection:
            for look in (once(b"other").replay, once(b"other").recall):
                with pytest.raises(IdempotencyKeyReusedError):
                    await look(connection)


class TestInbox:
    @pytest.fixture
    def event(self, tenant_id: UUID) -> PlanChanged:
        return PlanChanged(tenant_id=tenant_id, plan="pro")

    @pytest.mark.parametrize("is_undone", [False, True])
    async def test_of_two_deliveries_the_second_waits_for_the_fate_of_the_first(
        self, database: Database, tenant_id: UUID, event: PlanChanged, is_undone: bool
    ) -> None:
        async def claim() -> bool:
            async with database.tenant(tenant_id) as session:
                return await inbox.claim(session, event, "test")

        async def deliver() -> asyncio.Task[bool]:
            async with database.tenant(tenant_id) as session:
                assert await inbox.claim(session, event, "test")
                second = asyncio.create_task(claim())
                assert await comes_to_wait(database, second)
                if is_undone:
                    raise Undo(second)
                return second

        try:
            second = await deliver()
        except Undo as undone:
            second = undone.args[0]
        assert await second is is_undone

    async def test_batches_of_the_same_events_do_not_deadlock(
        self, database: Database, tenant_id: UUID
    ) -> None:
        first, last = sorted(
            (PlanChanged(tenant_id=tenant_id, plan="pro") for _ in range(2)),
            key=lambda event: event.event_id,
        )

        async def claim_both() -> set[UUID]:
            async with database.tenant_connection(None) as connection:
                return await inbox.claim_all(connection, [last, first], "test")

        async with database.tenant_connection(None) as connection:
            assert await inbox.claim_all(connection, [first], "test") == {first.event_id}
            others = asyncio.create_task(claim_both())
            assert await comes_to_wait(database, others)
            # Had the other process begun with the last one, each would now wait for the other.
            assert await inbox.claim_all(connection, [last], "test") == {last.event_id}
        assert await others == set()


class Acknowledging:
    """A Kafka that acknowledges what it is sent, and keeps it."""

    def __init__(self) -> None:
        self.sent: list[UUID] = []
        self.is_used = asyncio.Event()

    @asynccontextmanager
    async def producing(self, servers: object, client_id: str) -> AsyncIterator[Any]:
        self.is_used.set()
        yield self

    async def send(self, topic: str, value: bytes, **_: Any) -> asyncio.Future[None]:
        event = decode(value)
        assert isinstance(event, Event)
        self.sent.append(event.event_id)
        acknowledgement = asyncio.get_running_loop().create_future()
        acknowledgement.set_result(None)
        return acknowledgement


class Asking:
    """A connection that remembers what was answered when it asked to be the relay."""

    def __init__(self) -> None:
        self._connection: Any = None
        self.answers: list[bool] = []

    async def connect(self, *args: Any, **options: Any) -> "Asking":
        self._connection = await asyncpg.connect(*args, **options)
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetchval(self, query: str, *values: Any) -> Any:
        self.answers.append(await self._connection.fetchval(query, *values))
        return self.answers[-1]


class TestRelay:
    async def test_only_one_of_two_sends_and_the_other_takes_over(
        self, database: Database, kit_urls: DatabaseUrls, tenant_id: UUID
    ) -> None:
        async def add() -> UUID:
            event = ProjectDeleted(tenant_id=tenant_id, project_id=new_id())
            async with database.tenant(tenant_id) as session:
                publish(session, event)
            return event.event_id

        def relay(kafka: Acknowledging, asked: Asking) -> Relay:
            return Relay(
                kit_urls.relay,
                service="staging-svc",
                bootstrap_servers="",
                connect=asked.connect,
                producing=kafka.producing,
            )

        ours, theirs, asked = Acknowledging(), Acknowledging(), Asking()
        async with running(relay(ours, Asking()).run()):
            await asyncio.wait_for(ours.is_used.wait(), PATIENCE_SECONDS)
            async with running(relay(theirs, asked).run()):
                await eventually(lambda: asked.answers)
                first = await add()
                await sent(kit_urls.relay, first)
                assert ours.sent[-1] == first
                assert asked.answers[0] is False
                assert not theirs.is_used.is_set()
        async with running(relay(theirs, asked).run()):
            second = await add()
            await sent(kit_urls.relay, second)
        assert theirs.sent == [second]


class TestTasks:
    @pytest.fixture
    async def wide(self, kit_urls: DatabaseUrls) -> AsyncIterator[Database]:
        """The database as the tasks role, with a connection for each process and one to look on."""
        wide = Database(kit_urls.tasks, service="staging-svc", pool_size=3)
        yield wide
        await wide.close()

    async def claim(self, connection: asyncpg.Connection) -> int:
        kinds = {"work": Kind(handler=succeed, concurrency=2)}
        await claims.promote(connection, utc_now())
        leases, _ = await claims.claim(
            connection, kinds, free={"work": 2}, served=[], now=utc_now()
        )
        return len(leases)

    @pytest.mark.parametrize("key", ["", "one at a time"])
    async def test_a_claim_waits_for_another_and_counts_what_that_took(
        self, tasks: Tasks, wide: Database, tenant_id: UUID, key: str
    ) -> None:
        async def claim() -> int:
            async with wide.tenant_connection(None) as connection:
                return await self.claim(connection)

        await tasks.add(tenant_id, 3, concurrency_key=key)
        async with wide.tenant_connection(None) as connection:
            taken = await self.claim(connection)
            second = asyncio.create_task(claim())
            assert await comes_to_wait(wide, second)
        assert (taken, await second) == ((1, 0) if key else (2, 1))

    async def test_a_task_that_is_replaced_at_that_moment_is_left_alone(
        self, tasks: Tasks, wide: Database, tenant_id: UUID
    ) -> None:
        """Its row is locked by the one that replaces it: the claim goes on without it."""
        await tasks.add(tenant_id, key="mail")
        await tasks.add(tenant_id)
        async with wide.tenant_connection(None) as connection:
            await claims.promote(connection, utc_now())
        async with tasks.app.tenant(tenant_id) as session:
            await enqueue(session, "work", key="mail")
            async with wide.tenant_connection(None) as connection:
                assert await asyncio.wait_for(self.claim(connection), PATIENCE_SECONDS) == 1

    @pytest.mark.parametrize("end", ["complete", "put_off", "give_up", "renew"])
    async def test_who_has_lost_a_task_cannot_end_it(
        self, tasks: Tasks, wide: Database, tenant_id: UUID, end: str
    ) -> None:
        await tasks.add(tenant_id)
        kinds, now = {"work": Kind(handler=succeed)}, utc_now()

        async def lease(at: timedelta) -> Lease:
            async with wide.tenant_connection(None) as connection:
                await claims.promote(connection, now + at)
                (taken,), _ = await claims.claim(
                    connection, kinds, free={"work": 1}, served=[], now=now + at
                )
                return taken

        lost = await lease(timedelta(seconds=1))
        ours = await lease(claims.LEASE + timedelta(seconds=2))
        assert lost.id == ours.id
        async with wide.tenant_connection(None) as connection:
            if end == "complete":
                assert not await claims.complete(connection, lost)
            elif end == "put_off":
                assert not await claims.put_off(connection, lost, due_at=now, reason="late")
            elif end == "give_up":
                assert not await claims.give_up(connection, lost, now=now, reason="late")
            else:
                assert await claims.renew(connection, [lost.token, ours.token], now) == {ours.token}
            assert await claims.complete(connection, ours)


class Reassigned:
    """A broker that takes the consumer's partition away, and gives it back."""

    PARTITION = TopicPartition("billing.events", 0)

    def __init__(self, value: bytes) -> None:
        self._record = ConsumerRecord(
            *("billing.events", 0, 7, 0, 0, b"key", value, None, 3, len(value)), headers=()
        )
        self.committed: list[dict[TopicPartition, int]] = []
        self.guard: Any = None
        self._deliver = asyncio.Semaphore(1)

    @asynccontextmanager
    async def consuming(
        self, servers: object, group: str, topics: Any, guard: ConsumerRebalanceListener
    ) -> AsyncIterator[Any]:
        self.guard = guard
        yield self

    @asynccontextmanager
    async def producing(self, servers: object, client_id: str) -> AsyncIterator[Any]:
        yield self

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[ConsumerRecord]]:
        await self._deliver.acquire()
        return {self.PARTITION: [self._record]}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed.append(offsets)

    def highwater(self, partition: TopicPartition) -> int:
        return 8

    async def revoke(self) -> None:
        await self.guard.on_partitions_revoked({self.PARTITION})

    async def assign_again(self) -> None:
        await self.guard.on_partitions_assigned({self.PARTITION})
        self._deliver.release()


class TestRebalance:
    @pytest.mark.parametrize("in_batches", [False, True])
    async def test_a_message_that_is_retried_is_left_to_the_next_owner(
        self, database: Database, tenant_id: UUID, in_batches: bool
    ) -> None:
        event = PlanChanged(tenant_id=tenant_id, plan="pro")
        broker = Reassigned(encode(event, "usage-svc"))
        attempts, is_well = asyncio.Semaphore(0), False

        async def handle(*_: Any) -> list[Any]:
            attempts.release()
            if not is_well:
                raise asyncpg.SerializationError
            return []

        async def handle_one(session: Session, event: PlanChanged) -> None:
            await handle()

        consumer = Consumer(
            f"race {event.event_id}",
            database=database,
            handlers={} if in_batches else {PlanChanged: handle_one},
            batch_handlers={PlanChanged: handle} if in_batches else {},
            bootstrap_servers="",
            consuming=broker.consuming,
            producing=broker.producing,
        )
        async with running(consumer.run()):
            for _ in range(2):
                await asyncio.wait_for(attempts.acquire(), PATIENCE_SECONDS)
            try:
                # The broker waits for this before it gives the partition to somebody else.
                await asyncio.wait_for(broker.revoke(), PATIENCE_SECONDS)
                tried = attempts._value
                assert broker.committed == []
            finally:
                # A consumer that still tries could not be stopped before it succeeds.
                is_well = True
            await broker.assign_again()
            await eventually(lambda: broker.committed)
            assert attempts._value == tried + 1
        assert broker.committed == [{Reassigned.PARTITION: 8}]
