"""Tasks of a process that is killed with -9 in the middle of its work."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from stagify.database import Database
from stagify.tasks import claims
from stagify.tasks.kinds import Kind, Task
from stagify.tasks.queue import enqueue
from stagify.tasks.runner import TaskRunner
from stagify.testing import DatabaseUrls

VICTIM = Path(__file__).with_name("tasks_victim.py")


@asynccontextmanager
async def victim(urls: DatabaseUrls) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that takes every task there is, says so, and never comes to an end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, VICTIM, urls.app, urls.tasks, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_another_does_them_once_their_leases_have_run_out(
    kit_urls: DatabaseUrls, database: Database, tenant_id: UUID
) -> None:
    done = []

    async def handle(task: Task) -> None:
        async with task.transaction() as session:
            await task.complete(session)
            done.append(task.payload["number"])

    queue = Database(kit_urls.tasks, service="staging-svc", pool_size=1)
    runner = TaskRunner(queue, database, {"victim": Kind(handler=handle)})
    async with database.tenant(tenant_id) as session:
        for number in range(3):
            await enqueue(session, "victim", {"number": number})
    async with victim(kit_urls) as process:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            begun = [await process.stdout.readline() for _ in range(3)]
        assert begun == [b"begun\n"] * 3
        process.send_signal(signal.SIGKILL)
        await process.wait()
        # Nobody else does them while the dead process may still be at it …
        assert await runner.run_due() == 0
        async with queue.tenant_connection(None) as connection:
            await connection.execute(
                "UPDATE tasks SET due_at = due_at - $1::interval", claims.LEASE
            )
        # … and none is lost.
        assert await runner.run_due() == 3
    await queue.close()
    assert sorted(done) == [0, 1, 2]
