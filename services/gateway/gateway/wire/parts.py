"""The collaborators of every client connection; `app.py` puts them together."""

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
    """A request that is traced through all services."""

    @property
    def traceparent(self) -> bytes:
        """The header value with which its service joins the trace."""


def own_lines(hsts_seconds: int | None) -> bytes:
    """The header lines of every answer, up to the value of x-request-id; with HSTS (RFC 6797) for
    so many seconds, unless that is None."""
    hsts = f"strict-transport-security: max-age={hsts_seconds}\r\n"
    lines = "" if hsts_seconds is None else hsts
    return f"x-content-type-options: nosniff\r\n{lines}x-request-id: ".encode()


@dataclass(frozen=True, slots=True)
class Parts:
    """`decide` is called once for each request, with the current time (monotonic)."""

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
    # The gateway's own header lines of every answer, up to the value of x-request-id.
    own_lines: bytes
    # Whether the body of a request may have any length, because it is passed on as it comes.
    is_transfer: Callable[[Request], bool]
