"""Every lock of usage-svc: two transactions at once, in the order in which it matters."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from stagify.calls.usage import QuotaExceededError
from stagify.database import Connection, Database
from stagify.events import Event
from stagify.events.billing import PlanChanged
from stagify.ids import new_id
from stagify.testing import ContextKeys, DatabaseUrls, app_client, start_blocked
from usage_svc.app import create_app
from usage_svc.metering import queries as ledger
from usage_svc.meters import METERS
from usage_svc.plans import service as subscriptions
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import queries, reservations
from usage_svc.quotas.keys import QuotaKey, ReservationKey
from usage_svc.quotas.rules import Held, Outcome, Wanted
from usage_svc.settings import Settings

Subscribe = Callable[[UUID, str], Awaitable[None]]
Published = Callable[[UUID], Awaitable[list[Event]]]

LIMIT = 10
TTL = timedelta(minutes=15)
ATTACHED_TTL = timedelta(hours=24)
# The middle of a month, so that nothing crosses its end.
NOW = datetime.now(UTC).replace(day=15)


@pytest.fixture
async def watch(urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """A connection beside those of the race."""
    connection = await asyncpg.connect(urls.app)
    yield connection
    await connection.close()


@pytest.fixture
async def second_database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The pool of another process."""
    database = Database(urls.app, service="usage-svc", pool_size=5)
    yield database
    await database.close()


class Photos:
    """The reservations of one tenant's photos."""

    def __init__(self, tenant_id: UUID, plans: PlanCatalog) -> None:
        self.tenant_id = tenant_id
        self.plans = plans

    async def reserve(self, connection: Connection, *ids: UUID) -> list[Outcome]:
        return await reservations.reserve(
            connection,
            tenant_id=self.tenant_id,
            meter="staging",
            batch=[Wanted(each, 1, TTL) for each in ids],
            plans=self.plans,
            attached_ttl=ATTACHED_TTL,
            now=NOW,
        )

    async def reserved(self, database: Database) -> tuple[int, int]:
        """What the quota says is reserved, and what its reservations hold together."""
        (row,) = await database.fetch(
            self.tenant_id,
            "SELECT (SELECT reserved::int FROM quotas WHERE meter = 'staging') AS reserved,"
            " coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0)::int AS held"
            " FROM reservations",
        )
        return row["reserved"], row["held"]


@pytest.fixture
def photos(tenant_id: UUID, plans: PlanCatalog) -> Photos:
    return Photos(tenant_id, plans)


class TestQuotaRow:
    async def test_second_process_decides_after_the_first(
        self, database: Database, second_database: Database, watch: Connection, photos: Photos
    ) -> None:
        tenant = photos.tenant_id
        async with database.tenant_connection(tenant) as connection:
            await photos.reserve(connection, new_id())
        async with second_database.tenant_connection(tenant) as second:
            async with database.tenant_connection(tenant) as first:
                await photos.reserve(first, *(new_id() for _ in range(LIMIT - 2)))
                both = photos.reserve(second, new_id(), new_id())
                waiting = await start_blocked(watch, second.get_server_pid(), both)
            fits, exceeds = await waiting
        assert isinstance(fits, Held)
        assert isinstance(exceeds, QuotaExceededError)
        assert (exceeds.extra["used"], exceeds.extra["reserved"]) == (0, LIMIT)
        assert await photos.reserved(database) == (LIMIT, LIMIT)

    async def test_two_warm_processes_never_exceed_the_limit(
        self,
        settings: Settings,
        context_keys: ContextKeys,
        database: Database,
        photos: Photos,
    ) -> None:
        """Many rounds, because a race is not lost every time."""
        tenant = photos.tenant_id
        headers = context_keys.service_headers("usage-svc", "staging-svc", tenant_id=tenant)
        readers = context_keys.headers("usage-svc", tenant_id=tenant, permissions={"usage:read"})

        def ask(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
            body = {"reservation_id": str(new_id()), "meter": "staging", "quantity": 1}
            return client.post("/internal/reservations", json=body, headers=headers)

        async with AsyncExitStack() as stack:
            apps = [
                await stack.enter_async_context(app_client(create_app(settings))) for _ in range(2)
            ]
            assert (await ask(apps[0])).status_code == 201
            reads = (app.get("/v1/usage", headers=readers) for app in apps for _ in range(8))
            assert {answer.status_code for answer in await asyncio.gather(*reads)} == {200}
            for _ in range(20):
                async with database.tenant_connection(tenant) as connection:
                    await connection.execute("UPDATE reservations SET state = 'released'")
                    await connection.execute("UPDATE quotas SET reserved = 8")
                answers = await asyncio.gather(*(ask(apps[n % 2]) for n in range(8)))
                statuses = sorted(answer.status_code for answer in answers)
                assert statuses == [201] * 2 + [402] * 6


class TestExpiry:
    @pytest.fixture
    async def due(self, database: Database, photos: Photos) -> ReservationKey:
        """A reservation that is due to expire at NOW + TTL."""
        held = new_id()
        async with database.tenant_connection(photos.tenant_id) as connection:
            await photos.reserve(connection, held)
        return ReservationKey(photos.tenant_id, held)

    async def test_one_that_is_taken_over_meanwhile_stays(
        self,
        database: Database,
        second_database: Database,
        watch: Connection,
        photos: Photos,
        due: ReservationKey,
    ) -> None:
        later = NOW + TTL
        async with second_database.tenant_connection(photos.tenant_id) as second:
            async with database.tenant_connection(photos.tenant_id) as first:
                projects = {due: new_id()}
                await reservations.attach(first, projects, ttl=ATTACHED_TTL, now=later)
                expiry = reservations.expire_due(second, now=later)
                waiting = await start_blocked(watch, second.get_server_pid(), expiry)
            assert await waiting == 0
        assert await photos.reserved(database) == (1, 1)

    async def test_one_that_is_released_meanwhile_is_given_back_once(
        self,
        database: Database,
        second_database: Database,
        watch: Connection,
        photos: Photos,
        due: ReservationKey,
    ) -> None:
        later = NOW + TTL
        async with second_database.tenant_connection(photos.tenant_id) as second:
            async with database.tenant_connection(photos.tenant_id) as first:
                await photos.reserve(first, new_id())
                await reservations.release(
                    first, tenant_id=photos.tenant_id, reservation_id=due.id, now=NOW
                )
                expiry = reservations.expire_due(second, now=later - timedelta(seconds=1))
                assert await expiry == 0
                waiting = await start_blocked(
                    watch, second.get_server_pid(), reservations.expire_due(second, now=later)
                )
            assert await waiting == 0
        assert await photos.reserved(database) == (1, 1)


Locking = Callable[[Connection, list[QuotaKey]], Coroutine[Any, Any, None]]


async def _add_used(connection: Connection, keys: list[QuotaKey]) -> None:
    await queries.add_used(connection, dict.fromkeys(keys, 1))


async def _forget_notices(connection: Connection, keys: list[QuotaKey]) -> None:
    await queries.forget_notices(connection, NOW)


@pytest.mark.parametrize("lock", [queries.lock_quotas, _add_used, _forget_notices])
@pytest.mark.parametrize("is_reversed", [False, True])
async def test_quotas_are_locked_in_the_order_of_their_keys(
    database: Database,
    second_database: Database,
    watch: Connection,
    tenant_id: UUID,
    lock: Locking,
    is_reversed: bool,
) -> None:
    """While the lowest is taken, a transaction that wants all of them holds none: so two that come with
    their keys in different orders cannot wait for each other."""
    keys = sorted(
        QuotaKey(tenant_id, meter.name, meter.period_start(NOW)) for meter in METERS.values()
    )
    async with database.tenant_connection(tenant_id) as connection:
        # Stored the other way round, so that the order of the table is not that of the keys.
        for key in reversed(keys):
            await queries.lock_quota(connection, key)
    wanted = keys[::-1] if is_reversed else keys
    async with second_database.tenant_connection(tenant_id) as second:
        async with database.tenant_connection(tenant_id) as first:
            await queries.lock_quota(first, keys[0])
            waiting = await start_blocked(watch, second.get_server_pid(), lock(second, wanted))
            free = await first.fetch("SELECT meter FROM quotas FOR UPDATE SKIP LOCKED")
            assert {row["meter"] for row in free} == {key.meter for key in keys}
        await waiting


async def test_plans_that_change_at_once_follow_each_other(
    database: Database,
    second_database: Database,
    watch: Connection,
    subscribe: Subscribe,
    published: Published,
    plans: PlanCatalog,
    tenant_id: UUID,
) -> None:
    await subscribe(tenant_id, "free")
    async with second_database.tenant(tenant_id) as second:
        pid = second.info["connection"].get_server_pid()
        async with database.tenant(tenant_id) as first:
            await subscriptions.set_plan(first, tenant_id=tenant_id, plan="pro", plans=plans)
            change = subscriptions.set_plan(
                second, tenant_id=tenant_id, plan="enterprise", plans=plans
            )
            waiting = await start_blocked(watch, pid, change)
        assert await waiting
    changes = [e for e in await published(tenant_id) if isinstance(e, PlanChanged)]
    assert [(e.previous_plan, e.plan) for e in changes] == [
        ("free", "pro"),
        ("pro", "enterprise"),
    ]


async def test_partition_is_made_by_one_of_two(
    ingest_database: Database, watch: Connection
) -> None:
    month = date(2045, 6, 1)
    async with ingest_database.tenant_connection(None) as second:
        async with ingest_database.tenant_connection(None) as first:
            assert await ledger.ensure_partition(first, month)
            waiting = await start_blocked(
                watch, second.get_server_pid(), ledger.ensure_partition(second, month)
            )
        assert not await waiting
