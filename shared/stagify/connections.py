"""HTTP/1.1 to one server over connections that stay open; `stagify.calls` is built on this.

A general HTTP client needs more CPU for a request than most of our requests need themselves. This
one does only what we need: one request at a time on a connection, with the answer held in memory.
"""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar, cast
from urllib.parse import urlsplit

import httptools

T = TypeVar("T")

MAX_IDLE_CONNECTIONS = 16
MAX_ANSWER_BYTES = 1024 * 1024
# Shorter than the server's own keep-alive limit, or requests would meet a closing connection.
IDLE_SECONDS = 15.0
# How long connecting may take before the name of the server is looked up again.
FIRST_LOOK_SECONDS = 0.5


class ConnectionEndedError(ConnectionError):
    """The connection ended before the answer was complete, or what came is not an answer."""


async def connected(connect: Callable[[], Awaitable[T]], *, first_seconds: float) -> T:
    """The result of `connect`. If that takes more than `first_seconds`, it is started again, and
    then has as much time as the caller allows.

    The name of a server that has just been replaced may still lead to its old address as well as
    the new one, and nobody answers at the old one. A second look-up finds only the new one.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(first_seconds):
            return await connect()
    return await connect()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the server answered; names of headers are in lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Connections:
    """The connections to the server at `url`. Make one for each process and server, and close it at
    the end."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise ValueError(f"not the address of an HTTP server: {url!r}")
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._idle: deque[_Connection] = deque()

    async def exchange(self, payload: bytes, *, is_head: bool = False) -> HttpAnswer:
        """The answer to the request `payload`, which is sent as it is; OSError if no answer comes.
        The answer to a HEAD request has no body, whatever length it names.

        Requests must be idempotent: if the server was just closing the connection, the request is
        sent once more. There is no deadline here; the caller sets one.
        """
        while self._idle:
            connection = self._idle.pop()
            if connection.is_stale():
                connection.close()
                continue
            with contextlib.suppress(ConnectionEndedError):
                return await self._on(connection, payload, is_head)
            break
        loop = asyncio.get_running_loop()
        _, connection = await connected(
            lambda: loop.create_connection(_Connection, self._host, self._port, ssl=self._tls),
            first_seconds=FIRST_LOOK_SECONDS,
        )
        return await self._on(connection, payload, is_head)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    async def _on(self, connection: "_Connection", payload: bytes, is_head: bool) -> HttpAnswer:
        try:
            answer = await connection.send(payload, is_head)
        except BaseException:
            connection.close()
            raise
        if connection.reusable and len(self._idle) < MAX_IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()
        return answer


class _Connection(asyncio.Protocol):
    """One connection, one request at a time; httptools calls the methods named `on_…`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[HttpAnswer] | None = None
        self._transport: asyncio.Transport | None = None
        self._used_at = 0.0
        self.reusable = False

    async def send(self, payload: bytes, is_head: bool) -> HttpAnswer:
        assert self._transport is not None
        if self._transport.is_closing():
            raise ConnectionEndedError
        self.reusable = False
        self._parser = httptools.HttpResponseParser(self)
        self._is_head = is_head
        self._headers: dict[bytes, bytes] = {}
        self._body = bytearray()
        self._waiter = self._loop.create_future()
        self._transport.write(payload)
        return await self._waiter

    def is_stale(self) -> bool:
        closed = self._transport is None or self._transport.is_closing()
        return closed or self._loop.time() - self._used_at > IDLE_SECONDS

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, because the transports of uvloop are not subclasses of asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        # The parser would wait for the body that a GET would have.
        if self._is_head:
            self.on_message_complete()

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > MAX_ANSWER_BYTES:
            self._fail()

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200 or self._waiter is None or self._waiter.done():
            return
        self._used_at = self._loop.time()
        self.reusable = self._parser.should_keep_alive()
        self._waiter.set_result(HttpAnswer(status, self._headers, bytes(self._body)))

    def _fail(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionEndedError())
        self.close()
