"""The task that compares a bucket with the rows: each does one page and leaves the next to another.

So a process that is stopped goes on where it was, the pages of a large bucket let other work through,
and of several workers only one is at it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stagify.clock import utc_now
from stagify.database import Database
from stagify.tasks import queue
from stagify.tasks.kinds import Kind, Kinds, Task
from stagify.worker import every
from staging_svc.parts import Parts
from staging_svc.reconciliation import queries
from staging_svc.reconciliation.service import PAGE_SIZE, reconcile_page

if TYPE_CHECKING:
    from staging_svc.objects.store import Storage

RECONCILE = "bucket.reconcile"
PAUSE = timedelta(seconds=1)
_LOOK_SECONDS = 3600.0


class Reconcile:
    """Compares one page of a bucket, and enqueues the next, or after the last the first."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        *,
        interval: timedelta,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._database = database
        self._storage = storage
        self._interval = interval
        self._page_size = page_size

    async def __call__(self, task: Task) -> None:
        bucket, after = task.payload["bucket"], task.payload["after"]
        last = await reconcile_page(
            self._database, self._storage, bucket, after, size=self._page_size
        )
        wait = self._interval if last is None else PAUSE
        async with task.transaction() as session:
            await task.complete(session)
            await queue.enqueue(
                session,
                RECONCILE,
                {"bucket": bucket, "after": last or ""},
                key=bucket,
                due_at=utc_now() + wait,
            )


def reconciliation_kinds(parts: Parts) -> Kinds:
    """The task of each bucket, which is never given up."""
    interval = timedelta(hours=parts.settings.reconcile_interval_hours)
    handler = Reconcile(parts.database, parts.storage, interval=interval)
    return {RECONCILE: Kind(handler=handler, concurrency=1, timeout=timedelta(minutes=5))}


async def plan(database: Database, bucket: str) -> None:
    """Enqueue the task of `bucket`, unless there is one."""
    async with database.system() as session:
        if not await queries.is_planned(session, RECONCILE, bucket):
            await queue.enqueue(session, RECONCILE, {"bucket": bucket, "after": ""}, key=bucket)


async def begin_reconciliation(parts: Parts) -> None:
    """See to it for ever that every bucket has its task, also if one was discarded by hand."""

    async def plan_all() -> None:
        for bucket in sorted(set(parts.settings.s3_buckets.values())):
            await plan(parts.database, bucket)

    await every(_LOOK_SECONDS, plan_all, name="reconciliation")
