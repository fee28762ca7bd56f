"""SQL of the reconciliation."""

from stagify.database import Session, driver_connection

EXISTS = "SELECT EXISTS (SELECT FROM tasks WHERE kind = $1 AND key = $2)"


async def is_planned(session: Session, kind: str, key: str) -> bool:
    """Whether there is a task of this kind and key, in whatever state."""
    connection = await driver_connection(session)
    return bool(await connection.fetchval(EXISTS, kind, key))
