"""What the connections need of the rest of the gateway; made by the composition root."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.access_log import AccessLog
from gateway.admission import Admission
from gateway.limits import Limits
from gateway.metering import Metering
from gateway.metrics import Metrics
from gateway.server.peers import Peers
from gateway.server.request import HeadLimits
from gateway.server.timeouts import Timeouts
from gateway.tracing import Tracing

if TYPE_CHECKING:
    from gateway.server.downstream import Downstream


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
    head_limits: HeadLimits
    timeouts: Timeouts
    max_body_bytes: int
    max_connections: int
    is_draining: bool = False
    connections: "set[Downstream]" = field(default_factory=set)

    def connected(self, connection: "Downstream") -> bool:
        """Take `connection` in; False if there are too many, and it is to be refused."""
        self.connections.add(connection)
        return len(self.connections) <= self.max_connections

    def disconnected(self, connection: "Downstream") -> None:
        """`connection` is closed."""
        self.connections.discard(connection)
