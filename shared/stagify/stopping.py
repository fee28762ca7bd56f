"""Being told that the server stops, before it waits for open requests."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def before_stop(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` on SIGTERM before the server begins to stop.

    Granian ends an app's lifespan only after the last request has been answered, and a live stream
    is a request that does not end by itself. Granian's worker treats SIGINT and SIGTERM alike, so
    this passes SIGTERM on as SIGINT.
    """
    loop = asyncio.get_running_loop()

    def pass_on() -> None:
        callback()
        signal.raise_signal(signal.SIGINT)

    loop.add_signal_handler(signal.SIGTERM, pass_on)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
