"""A load generator for machines without wrk: `python load.py PORT SECONDS`.

Each connection has one request under way; the tenants take turns. What to send is in the
variables that `traffic.py` sets. Prints JSON.
"""

import asyncio
import json
import os
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import cast

import uvloop
from tenants import BenchTenant


def requests() -> list[bytes]:
    """The same requests as load.lua sends."""
    path, method = os.environ["REQUEST_PATH"], os.environ["METHOD"]
    body = b"x" * int(os.environ["BODY_BYTES"])
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    lines = Path(os.environ["CREDENTIALS"]).read_text().split()
    return [
        f"{method} {path.replace('%d', str(number))} HTTP/1.1\r\n"
        f"Host: {BenchTenant(number).host}\r\nAuthorization: Bearer {credential}\r\n"
        f"Accept: application/json\r\nUser-Agent: bench/1.0\r\n{length}\r\n".encode()
        + body
        for number, credential in enumerate(lines[: int(os.environ["TENANTS"])])
    ]


class Load:
    """What all connections share."""

    def __init__(self, sent: list[bytes], until: float) -> None:
        self.next = cycle(sent).__next__
        self.until = until
        self.latencies: list[float] = []
        self.failed = 0


class Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is whole."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        # A cast: the transports of uvloop are no subclasses of asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        self._sent_at = time.monotonic()
        self._transport.write(self._load.next())

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if len(body) < int(length):
            return
        self._buffer = b""
        now = time.monotonic()
        self._load.latencies.append(now - self._sent_at)
        self._load.failed += not head.startswith(b"HTTP/1.1 200")
        if now < self._load.until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.closed.set_result(None)


async def main(port: int, seconds: float) -> None:
    """Load the server on `port`."""
    load = Load(requests(), time.monotonic() + seconds)
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
        for _ in range(int(os.environ["CONNECTIONS"]))
    ]
    await asyncio.gather(*(connection.closed for _, connection in made))
    ordered = sorted(load.latencies)
    result = {
        "requests": len(ordered),
        "failed": load.failed,
        "p99_ms": round(ordered[len(ordered) * 99 // 100] * 1000, 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2])))
