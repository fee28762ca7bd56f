"""From Kafka to the ledger: the consumer of usage-svc with a real broker."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from stagify import dead_letters
from stagify.database import Database
from stagify.events import Event, encode
from stagify.events.staging import ProjectCreated
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.kafka import make_producer
from stagify.testing import eventually
from usage_svc.parts import Parts
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import reservations
from usage_svc.quotas.rules import Wanted
from usage_svc.worker import make_consumer

Usage = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def consumer(parts: Parts, kafka_server: str) -> AsyncIterator[None]:
    """The consumer, running during the test."""
    settings = parts.settings.model_copy(update={"kafka_bootstrap_servers": kafka_server})
    running = dataclasses.replace(parts, settings=settings)
    task = asyncio.create_task(make_consumer(running).run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def send(bootstrap_servers: str, *events: Event) -> None:
    producer = make_producer(bootstrap_servers, "test")
    await producer.start()
    try:
        for event in events:
            value = encode(event, "staging-svc")
            await producer.send_and_wait(event.topic.value, value, key=event.key.encode())
    finally:
        await producer.stop()


@pytest.mark.usefixtures("consumer")
async def test_usage_is_counted_once_and_poison_becomes_a_dead_letter(
    kafka_server: str, usage: Usage, tenant_id: UUID
) -> None:
    events = [UsageRecorded(tenant_id=tenant_id, meter="staging", quantity=1) for _ in range(5)]
    poison = UsageRecorded(tenant_id=tenant_id, event_id=uuid4(), meter="staging", quantity=100)
    last = UsageRecorded(tenant_id=tenant_id, meter="api_calls", quantity=7)
    await send(kafka_server, *events, poison, *reversed(events), last)

    async def all_counted() -> bool:
        return bool((await usage(tenant_id, "api_calls"))["used"] == 7)

    async def buried() -> bool:
        letters = dead_letters.read(kafka_server, "usage-svc")
        return "the id is not a UUIDv7" in [letter.reason async for letter in letters]

    await eventually(all_counted)
    assert (await usage(tenant_id))["used"] == 5
    await eventually(buried)


@pytest.mark.usefixtures("consumer")
async def test_project_takes_its_reservation_over_and_use_commits_it(
    kafka_server: str, database: Database, plans: PlanCatalog, usage: Usage, tenant_id: UUID
) -> None:
    reservation_id = new_id()
    async with database.tenant_connection(tenant_id) as connection:
        now = await connection.fetchval("SELECT now()")
        await _reserve(connection, tenant_id, reservation_id, plans)
    created = ProjectCreated(
        tenant_id=tenant_id,
        project_id=new_id(),
        reservation_id=reservation_id,
        room_type="bedroom",
        style="modern",
    )
    await send(kafka_server, created)

    async def attached() -> bool:
        query = (
            "SELECT expires_at > $1::timestamptz + interval '23 hours' AS is_long FROM reservations"
        )
        rows = await database.fetch(tenant_id, query, now)
        return bool(rows[0]["is_long"])

    await eventually(attached)
    assert (await usage(tenant_id))["reserved"] == 1
    used = UsageRecorded(
        tenant_id=tenant_id, meter="staging", quantity=1, reservation_id=reservation_id
    )
    await send(kafka_server, used)

    async def committed() -> bool:
        meter = await usage(tenant_id)
        return bool((meter["used"], meter["reserved"]) == (1, 0))

    await eventually(committed)


async def _reserve(
    connection: asyncpg.Connection, tenant_id: UUID, reservation_id: UUID, plans: PlanCatalog
) -> None:
    ttl = timedelta(minutes=15)
    await reservations.reserve(
        connection,
        tenant_id=tenant_id,
        meter="staging",
        batch=[Wanted(reservation_id, 1, ttl)],
        plans=plans,
        attached_ttl=ttl,
        now=await connection.fetchval("SELECT now()"),
    )
