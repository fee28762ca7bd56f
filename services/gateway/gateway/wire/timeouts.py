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


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the bytes of a transfer must come: `min_bytes_per_second` in each span of
    `span_seconds`, all of them within `total_seconds`."""

    min_bytes_per_second: int = 16 * 1024
    span_seconds: float = 10
    total_seconds: float = 840
