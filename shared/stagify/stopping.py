"""Hearing of the server's stop before it waits for open requests."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def before_stop(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` on SIGTERM, and only then let the server begin to stop.

    Granian ends an app's lifespan after its last request has been answered, and a live stream
    is a request that has no end of its own. Its worker takes SIGINT and SIGTERM alike, so the
    signal is passed on as the other one.
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
