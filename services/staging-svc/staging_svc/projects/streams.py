"""The live stream of one project (server-sent events, HTML standard 9.2)."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing
from uuid import UUID

from anyio import CancelScope
from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from staging_svc.parts import Parts
from staging_svc.projects import queries
from staging_svc.projects.errors import ProjectNotFoundError
from staging_svc.projects.queries import ProjectRow
from staging_svc.projects.schemas import FINAL_STATUSES, dump_project

HEARTBEAT = b": heart-beat\n\n"
HEADERS = {"X-Accel-Buffering": "no"}


class ProjectStream:
    """Follows one project for one client."""

    def __init__(self, parts: Parts, tenant_id: UUID, project_id: UUID) -> None:
        self._database = parts.database
        self._feed = parts.feed
        self._heartbeat_seconds = parts.settings.stream_heartbeat_seconds
        self._max_seconds = parts.settings.stream_max_seconds
        self._tenant_id = tenant_id
        self._project_id = project_id

    async def respond(self, last_version: int) -> Response:
        """The stream after `last_version`. If the client has seen the final state already, the answer is
        204, so that it stops reconnecting."""
        row = await self._read()
        if row is None:
            raise ProjectNotFoundError
        if _is_final(row) and row["version"] <= last_version:
            return Response(status_code=204)
        return StreamResponse(
            lambda: self._feed.watch(self._tenant_id, self._project_id),
            lambda changed: self.events(changed, last_version),
        )

    async def events(
        self, changed: asyncio.Event, last_version: int
    ) -> AsyncGenerator[bytes, None]:
        """The events after `last_version`, as they are sent; `changed` is the flag of `watch`."""
        end = _now() + self._max_seconds
        # Read anew: it may have changed before it was watched.
        while (row := await self._read()) is not None and row["deleted_at"] is None:
            if row["version"] > last_version:
                last_version = row["version"]
                yield _event(row)
            if _is_final(row):
                return
            while not await has_changed(changed, min(self._heartbeat_seconds, end - _now())):
                if _now() >= end:
                    return
                yield HEARTBEAT
            if self._feed.is_closed:
                return
        yield b"event: deleted\ndata: {}\n\n"

    async def _read(self) -> ProjectRow | None:
        # Shielded: the stream ends whenever its client leaves, and the pool would lose a connection that
        # is just being made.
        with CancelScope(shield=True):
            async with self._database.tenant_connection(self._tenant_id) as connection:
                row = await queries.fetch_project(connection, self._project_id)
        return row


class StreamResponse(StreamingResponse):
    """Watches only while it is being sent: one that is dropped before, because its client is gone,
    must not count as a stream for ever. `events` makes what is sent, from the flag of `watch`."""

    def __init__(
        self,
        watch: Callable[[], AbstractContextManager[asyncio.Event]],
        events: Callable[[asyncio.Event], AsyncGenerator[bytes, None]],
    ) -> None:
        super().__init__((), media_type="text/event-stream", headers=HEADERS)
        self._watch = watch
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See StreamingResponse."""
        with self._watch() as changed:
            events = self._events(changed)
            async with aclosing(events):
                self.body_iterator = events
                await super().__call__(scope, receive, send)


async def has_changed(changed: asyncio.Event, seconds: float) -> bool:
    """Wait, but no longer than `seconds`, and return whether there may be a change."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await changed.wait()
    except TimeoutError:
        return False
    changed.clear()
    return True


def _now() -> float:
    return asyncio.get_running_loop().time()


def _is_final(row: ProjectRow) -> bool:
    return row["status"] in FINAL_STATUSES


def _event(row: ProjectRow) -> bytes:
    return b"id: %d\nevent: status\ndata: %b\n\n" % (row["version"], dump_project(row))
