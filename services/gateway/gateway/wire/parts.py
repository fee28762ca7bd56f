"""What every connection of a client needs, in the words of the wire; composed in `app.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.wire.connections import Connections
from gateway.wire.decisions import Decision
from gateway.wire.peers import Peer, Peers
from gateway.wire.record import Record
from gateway.wire.request import HeadLimits, Request
from gateway.wire.timeouts import Timeouts
from gateway.wire.writes import Writes

Observe = Callable[[Record], None]


class Tracked(Protocol):
    """A request that somebody follows through all services."""

    @property
    def traceparent(self) -> bytes:
        """What its service gets to join in."""


@dataclass(frozen=True, slots=True)
class Parts:
    """`decide` is called once for each request, at the time (monotonic) it is given."""

    decide: Callable[[Request, Peer, float], Decision]
    # Called with each record when its answer begins, and when that has ended.
    answered: tuple[Observe, ...]
    ended: tuple[Observe, ...]
    track: Callable[[Request], Tracked] | None
    connections: Connections
    peers: Peers
    writes: Writes
    head_limits: HeadLimits
    timeouts: Timeouts
    max_body_bytes: int
