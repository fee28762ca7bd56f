"""The inbox: marks an event as handled in the handler's own transaction.

Kafka delivers at least once. The mark is committed together with the effects or not at all, so the
effects happen exactly once. Marks are kept for RETENTION, much longer than Kafka delivers again.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from stagify.database import Database, Session, driver_connection
from stagify.events import Event

RETENTION = timedelta(days=45)

CLAIM = (
    "INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true"
)
# In the order of their ids, so that two processes that claim the same events cannot deadlock.
CLAIM_ALL = (
    "INSERT INTO inbox (consumer, event_id)"
    " SELECT $1, event_id FROM unnest($2::uuid[]) AS claimed (event_id) ORDER BY event_id"
    " ON CONFLICT DO NOTHING RETURNING event_id"
)
EXPIRE = (
    "DELETE FROM inbox WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM inbox WHERE handled_at < now() - $1::interval LIMIT 5000))"
)


async def claim(session: Session, event: Event, consumer: str) -> bool:
    """Whether `event` is new to `consumer`; the mark commits or rolls back with the session."""
    connection = await driver_connection(session)
    return bool(await connection.fetchval(CLAIM, consumer, event.event_id))


async def claim_all(
    connection: asyncpg.Connection, events: Sequence[Event], consumer: str
) -> set[UUID]:
    """The ids of those `events` that are new to `consumer`, for a handler of batches."""
    rows = await connection.fetch(CLAIM_ALL, consumer, [event.event_id for event in events])
    return {row["event_id"] for row in rows}


async def forget_old(database: Database) -> None:
    """Delete a bounded number of marks past their retention."""
    async with database.tenant_connection(None) as connection:
        await connection.execute(EXPIRE, RETENTION)
