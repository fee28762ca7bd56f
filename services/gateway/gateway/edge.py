"""What the connections need of the rest of the gateway; made by the composition root."""

from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TYPE_CHECKING

from gateway.decide import Admission
from gateway.fairness.limits import Limits
from gateway.observe.access_log import AccessLog
from gateway.observe.metering import Metering
from gateway.observe.metrics import Metrics
from gateway.observe.tracing import Tracing
from gateway.wire.peers import Peers
from gateway.wire.request import HeadLimits
from gateway.wire.timeouts import Timeouts
from gateway.wire.writes import Writes

if TYPE_CHECKING:
    from gateway.wire.downstream import Downstream

# Of all connections, one in so many is closed at a time: looking for them takes a while.
_ROOM_SHARE = 100


@dataclass(slots=True, eq=False)
class Edge:
    """The collaborators of every connection, and the set of connections itself."""

    admission: Admission
    limits: Limits
    metering: Metering
    metrics: Metrics
    access_log: AccessLog | None
    tracing: Tracing | None
    peers: Peers
    writes: Writes
    head_limits: HeadLimits
    timeouts: Timeouts
    max_body_bytes: int
    max_connections: int
    is_draining: bool = False
    connections: "set[Downstream]" = field(default_factory=set)

    def connected(self, connection: "Downstream") -> bool:
        """Take `connection` in; False if there are too many, and it is to be refused."""
        if len(self.connections) >= self.max_connections:
            self._make_room()
        self.connections.add(connection)
        return len(self.connections) <= self.max_connections

    def _make_room(self) -> None:
        """Close some connections that nobody uses, those first that wait longest for a request, so
        that nobody can keep others out by connecting and doing nothing."""
        idle = [each for each in self.connections if each.is_idle]
        count = max(1, self.max_connections // _ROOM_SHARE)
        for connection in nsmallest(count, idle, key=lambda each: each.deadline):
            self.connections.discard(connection)
            connection.close()

    def disconnected(self, connection: "Downstream") -> None:
        """`connection` is closed."""
        self.connections.discard(connection)
