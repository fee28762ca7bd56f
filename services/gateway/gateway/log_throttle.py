"""Keeps a flood of failures from flooding the log: one line now and then, not one for each."""

from collections.abc import Callable
from time import monotonic


class LogThrottle:
    """Lets a line through at most once in `seconds`, and counts those in between."""

    def __init__(self, seconds: float = 1.0, now: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._next = 0.0
        self._skipped = 0

    def is_due(self) -> bool:
        """Whether to write the line now."""
        now = self._now()
        if now < self._next:
            self._skipped += 1
            return False
        self._next = now + self._seconds
        return True

    def take_skipped(self) -> int:
        """How many lines were left out since this was last asked."""
        skipped, self._skipped = self._skipped, 0
        return skipped
