"""Keep the platform's public port open, and lend it to every gateway that asks.

    python3 doorman.py --port 8080 --door /run/door/gateway.sock

A gateway gets the listening socket itself, over the socket file `--door`, and accepts from it as
if it had opened it. So two of them can serve side by side while one replaces the other, and while
none runs, connections wait instead of being refused. Each gateway keeps its connection to the
doorman; when it ends, the port has been opened anew.

Standard library only: it runs in an official Python image and has no versions of its own.
"""

import argparse
import contextlib
import selectors
import socket
from pathlib import Path

# Connections that wait while no gateway accepts any.
BACKLOG = 4096


def keep(port: socket.socket, door: socket.socket) -> None:
    """Lend `port` to every process that connects to `door`, for ever."""
    selector = selectors.DefaultSelector()
    selector.register(door, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is door:
                gateway, _ = door.accept()
                if lend(port, gateway):
                    selector.register(gateway, selectors.EVENT_READ, data=gateway)
            else:
                # Gateways send nothing: this one is gone.
                selector.unregister(key.fileobj)
                key.data.close()


def lend(port: socket.socket, gateway: socket.socket) -> bool:
    """Whether `gateway` got the socket; it may be gone already."""
    try:
        socket.send_fds(gateway, [b"."], [port.fileno()])
    except OSError:
        gateway.close()
        return False
    return True


def open_door(path: Path) -> socket.socket:
    """A socket file that replaces the one of an earlier doorman."""
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    door.listen()
    return door


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--door", type=Path, required=True)
    arguments = parser.parse_args()
    with (
        contextlib.closing(socket.create_server(("", arguments.port), backlog=BACKLOG)) as port,
        contextlib.closing(open_door(arguments.door)) as door,
    ):
        keep(port, door)


if __name__ == "__main__":
    main()
