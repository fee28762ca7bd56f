"""Says things once in a while: a flood of failures is one fact, not a flood of log lines."""

from collections.abc import Callable
from time import monotonic


class Seldom:
    """True at most once in `seconds`; `skipped` counts the times in between."""

    def __init__(self, seconds: float = 1.0, now: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._next = 0.0
        self.skipped = 0

    def is_due(self) -> bool:
        """Whether to say it now."""
        now = self._now()
        if now < self._next:
            self.skipped += 1
            return False
        self._next = now + self._seconds
        return True

    def take_skipped(self) -> int:
        """How often it was not said since it last was."""
        skipped, self.skipped = self.skipped, 0
        return skipped
