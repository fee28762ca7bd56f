"""Free loopback ports."""

import random
import socket
from collections.abc import Collection

LOOPBACK = "127.0.0.1"
# Two test runs must not ask for the same ports because something has seeded both alike.
_RANDOM = random.SystemRandom()
# Below the range from which the system picks client ports, so that a port stays free between runs.
CANDIDATES = range(18000, 30000)


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # Servers set it too, so connections of an earlier run in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(taken: Collection[int] = ()) -> int:
    """A free port that is not in `taken`."""
    for port in _RANDOM.sample(CANDIDATES, 200):
        if port not in taken and is_free(port):
            return port
    raise OSError("no free loopback port found")


def accepts(port: int) -> bool:
    """Whether something accepts connections on this port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
