"""All connections of clients: how many there may be, and whether they come to their end."""

from heapq import nsmallest
from typing import Protocol

# Of all connections, one in so many is closed at a time: looking for them takes a while.
_ROOM_SHARE = 100


class Connection(Protocol):
    """A client's connection, as far as all of them are managed together."""

    @property
    def deadline(self) -> float:
        """When (monotonic) it has waited too long for what is due."""

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
    """The set of them. Once `is_draining`, each ends with the request it has under way."""

    def __init__(self, max_connections: int) -> None:
        self._max = max_connections
        self._all: set[Connection] = set()
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._all)

    def add(self, connection: Connection) -> bool:
        """Take `connection` in; False if there are too many, and it is to be refused."""
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
        """Let what is under way end, and nothing else begin."""
        self.is_draining = True
        for connection in list(self._all):
            connection.drain()

    def abort(self) -> None:
        """Close all of them at once."""
        for connection in list(self._all):
            connection.abort()

    def _make_room(self) -> None:
        """Close some that nobody uses, those first that wait longest for a request, so that nobody
        can keep others out by connecting and doing nothing."""
        idle = [each for each in self._all if each.is_idle]
        count = max(1, self._max // _ROOM_SHARE)
        for connection in nsmallest(count, idle, key=lambda each: each.deadline):
            self._all.discard(connection)
            connection.close()
