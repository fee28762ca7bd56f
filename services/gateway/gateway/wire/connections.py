"""The set of all client connections: its limit, its deadlines, and how it is drained."""

from typing import Protocol

from gateway.wire import sources
from gateway.wire.refusals import OVERLOADED, TOO_MANY_FROM_ADDRESS, Refusal
from gateway.wire.sources import Source, close_idle


class Connection(sources.Connection, Protocol):
    """A client's connection, as `Connections` sees it."""

    @property
    def holder(self) -> Source | None:
        """The source whose limit it counts for; None if it comes from a trusted proxy."""

    def drain(self) -> None:
        """Close after the request under way."""


class Connections:
    """All of them. Once `is_draining`, each is closed after the request under way."""

    def __init__(self, max_connections: int) -> None:
        self._max = max_connections
        self._all: set[Connection] = set()
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._all)

    def add(self, connection: Connection) -> Refusal | None:
        """Add `connection`; a refusal if there are too many."""
        holder = connection.holder
        may_stay = holder is None or holder.connect(connection)
        if len(self._all) >= self._max:
            close_idle(self._all, self._max)
        self._all.add(connection)
        if len(self._all) > self._max:
            return OVERLOADED
        return None if may_stay else TOO_MANY_FROM_ADDRESS

    def discard(self, connection: Connection) -> None:
        """`connection` is closed."""
        self._all.discard(connection)
        if connection.holder is not None:
            connection.holder.disconnect(connection)

    def sweep(self, now: float) -> None:
        """Call those whose deadline has passed at `now`."""
        for connection in [each for each in self._all if each.deadline < now]:
            connection.on_deadline()

    def drain(self) -> None:
        """Let requests under way end, and no others begin."""
        self.is_draining = True
        for connection in list(self._all):
            connection.drain()

    def abort(self) -> None:
        """Close all of them at once."""
        for connection in list(self._all):
            connection.abort()
