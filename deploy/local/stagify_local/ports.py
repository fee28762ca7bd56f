"""Free loopback ports."""

import os
import random
import socket

LOOPBACK = "127.0.0.1"
# Two test runs must not ask for the same ports because something has seeded both alike.
_RANDOM = random.SystemRandom()
# Below the range from which the system picks client ports, so that a port stays free between runs.
CANDIDATES = range(18000, 30000)
# By then the server that a port was chosen for has long been listening on it.
CLAIMS_AT_MOST = 500
# The descriptor that holds each, by port.
_claims: dict[int, int] = {}


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


def claim(port: int) -> bool:
    """Claim a port that is free for as long as this process lives; False if it is not free, or
    another process has claimed it.

    A server may listen on it only minutes after it was chosen, and many platforms start at once in
    tests. The claim is a UDP socket on the same number: nothing here speaks UDP, and the system
    lets go of it however the process ends.
    """
    if port not in _claims:
        with socket.socket(type=socket.SOCK_DGRAM) as held:
            try:
                held.bind((LOOPBACK, port))
            except OSError:
                return False
            _claims[port] = held.detach()
        if len(_claims) > CLAIMS_AT_MOST:
            os.close(_claims.pop(next(iter(_claims))))
    return is_free(port)


def free_port() -> int:
    """A free port that neither this process nor another has chosen before."""
    for port in _RANDOM.sample(CANDIDATES, 200):
        if port not in _claims and claim(port):
            return port
    raise OSError("no free loopback port found")


def accepts(port: int) -> bool:
    """Whether something accepts connections on this port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
