"""What can be decided about a request, in the words of the wire.

Who decides (`Parts.decide`) is above this layer, and so are the reasons.
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
        """Whether nobody waits for its answer any more."""

    def start(self, now: float) -> None:
        """It is its turn at `now`."""

    def refuse(self, refusal: Refusal) -> None:
        """It will not come to its turn."""


class Turnstile(Protocol):
    """Has counted a request in, lets it through to its service in turn, and counts it out."""

    def take_turn(self, request: Waiting, now: float) -> Refusal | None:
        """Start `request` now, or when its turn comes; a refusal if too many wait already."""

    def leave_turn(self, seconds: float, now: float) -> None:
        """The service has worked on a request for so long."""

    def become_stream(self) -> Refusal | None:
        """A request turns out to be a stream, which lasts; a refusal if there is no room."""

    def leave(self) -> None:
        """A request that was counted in is over."""

    def leave_stream(self) -> None:
        """A stream is over."""


class Forward:
    """Send it to `service`: counted in at `turnstile`, and by now to be counted out there.

    `head` is what follows the target in the head that the service gets: the end of the request
    line, the service's host, and the lines that say who is asking. It serves many requests.
    """

    __slots__ = ("head", "service", "turnstile", "who")

    def __init__(self, who: Any, service: Service, turnstile: Turnstile, head: bytes) -> None:
        self.who = who
        self.service = service
        self.turnstile = turnstile
        self.head = head


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer that it goes no further."""

    who: Any
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer `body`; `head` is the status line and the header lines that go with it."""

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
    """Somebody must be asked first. `wait` takes whom to call, once, with what decides then."""

    who: Any
    wait: Callable[[Callable[[DecideLater], None]], None]


Decision = Forward | Refuse | Answer | Pending
# Decides at the time (monotonic) it is called with, unless nobody waits for the answer any more.
DecideLater = Callable[[float], Decision]
