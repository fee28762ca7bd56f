"""Alembic's environment, shared by all services. Alembic runs this file by its path."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine

# The kit's helpers create these, so they are in no service's models.
KIT_TABLES = frozenset({"outbox", "inbox", "idempotency_keys", "tasks"})


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Leave out the kit's own tables."""
    return not (kind == "table" and name in KIT_TABLES)


def include_object(obj: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """Leave out partitions: only their parent is compared."""
    return not (kind == "table" and reflected and other is None and "_p_" in str(name))


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes["target_metadata"],
        include_name=include_name,
        include_object=include_object,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_online() -> None:
    url = context.config.attributes["owner_url"].replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(run_online())
