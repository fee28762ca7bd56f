"""What the tests of tasks share: their database as both roles see it, and handlers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from stagify.database import Database, driver_connection
from stagify.tasks.kinds import Handler, Kind, Task
from stagify.tasks.queue import enqueue
from stagify.tasks.runner import TaskRunner

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Tasks:
    """Tasks of the kind `work`."""

    # As the app role, and as the tasks role.
    app: Database
    queue: Database

    async def add(self, tenant_id: UUID | None, count: int = 1, **options: Any) -> None:
        """Enqueue them in a transaction of their own."""
        scope = self.app.system() if tenant_id is None else self.app.tenant(tenant_id)
        async with scope as session:
            for _ in range(count):
                await enqueue(session, "work", **options)

    def runner(self, handler: Handler, **policy: Any) -> TaskRunner:
        """A runner that knows no other kind."""
        return TaskRunner(self.queue, self.app, {"work": Kind(handler=handler, **policy)})

    async def run(self, handler: Handler, **policy: Any) -> int:
        """Let a runner do what is due, and return how many tasks that were."""
        return await self.runner(handler, **policy).run_due()

    async def left(self) -> list[asyncpg.Record]:
        """All that exist, of every kind and tenant."""
        async with self.queue.tenant_connection(None) as connection:
            return list(await connection.fetch("SELECT * FROM tasks ORDER BY id"))

    async def only(self) -> asyncpg.Record:
        """The only one that exists."""
        (row,) = await self.left()
        return row

    async def written(self, tenant_id: UUID) -> list[str]:
        """The names of the widgets that handlers have written."""
        rows = await self.app.fetch(tenant_id, "SELECT name FROM widgets")
        return [row["name"] for row in rows]


async def succeed(task: Task) -> None:
    """A handler with nothing to do."""


def failing(error: Exception) -> Handler:
    """A handler that does nothing but raise this error."""

    async def handle(task: Task) -> None:
        raise error

    return handle


async def write_widget(task: Task) -> None:
    """An effect in the task's own transaction."""
    async with task.transaction() as session:
        await (await driver_connection(session)).execute(
            "INSERT INTO widgets (tenant_id, name) VALUES ($1, $2)",
            task.tenant_id,
            task.payload.get("name", "made"),
        )
        await task.complete(session)
