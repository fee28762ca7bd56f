"""SQL of objects: which of them have an intent."""

from collections.abc import Collection

from stagify.database import Session, driver_connection

FIND_INTENDED = """
SELECT payload->>'object_key' AS object_key FROM tasks
WHERE kind = $1 AND payload->>'object_key' = ANY($2)
"""


async def find_intended(session: Session, kind: str, keys: Collection[str]) -> set[str]:
    """Those of `keys` that a task of `kind` names."""
    connection = await driver_connection(session)
    rows = await connection.fetch(FIND_INTENDED, kind, list(keys))
    return {row["object_key"] for row in rows}
