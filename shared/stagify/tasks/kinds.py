"""Kinds of tasks: each has a handler, and says how often and how long its tasks are tried."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from stagify.database import Database, Session, driver_connection

COMPLETE = "DELETE FROM tasks WHERE id = $1 AND lease_token = $2 RETURNING true"


class TryAgainError(Exception):
    """The task could not be done this time and is to be tried again. The reason is kept, so it must
    not name people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GiveUpError(TryAgainError):
    """The task can never be done."""


class LeaseLostError(Exception):
    """Another process has the task by now, or it was replaced: nothing may be changed for it."""


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
        """The tenant of the task; ValueError if it has none."""
        if self.lease.tenant_id is None:
            raise ValueError(f"a task of kind {self.lease.kind!r} has no tenant")
        return self.lease.tenant_id

    @property
    def payload(self) -> dict[str, Any]:
        """The payload that it was enqueued with."""
        return self.lease.payload

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """One transaction as the app role, for the task's tenant, or without one."""
        tenant_id = self.lease.tenant_id
        scope = self._database.system() if tenant_id is None else self._database.tenant(tenant_id)
        async with scope as session:
            yield session

    async def complete(self, session: Session) -> None:
        """End the task in `session`'s transaction, so that the other changes in it happen exactly
        once.

        A handler with effects outside the database does not call this. Its task ends after it has
        returned, so after a crash in between it runs again.
        """
        connection = await driver_connection(session)
        if not await connection.fetchval(COMPLETE, self.lease.id, self.lease.token):
            raise LeaseLostError
        self.is_completed = True


# Returns when the task is done. After any error but GiveUpError the task is tried again. A handler
# may run twice, also at the same time as one that has lost its lease.
Handler = Callable[[Task], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How tasks of a kind are done.

    A process does at most `concurrency` of them at a time. The wait before the next try doubles, up
    to `longest_wait`. A task that is still not done `give_up_after` its first try is given up, unless
    it was enqueued with its own `give_up_at`.
    """

    handler: Handler
    concurrency: int = 4
    timeout: timedelta = timedelta(minutes=1)
    first_wait: timedelta = timedelta(seconds=30)
    longest_wait: timedelta = timedelta(minutes=15)
    give_up_after: timedelta | None = None

    def wait_after(self, attempt: int) -> timedelta:
        """How long to wait after the attempt of this number, counted from 1."""
        # Bounded first, because the number of attempts is not.
        doublings = min(attempt - 1, 20)
        return min(self.first_wait * (1 << doublings), self.longest_wait)


# All kinds of a service, by name. Tasks of other kinds wait for a version that knows them.
Kinds = Mapping[str, Kind]
