"""The client's connection, as the requests that came on it see it."""

from __future__ import annotations

from typing import Protocol

from gateway.wire.decisions import Relay
from gateway.wire.peers import Peer
from gateway.wire.stream import ClientStream


class Client(Protocol):
    """The connection that the request came on."""

    stream: ClientStream
    peer: Peer

    def can_skip_body(self) -> bool:
        """Whether the rest of a refused request's body is small enough to read and drop."""

    def on_answered(self, keep_alive: bool, now: float) -> None:
        """The request has its answer; the next one may start."""

    def begin_transfer(self, relay: Relay, now: float) -> None:
        """From now on, a transfer takes the place of the exchange. Nothing of the body has been read."""
