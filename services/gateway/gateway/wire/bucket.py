"""A token bucket."""

# Less than this share of a token is ignored, because sums of floats are not exact.
_TOLERANCE = 0.001


class Bucket:
    """A token bucket; full when made.

    It remembers only when it will be full again: with ten thousand buckets, every number saved is
    memory that is not fetched.
    """

    __slots__ = ("_full_at", "_seconds", "_token_seconds")

    def __init__(self, rate: float, burst: float) -> None:
        self._fill(1 / rate, burst / rate)

    def _fill(self, token_seconds: float, seconds: float) -> None:
        """One token comes in `token_seconds`, all of them in `seconds`."""
        self._token_seconds = token_seconds
        self._seconds = seconds
        self._full_at = 0.0

    def take(self, now: float) -> bool:
        """Take one token, if there is one at `now` (monotonic seconds)."""
        token_seconds = self._token_seconds
        full_at = max(self._full_at, now) + token_seconds
        if full_at - now > self._seconds + token_seconds * _TOLERANCE:
            return False
        self._full_at = full_at
        return True

    def take_many(self, tokens: float, now: float) -> bool:
        """Take so many tokens at once, if they are there."""
        full_at = max(self._full_at, now) + tokens * self._token_seconds
        if full_at - now > self._seconds + self._token_seconds * _TOLERANCE:
            return False
        self._full_at = full_at
        return True
