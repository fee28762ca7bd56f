"""The possible decisions on a request, as far as the wire must know them.

The decision itself (`Parts.decide`) is made in the layers above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.wire.clock import clock
from gateway.wire.refusals import Refusal
from gateway.wire.request import Request
from gateway.wire.response import ResponseHead
from gateway.wire.service import Service
from gateway.wire.sources import Source
from gateway.wire.timeouts import Pace

_FOREVER = float("inf")


class Waiting(Protocol):
    """A request that waits for its turn."""

    @property
    def is_done(self) -> bool:
        """Whether it is over, for example because its client is gone."""

    def start(self, now: float) -> None:
        """Its turn has come, at `now`."""

    def refuse(self, refusal: Refusal) -> None:
        """It will not get a turn."""


class Counted(Protocol):
    """A request that is counted."""

    @property
    def source(self) -> Source:
        """Where it comes from."""


class Turnstile(Protocol):
    """Where a complete request is counted in, waits for its turn, and is counted out again."""

    def enter(self, request: Counted, now: float) -> Refusal | None:
        """Count `request` in, or say why not."""

    def take_turn(self, request: Waiting, now: float) -> Refusal | None:
        """Start `request`, which was counted in, now or when its turn comes; a refusal if too many
        are waiting."""

    def leave_turn(self, seconds: float, now: float) -> None:
        """End a turn: the service has worked on the request for `seconds`."""

    def become_stream(self, request: Counted) -> Refusal | None:
        """Count a request as a stream from now on; a refusal if there are too many streams."""

    def leave(self, request: Counted) -> None:
        """Count out a request that is over."""

    def leave_stream(self, request: Counted) -> None:
        """Count out a stream that is over."""


class Lasting(Protocol):
    """An answer that goes on after its head."""

    request: Request

    def cut_off(self, code: bytes) -> None:
        """End it now; `code` is the reason for the access log."""


class Forward:
    """Send it to `service` when it is complete. Nothing has been counted yet: that is done at the
    `turnstile`.

    `head` is what follows the target in the head that the service gets: the end of the request
    line, the service's host, and the lines that say who is calling. One `Forward` serves many
    requests.
    """

    __slots__ = ("head", "service", "turnstile", "who")

    def __init__(self, who: Any, service: Service, turnstile: Turnstile, head: bytes) -> None:
        self.who = who
        self.service = service
        self.turnstile = turnstile
        self.head = head

    def hold(self, answer: Lasting) -> float:
        """`answer` goes on after its head: until when it may last (monotonic). It is cut off earlier
        if its caller may no longer have it."""
        return _FOREVER

    def let_go(self, answer: Lasting) -> None:
        """An answer that was held is over."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with a refusal; `lines` are header lines besides its own, each with its line end."""

    who: Any
    refusal: Refusal
    lines: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with `body`; `head` is the status line and the header lines, and `code` why it is not what
    was asked for."""

    who: Any
    status: int
    head: bytes
    body: bytes
    code: bytes = b""

    def render_head(self, request_id: bytes, own_lines: bytes, *, close: bool) -> bytes:
        """The complete head; `own_lines` are those of `Parts`."""
        return b"".join(
            (
                self.head,
                clock.date_line,
                own_lines,
                request_id,
                b"\r\nconnection: close\r\n\r\n" if close else b"\r\n\r\n",
            )
        )


@dataclass(frozen=True, slots=True)
class Pending:
    """The decision needs an answer from elsewhere. When that is there, the callback given to `wait`
    is called once, with the function that then decides."""

    who: Any
    wait: Callable[[Callable[[DecideLater], None]], None]


@dataclass(frozen=True, slots=True)
class Relay:
    """Send `head` to `service`, then pass the bodies of request and answer on as they come.

    `head` is the complete head that the service gets. `lines_of` makes the status line and header
    lines that the client gets, without those that frame the body; `refusal_lines` are added to
    refusals, each with its line end. The request holds a place, and `leave` is called once to give
    it back.
    """

    who: Any
    service: Service
    head: bytes
    lines_of: Callable[[ResponseHead], list[bytes]]
    refusal_lines: bytes
    pace: Pace
    leave: Callable[[], None]


Decision = Forward | Refuse | Answer | Pending | Relay
# Makes the decision at the given time (monotonic); not called if the request is over by then.
DecideLater = Callable[[float], Decision]
