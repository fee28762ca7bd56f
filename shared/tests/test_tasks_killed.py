"""Tasks of a process that dies: killed with -9, or again and again at any await."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagify.database import Database
from stagify.ids import new_id
from stagify.tasks import claims
from stagify.tasks.kinds import Kind, Task
from stagify.tasks.queue import enqueue
from stagify.tasks.runner import TaskRunner
from stagify.testing import DatabaseUrls
from stagify.testing.crashes import CrashError, Fate, MortalDatabase
from stagify.testing.waiting import PATIENCE_SECONDS
from tasks_testing import write_widget

VICTIM = Path(__file__).with_name("tasks_victim.py")


@asynccontextmanager
async def victim(urls: DatabaseUrls) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that takes every task, says so, and never finishes one."""
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
        async with asyncio.timeout(PATIENCE_SECONDS):
            begun = [await process.stdout.readline() for _ in range(3)]
        assert begun == [b"begun\n"] * 3
        process.send_signal(signal.SIGKILL)
        await process.wait()
        # Nobody else runs them while the dead process might still be working on them …
        assert await runner.run_due() == 0
        async with queue.tenant_connection(None) as connection:
            await connection.execute(
                "UPDATE tasks SET due_at = due_at - $1::interval", claims.LEASE
            )
        # … and none is lost.
        assert await runner.run_due() == 3
    await queue.close()
    assert sorted(done) == [0, 1, 2]


class MortalRoles(MortalDatabase):
    """The process may also die around the bare transactions in which the runner takes and settles
    tasks: before they begin, or before or after their commit."""

    @asynccontextmanager
    async def tenant_connection(self, tenant_id: UUID | None) -> AsyncIterator[asyncpg.Connection]:
        self._fate.step()
        async with super().tenant_connection(tenant_id) as connection:
            self._fate.step()
            yield connection
            self._fate.step()
        self._fate.step()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(gaps=st.lists(st.integers(0, 12), min_size=1, max_size=8))
async def test_each_effect_happens_once_wherever_the_process_dies(
    kit_urls: DatabaseUrls, database: Database, gaps: list[int]
) -> None:
    tenant_id, fate = new_id(), Fate(gaps)
    app, mortal = (MortalRoles(url, fate) for url in (kit_urls.app, kit_urls.tasks))
    queue = Database(kit_urls.tasks, service="staging-svc", pool_size=1)
    names = ["chair", "lamp", "table"]
    async with database.tenant(tenant_id) as session:
        for name in names:
            await enqueue(session, "effect", {"name": name})

    async def left() -> int:
        """How many tasks are not done yet; this also ends their leases and waits."""
        async with queue.tenant_connection(None) as connection:
            changed = await connection.execute(
                "UPDATE tasks SET due_at = now() WHERE tenant_id = $1", tenant_id
            )
            return int(changed.split()[-1])

    try:
        while await left():
            fate.revive()
            with contextlib.suppress(CrashError):
                await TaskRunner(mortal, app, {"effect": Kind(handler=write_widget)}).run_due()
    finally:
        for each in (app, mortal, queue):
            await each.close()
    rows = await database.fetch(tenant_id, "SELECT name FROM widgets")
    assert sorted(row["name"] for row in rows) == names
