"""A service that does what the test says, and reads requests with another parser than ours."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httptools


@dataclass
class Received:
    """A request as the service got it."""

    method: str
    target: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        """The values of every header called `name`."""
        return [value for key, value in self.headers if key == name]


class Wire:
    """The service's side of one connection, for handlers that write bytes of their own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Send `data` as it is."""
        self.writer.write(data)
        await self.writer.drain()

    async def respond(self, body: bytes = b"{}", status: str = "200 OK", *extra: str) -> None:
        """Send a usual answer."""
        lines = [f"HTTP/1.1 {status}", "content-type: application/json", *extra]
        lines.append(f"content-length: {len(body)}")
        await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def wait_closed_by_peer(self) -> None:
        """Return when the gateway has closed this connection."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass

    def close(self) -> None:
        """Close at once."""
        self.writer.transport.abort()


Handler = Callable[[Received, Wire], Awaitable[None]]


class Hang:
    """A handler that never answers."""

    def __init__(self) -> None:
        # It has a request; the gateway has closed the connection.
        self.begun = asyncio.Event()
        self.gone = asyncio.Event()

    async def __call__(self, received: Received, wire: Wire) -> None:
        self.begun.set()
        await wire.wait_closed_by_peer()
        self.gone.set()


class Hold:
    """A handler that answers once it may go on."""

    def __init__(self, body: bytes = b"{}") -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self._body = body

    async def __call__(self, received: Received, wire: Wire) -> None:
        self.begun.set()
        await self.go_on.wait()
        await wire.respond(self._body)


async def failing(received: Received, wire: Wire) -> None:
    """A handler that always fails."""
    await wire.respond(b"{}", "500 Internal Server Error")


async def silent_stream(received: Received, wire: Wire) -> None:
    """A handler that begins a stream of events with a comment, and then says nothing."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    await wire.send(head + b"transfer-encoding: chunked\r\n\r\n2\r\n:\n\r\n")
    await wire.wait_closed_by_peer()


class _Reading:
    """httptools' callbacks for one request."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.has_head = False
        self.is_complete = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode().lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.has_head = True

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = True


class FakeService:
    """All four services on one port; answers `{}` unless a path has a handler.

    `early` handlers run when the head has arrived, and read the body themselves.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.handlers: dict[str, Handler] = {}
        self.early: dict[str, Handler] = {}
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on a free port, or on the one it had before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Stop listening; connections stay."""
        if self._server is not None:
            self._server.close()

    async def close(self) -> None:
        """Stop listening, and wait until the gateway has closed its connections."""
        self.stop()
        await asyncio.gather(*self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        wire = Wire(reader, writer)
        with suppress(ConnectionError, asyncio.CancelledError):
            while await self._one(wire):
                pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _one(self, wire: Wire) -> bool:
        reading = _Reading()
        parser = httptools.HttpRequestParser(reading)
        while not reading.is_complete:
            data = await wire.reader.read(65536)
            if not data:
                return False
            parser.feed_data(data)
            if reading.has_head and (early := self._early(parser, reading)) is not None:
                await early(self._note(parser, reading), wire)
                return False
        received = self._note(parser, reading)
        handler = self.handlers.get(received.target.partition("?")[0])
        if handler is None:
            await wire.respond()
        else:
            await handler(received, wire)
        return not wire.writer.is_closing()

    def _early(self, parser: Any, reading: _Reading) -> Handler | None:
        return self.early.get(reading.target.decode().partition("?")[0])

    def _note(self, parser: Any, reading: _Reading) -> Received:
        received = Received(
            parser.get_method().decode(), reading.target.decode(), reading.headers, reading.body
        )
        self.received.append(received)
        return received
