"""The inbox: marks an event as handled in the handler's own transaction.

Kafka delivers at least once; the mark commits with the effects or not at all, so the effects
happen exactly once. Marks are kept for RETENTION, far longer than Kafka re-delivers.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from stagify.database import Database, driver_connection
from stagify.events import Event

RETENTION = timedelta(days=45)

CLAIM = (
    "INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true"
)
EXPIRE = (
    "DELETE FROM inbox WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM inbox WHERE handled_at < now() - $1::interval LIMIT 5000))"
)


async def claim(session: AsyncSession, event: Event, consumer: str) -> bool:
    """Whether `event` is new to `consumer`; the mark commits or rolls back with the session."""
    connection = await driver_connection(session)
    return bool(await connection.fetchval(CLAIM, consumer, event.event_id))


async def forget_old(database: Database) -> None:
    """Delete a bounded number of marks past their retention."""
    async with database.tenant_connection(None) as connection:
        await connection.execute(EXPIRE, RETENTION)
