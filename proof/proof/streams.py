"""Live streams that a test follows until they end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

# Until what was ended is over. It takes some hundredths of a second, which bench/team.py measures on a machine that
# does nothing else; here it only has to be long before a credential would be looked up anew, and before a stream
# would end by itself.
AT_ONCE_SECONDS = 10.0
# A little longer, and shorter than the time between two heart-beats.
PATIENCE_SECONDS = 12.0


@contextmanager
def following(http: httpx.Client, path: str, **headers: str) -> Iterator[Iterator[str]]:
    """The lines of an open stream, after its first event."""
    with http.stream("GET", path, headers=headers, timeout=PATIENCE_SECONDS) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        # Until the empty line that ends the event.
        while next(lines):
            pass
        yield lines


def assert_ends(lines: Iterator[str], since: float) -> None:
    """The stream ends as if it were complete, and soon. A change that the stream of a workspace may
    repeat at its beginning is said whole."""
    assert list(lines)[-1:] in ([], [""])
    assert time.monotonic() - since < AT_ONCE_SECONDS
