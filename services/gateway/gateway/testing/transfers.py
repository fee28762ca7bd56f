"""Uploads and downloads to a store that the test controls."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any

from gateway.testing.client import Client, request
from gateway.testing.running import Running
from gateway.testing.service import Received, Wire
from gateway.testing.store import HOST, UPLOAD, looks_signed
from stagify.testing import eventually

SIZE = 600_000
LINES = ("Content-Type: image/jpeg", "If-None-Match: *")
TARGET = looks_signed(signed=UPLOAD)


def upload(size: int = SIZE, sent: int | None = None, target: str = TARGET) -> bytes:
    """An upload of which only `sent` bytes have been sent."""
    head = request(target, *LINES, f"Content-Length: {size}", method="PUT", host=HOST)
    return head + bytes(size if sent is None else sent)


def download(target: str | None = None, *lines: str, method: str = "GET") -> bytes:
    """A download."""
    return request(target or looks_signed(), *lines, method=method, host=HOST)


def taken(live: Running) -> int:
    """The places that are taken."""
    assert live.gateway.store is not None
    return len(live.gateway.store.places)


async def until_idle(live: Running) -> None:
    """Return once no place is taken."""
    await eventually(lambda: taken(live) == 0)


async def sweep_until_answered(live: Running, client: Client) -> Any:
    """The answer, which a deadline leads to."""
    answer = asyncio.ensure_future(client.answer())

    async def look() -> bool:
        await live.run(lambda: live.gateway.listener.sweep(monotonic()))
        return answer.done()

    await eventually(look)
    return answer.result()


class Reading:
    """A store that reads as much of a body as it is told to, and then does what the test says."""

    def __init__(self, size: int = SIZE) -> None:
        self.size = size
        self.got = 0
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    async def read(self, received: Received, wire: Wire) -> None:
        """Read `size` bytes, or until the gateway closes."""
        self.begun.set()
        self.got = len(received.body)
        with suppress(ConnectionError):
            while self.got < self.size and (data := await wire.reader.read(65536)):
                self.got += len(data)

    async def __call__(self, received: Received, wire: Wire) -> None:
        await self.read(received, wire)
        if self.got >= self.size:
            await wire.respond(b"", "200 OK", 'etag: "e"', "server: secret", "x-amz-id-2: secret")
        self.ended.set()
