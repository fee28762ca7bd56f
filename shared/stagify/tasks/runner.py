"""The runner: takes the tasks that are due, fairly across tenants, and calls their handlers.

It takes them as the tasks role, in transactions of about a millisecond; each handler works as the
app role, for the tenant of its task. While a handler works, its lease is renewed; if the process is
killed, another one takes the task once the lease has run out.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import asyncpg
from opentelemetry.trace import SpanKind

from stagify import cause, metrics, telemetry
from stagify.clock import sleep, utc_now
from stagify.database import Database
from stagify.listening import Listener, woken
from stagify.tasks import claims
from stagify.tasks.kinds import GiveUpError, Kinds, Lease, LeaseLostError, Task, TryAgainError
from stagify.tasks.queue import NO_TENANT
from stagify.tenancy import tenant_scope
from stagify.transient import is_transient

logger = logging.getLogger(__name__)

# Every commit with tasks that are due at once notifies this channel.
NOTIFY_CHANNEL = "tasks"
# How often the runner looks for tasks that have become due.
POLL_SECONDS = 2.0
RENEW_SECONDS = claims.LEASE.total_seconds() / 3
OBSERVE_SECONDS = 15.0
FORGET_SECONDS = 600.0
AWAIT_SECONDS = 0.5
# How long tasks in hand may take to end when the process is told to stop; then they are handed back.
FINISH_SECONDS = 5.0
# How many tenants it remembers as served; all others were served longer ago.
REMEMBERED_TENANTS = 256

Outcome = Literal["done", "retried", "given_up", "lost"]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The outcome of an attempt; `is_settled` says that the handler itself has ended the task."""

    outcome: Outcome
    reason: str = ""
    is_settled: bool = False


class TaskRunner:
    """Runs the tasks of one service; `queue` is its database as the tasks role."""

    def __init__(self, queue: Database, database: Database, kinds: Kinds) -> None:
        self._queue = queue
        self._database = database
        self._kinds = kinds
        self._service = database.service
        self._wake = asyncio.Event()
        self._running: dict[UUID, tuple[Lease, asyncio.Task[None]]] = {}
        self._served: dict[UUID, None] = {}
        # Where the next claim begins, if there were more lines than one claim looks at.
        self._after = claims.FIRST_LINE
        # Kinds that may have more ready tasks than there were free places.
        self._crowded: set[str] = set()

    async def run(self) -> None:
        """Run what is due, for ever. When this is cancelled, tasks in hand end or are handed back."""
        name = f"{self._service} tasks"
        channels = {NOTIFY_CHANNEL: lambda _: self._wake.set()}
        listener = Listener(self._queue.url, name=name, channels=channels, on_gap=self._wake.set)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(listener.run())
                group.create_task(self._again(RENEW_SECONDS, self._renew))
                group.create_task(self._again(OBSERVE_SECONDS, self._observe))
                group.create_task(self._again(FORGET_SECONDS, self._forget))
                await self._look_for_ever()
        finally:
            await self._finish()

    async def run_due(self) -> int:
        """Try everything that is due now, once, and return how many tasks that was."""
        total = 0
        while leases := await self._claim():
            for lease in leases:
                self._start(lease)
            await asyncio.wait([task for _, task in self._running.values()])
            total += len(leases)
        return total

    async def _look_for_ever(self) -> None:
        while True:
            self._wake.clear()
            try:
                for lease in await self._claim():
                    self._start(lease)
            except Exception as error:
                if not is_transient(error):
                    raise
                logger.warning("tasks.interrupted", extra={"reason": type(error).__name__})
            await woken(self._wake, POLL_SECONDS)

    async def _claim(self) -> list[Lease]:
        """Take tasks for the free places. This commits, so that the leases hold before the work begins."""
        free = self._free()
        if not free:
            return []
        now = utc_now()
        async with self._queue.tenant_connection(None) as connection:
            lost = await claims.promote(connection, now)
            leases, self._after = await claims.claim(
                connection,
                self._kinds,
                free=free,
                served=list(self._served),
                now=now,
                after=self._after,
            )
        if lost:
            logger.warning("tasks.leases_expired", extra={"count": lost})
            metrics.TASK_LEASES_EXPIRED.labels(self._service).inc(lost)
        taken = Counter(lease.kind for lease in leases)
        self._crowded = {kind for kind in self._kinds if taken[kind] >= free.get(kind, 0)}
        self._remember(leases)
        return leases

    def _free(self) -> dict[str, int]:
        """The number of free places, for each kind that has any."""
        busy = Counter(lease.kind for lease, _ in self._running.values())
        return {
            name: kind.concurrency - busy[name]
            for name, kind in self._kinds.items()
            if kind.concurrency > busy[name]
        }

    def _remember(self, leases: Sequence[Lease]) -> None:
        for lease in leases:
            tenant_id = lease.tenant_id or NO_TENANT
            self._served.pop(tenant_id, None)
            self._served[tenant_id] = None
        while len(self._served) > REMEMBERED_TENANTS:
            del self._served[next(iter(self._served))]

    def _start(self, lease: Lease) -> None:
        task = asyncio.create_task(self._do(lease), name=f"task {lease.kind}")
        self._running[lease.token] = lease, task
        task.add_done_callback(lambda task: self._ended(lease, task))

    def _ended(self, lease: Lease, task: asyncio.Task[None]) -> None:
        del self._running[lease.token]
        if not task.cancelled() and (error := task.exception()):
            # Its lease will run out, and then it is tried again.
            logger.error("tasks.unsettled", extra=_about(lease), exc_info=error)
        if lease.kind in self._crowded or lease.concurrency_key:
            self._wake.set()

    async def _do(self, lease: Lease) -> None:
        with (
            tenant_scope(lease.tenant_id),
            cause.scope(lease.actor or f"service:{self._service}", lease.request_id),
            telemetry.continued(lease.traceparent, f"task {lease.kind}", SpanKind.CONSUMER),
        ):
            verdict = await self._attempt(lease)
            outcome = await self._settle(lease, verdict)
            self._report(lease, outcome, verdict.reason)

    async def _attempt(self, lease: Lease) -> _Verdict:
        kind = self._kinds[lease.kind]
        if lease.give_up_at is not None and lease.give_up_at <= utc_now():
            return _Verdict("given_up", lease.last_error or "too late")
        task = Task(lease, self._database)
        try:
            async with asyncio.timeout(kind.timeout.total_seconds()):
                await kind.handler(task)
        except LeaseLostError:
            return _Verdict("lost")
        except GiveUpError as error:
            return _Verdict("given_up", error.reason)
        except TryAgainError as error:
            return self._failed(lease, error.reason)
        except Exception as error:
            # The text of an error may contain what people typed; its type does not.
            reason = type(error).__name__
            if not is_transient(error):
                logger.exception("tasks.broken", extra=_about(lease))
            return self._failed(lease, reason)
        return _Verdict("done", is_settled=task.is_completed)

    def _failed(self, lease: Lease, reason: str) -> _Verdict:
        due_at = utc_now() + self._kinds[lease.kind].wait_after(lease.attempt)
        is_last = lease.give_up_at is not None and lease.give_up_at <= due_at
        return _Verdict("given_up" if is_last else "retried", reason)

    async def _settle(self, lease: Lease, verdict: _Verdict) -> Outcome:
        """Record the outcome. While the database does not answer, try again until the lease has run
        out."""
        if verdict.outcome == "lost" or verdict.is_settled:
            return verdict.outcome
        until = time.monotonic() + claims.LEASE.total_seconds()
        while True:
            try:
                async with self._queue.tenant_connection(None) as connection:
                    is_ours = await self._write(connection, lease, verdict)
            except Exception as error:
                if not is_transient(error):
                    raise
                if time.monotonic() >= until:
                    return "lost"
                await asyncio.sleep(AWAIT_SECONDS)
            else:
                return verdict.outcome if is_ours else "lost"

    async def _write(self, connection: asyncpg.Connection, lease: Lease, verdict: _Verdict) -> bool:
        now = utc_now()
        if verdict.outcome == "done":
            return await claims.complete(connection, lease)
        if verdict.outcome == "given_up":
            return await claims.give_up(connection, lease, now=now, reason=verdict.reason)
        due_at = now + self._kinds[lease.kind].wait_after(lease.attempt)
        return await claims.put_off(connection, lease, due_at=due_at, reason=verdict.reason)

    def _report(self, lease: Lease, outcome: Outcome, reason: str) -> None:
        metrics.TASKS.labels(self._service, lease.kind, outcome).inc()
        level = {"done": logging.DEBUG, "given_up": logging.ERROR}.get(outcome, logging.WARNING)
        logger.log(level, f"tasks.{outcome}", extra={**_about(lease), "reason": reason})

    async def _again(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await sleep(seconds)
            try:
                await work()
            except Exception as error:
                if not is_transient(error):
                    raise
                logger.warning("tasks.interrupted", extra={"reason": type(error).__name__})

    async def _renew(self) -> None:
        """Renew the leases of tasks in hand, and stop working on those that we have lost."""
        held = list(self._running)
        if not held:
            return
        async with self._queue.tenant_connection(None) as connection:
            ours = await claims.renew(connection, held, utc_now())
        for token in set(held) - ours:
            if token in self._running:
                lease, task = self._running[token]
                task.cancel()
                self._report(lease, "lost", "")

    async def _observe(self) -> None:
        async with self._queue.tenant_connection(None) as connection:
            ready = await claims.count_ready(connection)
            given_up = await claims.count_given_up(connection)
        now = utc_now()
        for kind in {*self._kinds, *ready, *given_up}:
            count, since = ready.get(kind, (0, now))
            metrics.TASKS_READY.labels(self._service, kind).set(count)
            late = max(0.0, (now - since).total_seconds())
            metrics.TASKS_LATE.labels(self._service, kind).set(late)
            metrics.TASKS_GIVEN_UP.labels(self._service, kind).set(given_up.get(kind, 0))

    async def _forget(self) -> None:
        async with self._queue.tenant_connection(None) as connection:
            await claims.forget_old(connection, utc_now())

    async def _finish(self) -> None:
        """Let tasks in hand end, and hand back those that do not, so that nobody waits for their
        leases to run out."""
        if not self._running:
            return
        held = dict(self._running)
        await asyncio.wait([task for _, task in held.values()], timeout=FINISH_SECONDS)
        left = {token: self._running[token] for token in held if token in self._running}
        for _, task in left.values():
            task.cancel()
        await asyncio.gather(*(task for _, task in left.values()), return_exceptions=True)
        try:
            async with self._queue.tenant_connection(None) as connection:
                for lease, _ in left.values():
                    now, reason = utc_now(), lease.last_error
                    await claims.put_off(connection, lease, due_at=now, reason=reason)
        except Exception as error:
            if not is_transient(error):
                raise
            logger.warning("tasks.interrupted", extra={"reason": type(error).__name__})


def _about(lease: Lease) -> dict[str, str | int]:
    return {"task_id": str(lease.id), "kind": lease.kind, "attempt": lease.attempt}
