"""Ports that were chosen and are not listened on yet."""

import socket
import subprocess
import sys

from stagify_local.ports import LOOPBACK, claim, free_port

CLAIM = """
import sys
from stagify_local.ports import claim
print(claim(int(sys.argv[1])), flush=True)
"""
CHOOSE_AND_WAIT = """
import sys
from stagify_local.ports import free_port
print(free_port(), flush=True)
sys.stdin.read()
"""


def elsewhere(port: int) -> str:
    """What another process says of a claim on this port."""
    command = [sys.executable, "-c", CLAIM, str(port)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_port_is_chosen_once() -> None:
    ports = [free_port() for _ in range(400)]
    assert len(set(ports)) == len(ports)


def test_no_other_process_gets_a_port_that_was_chosen() -> None:
    port = free_port()
    assert elsewhere(port) == "False"
    # Whoever chose it can start its server again on the same port.
    assert claim(port)


def test_a_port_is_free_again_when_whoever_chose_it_was_killed() -> None:
    command = [sys.executable, "-c", CHOOSE_AND_WAIT]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        assert not claim(port)
        other.kill()
        other.wait()
    assert claim(port)


def test_a_port_that_something_listens_on_is_not_free() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        assert not claim(server.getsockname()[1])
