"""The live stream of one project (server-sent events, HTML standard 9.2)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

from fastapi import Response
from fastapi.responses import StreamingResponse

from staging_svc.parts import Parts
from staging_svc.projects import queries
from staging_svc.projects.errors import ProjectNotFoundError
from staging_svc.projects.queries import ProjectRow
from staging_svc.projects.schemas import FINAL_STATUSES, dump_project

HEARTBEAT = b": heart-beat\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


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
        async with AsyncExitStack() as stack:
            changed = stack.enter_context(self._feed.watch(self._tenant_id, self._project_id))
            row = await self._read()
            if row is None:
                raise ProjectNotFoundError
            if _is_final(row) and row["version"] <= last_version:
                return Response(status_code=204)
            content = self._events(stack.pop_all(), changed, row, last_version)
        return StreamingResponse(content, media_type="text/event-stream", headers=HEADERS)

    async def _events(
        self,
        watching: AsyncExitStack,
        changed: asyncio.Event,
        row: ProjectRow | None,
        last_version: int,
    ) -> AsyncIterator[bytes]:
        end = asyncio.get_running_loop().time() + self._max_seconds
        async with watching:
            while row is not None:
                if row["version"] > last_version:
                    last_version = row["version"]
                    yield _event(row)
                if _is_final(row):
                    return
                while not await self._wait(changed, end):
                    if asyncio.get_running_loop().time() >= end:
                        return
                    yield HEARTBEAT
                if self._feed.is_closed:
                    return
                row = await self._read()
        yield b"event: deleted\ndata: {}\n\n"

    async def _wait(self, changed: asyncio.Event, end: float) -> bool:
        """Wait, and return whether the project may have changed before the next heartbeat is due."""
        seconds = min(self._heartbeat_seconds, end - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await changed.wait()
        except TimeoutError:
            return False
        changed.clear()
        return True

    async def _read(self) -> ProjectRow | None:
        async with self._database.tenant_connection(self._tenant_id) as connection:
            return await queries.fetch_project(connection, self._project_id)


def _is_final(row: ProjectRow) -> bool:
    return row["status"] in FINAL_STATUSES


def _event(row: ProjectRow) -> bytes:
    return b"id: %d\nevent: status\ndata: %b\n\n" % (row["version"], dump_project(row))
