"""No row is skipped and the events of no key are reordered, however late a transaction commits."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from random import Random
from uuid import UUID

import pytest

from stagify.database import Database
from stagify.events.staging import ProjectDeleted
from stagify.ids import new_id
from stagify.outbox import publish_on
from stagify.testing import DatabaseUrls
from stagify.testing.events import arrived

WRITERS = 32
TRANSACTIONS = 40
KEYS = 8
# A transaction stays open for up to this many round trips after it has written its event.
MAX_HELD = 30

# Stands for the lock of an aggregate's row: changes of one key come one after the other.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


@pytest.fixture
async def wide_database(kit_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The kit's database with a connection for every writer."""
    database = Database(kit_urls.app, service="staging-svc", pool_size=WRITERS + 1)
    yield database
    await database.close()


class Writers:
    """Writers of a few keys; `order` is the order of their commits."""

    def __init__(self, database: Database, tenant: UUID) -> None:
        self._database = database
        self._tenant = tenant
        self._keys = [new_id() for _ in range(KEYS)]
        self.order: dict[UUID, list[UUID]] = defaultdict(list)

    async def write_all(self) -> None:
        """Run all writers concurrently, while one transaction that began first stays open."""
        first = new_id()
        async with self._database.tenant_connection(self._tenant) as connection:
            event = ProjectDeleted(tenant_id=self._tenant, project_id=first)
            await publish_on(connection, "staging-svc", event)
            await asyncio.gather(*(self._write(Random(seed)) for seed in range(WRITERS)))
            self.order[first].append(event.event_id)

    async def _write(self, random: Random) -> None:
        for _ in range(TRANSACTIONS):
            key = random.choice(self._keys)
            async with self._database.tenant_connection(self._tenant) as connection:
                await connection.execute(LOCK, str(key))
                event = ProjectDeleted(tenant_id=self._tenant, project_id=key)
                await publish_on(connection, "staging-svc", event)
                for _ in range(random.randrange(MAX_HELD)):
                    await connection.fetchval("SELECT 1")
                # The lock is held until the commit, so this is the order of the commits.
                self.order[key].append(event.event_id)


async def on_the_topic(
    relay_url: str, bootstrap: str, wanted: dict[UUID, list[UUID]]
) -> dict[UUID, list[UUID]]:
    """The first copies of the events of the wanted keys, in the order of the topic."""
    event_ids = {event_id for events in wanted.values() for event_id in events}
    found: dict[UUID, dict[UUID, None]] = {key: {} for key in wanted}
    for event in await arrived(relay_url, bootstrap, "staging.events", event_ids):
        assert isinstance(event, ProjectDeleted)
        found[event.project_id].setdefault(event.event_id)
    return {key: list(events) for key, events in found.items()}


async def test_every_row_is_sent_and_each_key_in_the_order_of_its_commits(
    wide_database: Database,
    relay: None,
    kit_urls: DatabaseUrls,
    kafka_server: str,
    tenant_id: UUID,
) -> None:
    writers = Writers(wide_database, tenant_id)
    await writers.write_all()
    assert sum(map(len, writers.order.values())) == WRITERS * TRANSACTIONS + 1
    assert await on_the_topic(kit_urls.relay, kafka_server, writers.order) == dict(writers.order)
