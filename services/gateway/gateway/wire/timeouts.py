"""How long each phase of a connection may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; enforced by the listener's sweep, so up to one sweep late."""

    idle_seconds: float = 75
    head_seconds: float = 10
    body_seconds: float = 60
    turn_seconds: float = 2
    response_seconds: float = 30
    stream_idle_seconds: float = 75
