"""The set of all client connections: its limit, its deadlines, and how it is drained."""

from heapq import nsmallest
from typing import Protocol

# To make room, one in this many connections is closed, so that the slow search is rarely needed.
_ROOM_SHARE = 100


class Connection(Protocol):
    """A client's connection, as `Connections` sees it."""

    @property
    def deadline(self) -> float:
        """The time (monotonic) at which `on_deadline` is called."""

    @property
    def is_idle(self) -> bool:
        """Whether it has no request under way."""

    def on_deadline(self) -> None:
        """`deadline` has passed."""

    def drain(self) -> None:
        """Close after the request under way."""

    def close(self) -> None:
        """Close when everything written has been sent."""

    def abort(self) -> None:
        """Close at once."""


class Connections:
    """All of them. Once `is_draining`, each is closed after the request under way."""

    def __init__(self, max_connections: int) -> None:
        self._max = max_connections
        self._all: set[Connection] = set()
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._all)

    def add(self, connection: Connection) -> bool:
        """Add `connection`; False if there are too many, so that it must be refused."""
        if len(self._all) >= self._max:
            self._make_room()
        self._all.add(connection)
        return len(self._all) <= self._max

    def discard(self, connection: Connection) -> None:
        """`connection` is closed."""
        self._all.discard(connection)

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

    def _make_room(self) -> None:
        """Close the connections that have been idle longest, so that nobody can keep others out by
        connecting and doing nothing."""
        idle = [each for each in self._all if each.is_idle]
        count = max(1, self._max // _ROOM_SHARE)
        for connection in nsmallest(count, idle, key=lambda each: each.deadline):
            self._all.discard(connection)
            connection.close()
