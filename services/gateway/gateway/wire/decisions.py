"""The possible decisions on a request, as far as the wire must know them.

The decision itself (`Parts.decide`) is made in the layers above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.wire.clock import clock
from gateway.wire.refusals import Refusal
from gateway.wire.service import Service


class Waiting(Protocol):
    """A request that waits for its turn."""

    @property
    def is_done(self) -> bool:
        """Whether it is over, for example because its client is gone."""

    def start(self, now: float) -> None:
        """Its turn has come, at `now`."""

    def refuse(self, refusal: Refusal) -> None:
        """It will not get a turn."""


class Turnstile(Protocol):
    """Where a request that was counted in waits for its turn, and is counted out again."""

    def take_turn(self, request: Waiting, now: float) -> Refusal | None:
        """Start `request` now or when its turn comes; a refusal if too many are waiting."""

    def leave_turn(self, seconds: float, now: float) -> None:
        """End a turn: the service has worked on the request for `seconds`."""

    def become_stream(self) -> Refusal | None:
        """Count a request as a stream from now on; a refusal if there are too many streams."""

    def leave(self) -> None:
        """Count out a request that is over."""

    def leave_stream(self) -> None:
        """Count out a stream that is over."""


class Forward:
    """Send it to `service`. It has been counted in, and must be counted out at `turnstile`.

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


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with a refusal."""

    who: Any
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with `body`; `head` is the status line and the header lines."""

    who: Any
    status: int
    head: bytes
    body: bytes

    def render(self, request_id: bytes, *, close: bool, head_only: bool) -> bytes:
        """The complete answer."""
        return b"".join(
            (
                self.head,
                clock.date_line,
                b"x-request-id: ",
                request_id,
                b"\r\nconnection: close\r\n\r\n" if close else b"\r\n\r\n",
                b"" if head_only else self.body,
            )
        )


@dataclass(frozen=True, slots=True)
class Pending:
    """The decision needs an answer from elsewhere. When that is there, the callback given to `wait`
    is called once, with the function that then decides."""

    who: Any
    wait: Callable[[Callable[[DecideLater], None]], None]


Decision = Forward | Refuse | Answer | Pending
# Makes the decision at the given time (monotonic); not called if the request is over by then.
DecideLater = Callable[[float], Decision]
