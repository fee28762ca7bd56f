"""Exit with 0 if this container's process says it is ready: the health check of every image.

Runs every few seconds beside the process, so it imports next to nothing.
"""

import socket
import sys

TIMEOUT_SECONDS = 8.0


def is_ready(port: int) -> bool:
    """Whether /readyz on this port answers 200."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        return connection.recv(64).split(b" ")[1:2] == [b"200"]


if __name__ == "__main__":
    try:
        sys.exit(not is_ready(int(sys.argv[1])))
    except OSError as error:
        sys.exit(f"no answer: {error}")
