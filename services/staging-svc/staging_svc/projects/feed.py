"""Live changes of projects: each process has one connection that listens, and any number of streams.

A stream holds neither a connection nor a transaction. A change only sets its flag, so a slow reader
costs nothing, and next sees the newest state.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from staging_svc.projects.errors import TooManyStreamsError

# Channel of NOTIFY: the project of this key changed.
CHANGED = "staging_projects_changed"


def project_key(tenant_id: UUID, project_id: UUID) -> str:
    """The name of a project in notifications."""
    return f"{tenant_id}/{project_id}"


class ProjectFeed:
    """Which streams watch which project, or all projects of a tenant."""

    def __init__(self, *, max_streams_per_tenant: int) -> None:
        self._limit = max_streams_per_tenant
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._streams: Counter[UUID] = Counter()
        self.is_closed = False
        self.channels = {CHANGED: self.wake}

    def wake(self, key: str) -> None:
        """The project of this key changed."""
        for watched in (key, key.partition("/")[0]):
            for flag in self._watchers.get(watched, ()):
                flag.set()

    def wake_all(self) -> None:
        """Changes may have been missed: wake all streams."""
        for flags in self._watchers.values():
            for flag in flags:
                flag.set()

    def close(self) -> None:
        """End all streams, because the process stops; clients resume at another one."""
        self.is_closed = True
        self.wake_all()

    @contextmanager
    def watch(self, tenant_id: UUID, project_id: UUID | None) -> Iterator[asyncio.Event]:
        """A flag that is set whenever the project, or without one any project of the tenant, may have
        changed; TooManyStreamsError if the tenant has too many streams already."""
        if self._streams[tenant_id] >= self._limit:
            raise TooManyStreamsError(retry_after=5, limit=self._limit)
        key = str(tenant_id) if project_id is None else project_key(tenant_id, project_id)
        flag = asyncio.Event()
        self._streams[tenant_id] += 1
        self._watchers.setdefault(key, set()).add(flag)
        try:
            yield flag
        finally:
            self._forget(tenant_id, key, flag)

    def _forget(self, tenant_id: UUID, key: str, flag: asyncio.Event) -> None:
        self._streams[tenant_id] -= 1
        if not self._streams[tenant_id]:
            del self._streams[tenant_id]
        self._watchers[key].discard(flag)
        if not self._watchers[key]:
            del self._watchers[key]
