"""Doing what others want done: a kind of task has a handler and says how it is tried."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from stagify.database import Database, Session, driver_connection

COMPLETE = "DELETE FROM tasks WHERE id = $1 AND lease_token = $2 RETURNING true"


class TryAgainError(Exception):
    """It did not work out this time, as may happen; the reason is kept and names no people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GiveUpError(TryAgainError):
    """It will never work out."""


class LeaseLostError(Exception):
    """Another process has the task by now, or it was replaced: change nothing on its behalf."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do a task; `token` proves it at every write. `attempt` counts from 1."""

    tenant_id: UUID | None
    id: UUID
    token: UUID
    kind: str
    key: str | None
    concurrency_key: str
    payload: dict[str, Any]
    attempt: int
    give_up_at: datetime | None
    last_error: str | None
    traceparent: str | None
    actor: str | None
    request_id: str | None


class Task:
    """A task that this process holds, as its handler sees it."""

    __slots__ = ("_database", "is_completed", "lease")

    def __init__(self, lease: Lease, database: Database) -> None:
        self.lease = lease
        self._database = database
        self.is_completed = False

    @property
    def tenant_id(self) -> UUID:
        """The tenant whose work this is; only for kinds whose tasks have one."""
        if self.lease.tenant_id is None:
            raise ValueError(f"a task of kind {self.lease.kind!r} has no tenant")
        return self.lease.tenant_id

    @property
    def payload(self) -> dict[str, Any]:
        """What was enqueued."""
        return self.lease.payload

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """One transaction as the app role, of the task's tenant or of none."""
        tenant_id = self.lease.tenant_id
        scope = self._database.system() if tenant_id is None else self._database.tenant(tenant_id)
        async with scope as session:
            yield session

    async def complete(self, session: Session) -> None:
        """End the task in `session`'s transaction: what else stands in it happens exactly once.

        A handler that has effects elsewhere does not call it; its task ends after it has
        returned, so a crash in between has it done again.
        """
        connection = await driver_connection(session)
        if not await connection.fetchval(COMPLETE, self.lease.id, self.lease.token):
            raise LeaseLostError
        self.is_completed = True


# Returns when it is done. Whatever it raises has it tried again, except for GiveUpError; it may
# run twice, and at the same time as one that has lost its lease.
Handler = Callable[[Task], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How tasks of a kind are done.

    `concurrency` is how many of them a process does at a time. The wait before the next try
    doubles up to `longest_wait`. A task that is still not done `give_up_after` its first try is
    given up, unless it says itself until when it is of use.
    """

    handler: Handler
    concurrency: int = 4
    timeout: timedelta = timedelta(minutes=1)
    first_wait: timedelta = timedelta(seconds=30)
    longest_wait: timedelta = timedelta(minutes=15)
    give_up_after: timedelta | None = None

    def wait_after(self, attempt: int) -> timedelta:
        """How long to wait after the attempt of this number, counted from 1."""
        # Bounded before it is doubled: the number of attempts has no bound.
        doublings = min(attempt - 1, 20)
        return min(self.first_wait * (1 << doublings), self.longest_wait)


# A service's one table of what it can do. Tasks of other kinds wait for a version that can.
Kinds = Mapping[str, Kind]
