"""The live stream of all projects of a workspace.

Each project's row says which transaction changed it last. A reader has a position: the number of a
transaction, before which all have ended when it last looked. What it has not seen is what that
transaction or a later one changed, in whatever order they commit: one that commits late still has its
number, and the position does not pass it before it has ended. Until then, what later ones changed is
sent as it is seen, with the position that waits; a reader that resumes there gets it once more.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

import orjson
from anyio import CancelScope

from stagify.clock import utc_now
from staging_svc.parts import Parts
from staging_svc.projects import queries
from staging_svc.projects.positions import RESUMABLE, Position, Positions
from staging_svc.projects.queries import ProjectRow
from staging_svc.projects.schemas import dump_project
from staging_svc.projects.streams import StreamResponse, has_changed

# More changes than this at a time, and the client had better read the list again.
MOST_CHANGES = 200
# Changes that are looked through at a time; of a transaction that does not end, many may wait.
MOST_LOOKED_AT = 5_000
# Between two looks, so that a burst of changes is one.
PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look found: the projects that have changed, each with the position up to which everything
    is sent once it is; None if they are too many. `horizon` is where the next look begins."""

    horizon: int
    changes: list[tuple[int, ProjectRow]] | None


class WorkspaceStream:
    """Follows all projects of one tenant for one client."""

    def __init__(self, parts: Parts, tenant_id: UUID) -> None:
        settings = parts.settings
        self._database = parts.database
        self._feed = parts.feed
        self._heartbeat_seconds = settings.stream_heartbeat_seconds
        self._max_seconds = settings.stream_max_seconds
        self._tenant_id = tenant_id
        secret = settings.idempotency_secret.get_secret_value()
        self._positions = Positions(secret, tenant_id)
        # The versions that were sent of what may be seen again.
        self._sent: dict[UUID, int] = {}

    def respond(self, last_event_id: str) -> StreamResponse:
        """The stream after this event, or from now on."""
        return StreamResponse(
            lambda: self._feed.watch(self._tenant_id, None),
            lambda changed: self._events(changed, last_event_id),
        )

    async def _events(
        self, changed: asyncio.Event, last_event_id: str
    ) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._max_seconds
        position = await self._begin(last_event_id)
        if position is None:
            position = await self._horizon()
            yield self._event(position, b"reset", b"{}")
        elif not last_event_id:
            # With an id of its own, so that the client can resume even if nothing has happened.
            yield b": open\n" + self._id(position) + b"\n"
        is_due = False
        while True:
            look = await self._look(position)
            if look.changes is None:
                yield self._event(look.horizon, b"reset", b"{}")
            for reached, row in look.changes or ():
                yield self._change(reached, row)
            if is_due and not look.changes:
                yield b": heart-beat\n" + self._id(look.horizon) + b"\n"
            position = look.horizon
            is_due = not await has_changed(changed, min(self._heartbeat_seconds, end - loop.time()))
            if self._feed.is_closed or loop.time() >= end:
                return
            if not is_due:
                await asyncio.sleep(PAUSE_SECONDS)
                changed.clear()

    async def _begin(self, last_event_id: str) -> int | None:
        """Where to begin; None if the client has to read the list again."""
        if not last_event_id:
            return await self._horizon()
        known = self._positions.read(last_event_id)
        if known is None or known.at < utc_now() - RESUMABLE:
            return None
        return known.transaction

    async def _horizon(self) -> int:
        with CancelScope(shield=True):
            async with self._database.tenant_connection(self._tenant_id) as connection:
                horizon, _ = await queries.fetch_position(connection)
        return horizon

    async def _look(self, since: int) -> _Look:
        # Shielded, as in `ProjectStream`.
        with CancelScope(shield=True):
            async with self._database.tenant_connection(self._tenant_id) as connection:
                # First the horizon: what ends after this is still ahead of it.
                horizon, following = await queries.fetch_position(connection)
                if since > following:
                    # From another life of the database.
                    return _Look(horizon, None)
                found = await queries.fetch_changed(
                    connection, since=since, before=following, limit=MOST_LOOKED_AT
                )
                new = [row for row in found if self._sent.get(row["id"], 0) < row["version"]]
                if len(new) > MOST_CHANGES or len(found) == MOST_LOOKED_AT:
                    self._sent = {row["id"]: row["version"] for row in found}
                    return _Look(horizon, None)
                rows = await queries.fetch_all(connection, [row["id"] for row in new])
        changes = [
            (min(row["changed_in"], horizon), rows[row["id"]]) for row in new if row["id"] in rows
        ]
        ahead = {row["id"]: row["version"] for row in found if row["changed_in"] >= horizon}
        ahead |= {row["id"]: row["version"] for _, row in changes if row["changed_in"] >= horizon}
        self._sent = ahead
        return _Look(horizon, changes)

    def _change(self, reached: int, row: ProjectRow) -> bytes:
        if row["purged_at"] is not None:
            return self._event(reached, b"deleted", orjson.dumps({"id": str(row["id"])}))
        return self._event(reached, b"project", dump_project(row))

    def _event(self, reached: int, name: bytes, data: bytes) -> bytes:
        return self._id(reached) + b"event: %b\ndata: %b\n\n" % (name, data)

    def _id(self, reached: int) -> bytes:
        return b"id: %b\n" % self._positions.write(Position(reached, utc_now()))
