"""From a transaction to Kafka: events are sent if and only if they are committed, and in order, whatever
process dies."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from stagify.database import Database
from stagify.events.staging import ProjectDeleted
from stagify.ids import new_id
from stagify.outbox import publish, publish_on
from stagify.relay import Relay
from stagify.testing import DatabaseUrls
from stagify.testing import events as waiting_for_events
from stagify.testing.events import arrived
from stagify.testing.waiting import PATIENCE_SECONDS

Arrived = Callable[..., Awaitable[list[UUID]]]


@pytest.fixture
def arrive(kit_urls: DatabaseUrls, kafka_server: str) -> Arrived:
    """The ids of these events in the order of the topic, once all are there."""

    async def run(*event_ids: UUID) -> list[UUID]:
        found = await arrived(kit_urls.relay, kafka_server, "staging.events", event_ids)
        return [event.event_id for event in found]

    return run


async def publish_one(database: Database, tenant: UUID) -> UUID:
    event = ProjectDeleted(tenant_id=tenant, project_id=new_id())
    async with database.tenant(tenant) as session:
        publish(session, event)
    return event.event_id


async def end_relay(admin_url: str, urls: DatabaseUrls) -> None:
    """End the connection of the relay; there is only one."""
    admin = await asyncpg.connect(admin_url)
    killed = await admin.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'staging-svc relay' AND datname = $1",
        urls.name,
    )
    await admin.close()
    assert len(killed) == 1


async def test_a_committed_event_arrives(
    database: Database, relay: None, arrive: Arrived, tenant_id: UUID
) -> None:
    event_id = await publish_one(database, tenant_id)
    assert await arrive(event_id) == [event_id]


async def test_a_rolled_back_event_does_not(
    database: Database, relay: None, arrive: Arrived, tenant_id: UUID
) -> None:
    lost = ProjectDeleted(tenant_id=tenant_id, project_id=new_id())
    with pytest.raises(LookupError):
        async with database.tenant(tenant_id) as session:
            publish(session, lost)
            await session.flush()
            raise LookupError
    after = await publish_one(database, tenant_id)
    await arrive(after)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.tenant_connection(None) as connection:
            await connection.fetch("SELECT * FROM outbox")


async def test_an_event_of_another_tenant_is_refused(
    database: Database, tenant_id: UUID, other_tenant_id: UUID
) -> None:
    async with database.tenant(tenant_id) as session:
        with pytest.raises(ValueError, match="another tenant"):
            publish(session, ProjectDeleted(tenant_id=other_tenant_id, project_id=new_id()))


async def test_a_row_that_commits_late_is_not_skipped(
    database: Database, relay: None, arrive: Arrived, tenant_id: UUID
) -> None:
    """Two writers: the one with the lower sequence number commits last."""
    early = ProjectDeleted(tenant_id=tenant_id, project_id=new_id())
    async with database.tenant_connection(tenant_id) as connection:
        await publish_on(connection, "staging-svc", early)
        late = await publish_one(database, tenant_id)
        await arrive(late)
    assert await arrive(early.event_id) == [early.event_id]


async def test_one_key_keeps_its_order(
    database: Database, relay: None, arrive: Arrived, tenant_id: UUID
) -> None:
    project = new_id()
    events = [
        ProjectDeleted(tenant_id=tenant_id, project_id=project, reservation_id=new_id())
        for _ in range(300)
    ]
    for start in range(0, 300, 30):
        async with database.tenant_connection(tenant_id) as connection:
            await publish_on(connection, "staging-svc", *events[start : start + 30])
    wanted = [event.event_id for event in events]
    assert await arrive(*wanted) == wanted


async def test_the_relay_survives_the_loss_of_its_connection(
    database: Database,
    relay: None,
    arrive: Arrived,
    kit_urls: DatabaseUrls,
    postgres_admin_url: str,
    tenant_id: UUID,
) -> None:
    await arrive(await publish_one(database, tenant_id))
    await end_relay(postgres_admin_url, kit_urls)
    event_id = await publish_one(database, tenant_id)
    await arrive(event_id)


class SilentKafka:
    """Accepts events but never acknowledges any."""

    def __init__(self) -> None:
        self.taken = asyncio.Event()
        self.abandoned = asyncio.Event()

    @asynccontextmanager
    async def producing(self, brokers: object, client_id: str) -> AsyncIterator[Any]:
        try:
            yield self
        finally:
            self.abandoned.set()

    async def send(self, *_: Any, **__: Any) -> asyncio.Future[None]:
        self.taken.set()
        return asyncio.get_running_loop().create_future()


async def test_a_relay_that_loses_its_connection_abandons_what_it_holds(
    database: Database,
    kit_urls: DatabaseUrls,
    postgres_admin_url: str,
    tenant_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It would not give up by itself.
    monkeypatch.setattr("stagify.relay.SEND_TIMEOUT_SECONDS", 3_600.0)
    kafka = SilentKafka()
    await publish_one(database, tenant_id)
    relay = Relay(
        kit_urls.relay, service="staging-svc", bootstrap_servers="", producing=kafka.producing
    )
    task = asyncio.create_task(relay.run())
    try:
        await asyncio.wait_for(kafka.taken.wait(), PATIENCE_SECONDS)
        await end_relay(postgres_admin_url, kit_urls)
        await asyncio.wait_for(kafka.abandoned.wait(), PATIENCE_SECONDS)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_second_relay_takes_over(
    database: Database, make_relay: Callable[[], Relay], arrive: Arrived, tenant_id: UUID
) -> None:
    first = asyncio.create_task(make_relay().run())
    await arrive(await publish_one(database, tenant_id))
    second = asyncio.create_task(make_relay().run())
    try:
        first.cancel()
        event_id = await publish_one(database, tenant_id)
        assert await arrive(event_id) == [event_id]
    finally:
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)


class TestTheWaitItself:
    """A test that waits for an event says within seconds which one does not come."""

    async def test_an_event_that_was_lost_is_named(
        self, database: Database, kit_urls: DatabaseUrls, arrive: Arrived, tenant_id: UUID
    ) -> None:
        event_id = await publish_one(database, tenant_id)
        relay = await asyncpg.connect(kit_urls.relay)
        assert await relay.execute("DELETE FROM outbox WHERE id = $1", event_id) == "DELETE 1"
        await relay.close()
        with pytest.raises(AssertionError, match=f"lost between .*: {event_id}"):
            await asyncio.wait_for(arrive(event_id), PATIENCE_SECONDS)

    async def test_an_event_that_is_not_sent_is_named(
        self, database: Database, arrive: Arrived, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(waiting_for_events, "SEND_SECONDS", 0.1)
        event_id = await publish_one(database, tenant_id)
        with pytest.raises(AssertionError, match=f"still in the outbox: {event_id}"):
            await arrive(event_id)
