"""Waiting for things that send no signal when they happen."""

import time
from collections.abc import Callable
from typing import TypeVar

from stagify_local.errors import WaitedError

Found = TypeVar("Found")

# Longer than anything takes on a busy machine.
PATIENCE_SECONDS = 90.0
POLL_SECONDS = 0.02


def eventually(
    look: Callable[[], Found | None],
    patience_seconds: float = PATIENCE_SECONDS,
    *,
    what: str = "anything",
) -> Found:
    """Ask until the answer is true, and return it; WaitedError after `patience_seconds`."""
    deadline = time.monotonic() + patience_seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise WaitedError(f"waited {patience_seconds:.0f} s in vain for {what}")
        time.sleep(POLL_SECONDS)
    return found
