"""A connection to a service: what it makes of every piece that arrives, and when it is kept."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import cast

import pytest

from gateway.testing.client import answers
from gateway.wire.response import ResponseHead
from gateway.wire.service import Service
from gateway.wire.upstream import Upstream
from gateway.wire.writes import Writes

OK = answers("HTTP/1.1 200 OK\nContent-Length: 2", b"ok")
HEAD = answers("HTTP/1.1 200 OK\nTransfer-Encoding: chunked")
CHUNKED = {
    "no trailer": b"5\r\nhello\r\n0\r\n\r\n",
    "a trailer": b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
    "trailers": b"5\r\nhello\r\n0;x=y\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n",
    "two chunks": b"4\r\nhell\r\n1\r\no\r\n000\r\n\r\n",
}


class Connection(asyncio.Transport):
    """The socket of an upstream: remembers what is sent on it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self._is_closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += bytes(data)

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True

    abort = close


class Answered:
    """An exchange: remembers what it is told."""

    def __init__(self, *, is_sent: bool = True, is_head: bool = False) -> None:
        self.is_sent = is_sent
        self.is_head = is_head
        self.status = 0
        self.body = b""
        self.ends: list[str] = []

    def on_response(self, response: ResponseHead, payload: bytes, is_last: bool) -> None:
        assert not self.status
        self.status = response.status
        self.on_payload(payload, is_last)

    def on_payload(self, payload: bytes, is_last: bool) -> None:
        self.body += payload
        if is_last:
            self.ends.append("last")

    def on_complete(self) -> None:
        self.ends.append("complete")

    def on_lost(self, *, was_silent: bool) -> None:
        self.ends.append("silent" if was_silent else "broken off")

    def pause_client(self) -> None:
        """See `Answered`."""

    def resume_client(self) -> None:
        """See `Answered`."""


@pytest.fixture
def service() -> Service:
    """A service that nobody connects to."""
    return Service("s", "h", 1, Writes(), connect_seconds=1, idle_seconds=1)


@pytest.fixture
async def upstream(service: Service) -> AsyncIterator[Upstream]:
    """A connection to it."""
    made = Upstream(service)
    made.connection_made(Connection())
    yield made
    service.writes.flush()


def ask(upstream: Upstream, answered: Answered) -> None:
    """Send a request."""
    upstream.send(answered, b"GET / HTTP/1.1\r\n\r\n", at_once=True)


def taken(service: Service) -> Iterator[Upstream]:
    """The connections that requests would be sent on."""
    while (upstream := service.take(must_be_open=False)) is not None:
        yield upstream


class TestPieces:
    @pytest.mark.parametrize("body", CHUNKED.values(), ids=CHUNKED.keys())
    async def test_chunked_answer_is_whole_wherever_it_is_split(
        self, service: Service, body: bytes
    ) -> None:
        data = HEAD + body
        for split in range(1, len(data)):
            for pieces in ((data[:split], data[split:]), [bytes([byte]) for byte in data]):
                upstream, answered = Upstream(service), Answered()
                upstream.connection_made(Connection())
                ask(upstream, answered)
                for piece in pieces:
                    assert not answered.ends
                    upstream.data_received(piece)
                assert (answered.body, answered.ends) == (b"hello", ["last", "complete"])
                assert list(taken(service)) == [upstream]

    async def test_last_chunk_in_a_segment_of_its_own(
        self, service: Service, upstream: Upstream
    ) -> None:
        answered = Answered()
        ask(upstream, answered)
        upstream.data_received(HEAD + b"5\r\nhello\r\n")
        assert (answered.body, answered.ends) == (b"hello", [])
        upstream.data_received(b"0\r\n\r\n")
        assert answered.ends == ["last", "complete"]
        assert list(taken(service)) == [upstream]

    async def test_empty_chunked_answer_whose_end_comes_later(
        self, service: Service, upstream: Upstream
    ) -> None:
        answered = Answered()
        ask(upstream, answered)
        upstream.data_received(HEAD)
        assert (answered.status, answered.ends) == (200, [])
        upstream.data_received(b"0\r\n\r\n")
        assert answered.ends == ["last", "complete"]

    @pytest.mark.parametrize("split", range(1, len(OK)))
    async def test_answer_of_known_length_is_whole_wherever_it_is_split(
        self, service: Service, upstream: Upstream, split: int
    ) -> None:
        answered = Answered()
        ask(upstream, answered)
        upstream.data_received(OK[:split])
        assert not answered.ends
        upstream.data_received(OK[split:])
        assert (answered.body, answered.ends) == (b"ok", ["last", "complete"])
        assert list(taken(service)) == [upstream]

    @pytest.mark.parametrize("split", range(len(OK)))
    @pytest.mark.parametrize("error", [None, ConnectionResetError()])
    async def test_answer_that_ends_early_is_broken_off(
        self, service: Service, upstream: Upstream, split: int, error: Exception | None
    ) -> None:
        answered = Answered()
        ask(upstream, answered)
        if split:
            upstream.data_received(OK[:split])
        upstream.connection_lost(error)
        assert answered.ends == ["broken off" if split else "silent"]
        assert list(taken(service)) == []


class TestKeeping:
    @pytest.mark.parametrize("status", ["409 Conflict", "200 OK", "413 Content Too Large"])
    async def test_connection_with_half_a_request_is_never_kept(
        self, service: Service, upstream: Upstream, status: str
    ) -> None:
        answered = Answered(is_sent=False)
        upstream.send(answered, b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf", at_once=True)
        upstream.data_received(answers(f"HTTP/1.1 {status}\nContent-Length: 2", b"no"))
        assert answered.ends == ["last", "complete"]
        assert list(taken(service)) == []
        assert not upstream.is_usable

    async def test_connection_is_not_kept_if_the_service_says_so(
        self, service: Service, upstream: Upstream
    ) -> None:
        ask(upstream, Answered())
        upstream.data_received(answers("HTTP/1.1 200 OK\nConnection: close\nContent-Length: 0"))
        assert list(taken(service)) == []
        assert not upstream.is_usable

    async def test_connection_is_not_kept_with_more_than_the_answer(
        self, service: Service, upstream: Upstream
    ) -> None:
        answered = Answered()
        ask(upstream, answered)
        upstream.data_received(OK + b"H")
        assert answered.ends == ["last", "complete"]
        assert list(taken(service)) == []

    @pytest.mark.parametrize("late", [b"\r\n", b"H", OK])
    async def test_late_bytes_end_an_idle_connection(
        self, service: Service, upstream: Upstream, late: bytes
    ) -> None:
        ask(upstream, Answered())
        upstream.data_received(OK)
        upstream.data_received(late)
        assert not upstream.is_usable
        assert list(taken(service)) == []

    async def test_late_bytes_are_no_answer_to_a_request_that_was_not_sent_yet(
        self, service: Service, upstream: Upstream
    ) -> None:
        ask(upstream, Answered())
        upstream.data_received(OK)
        (found,) = taken(service)
        answered = Answered()
        found.send(answered, b"GET /next HTTP/1.1\r\n\r\n", at_once=False)
        # Both were found in one iteration of the event loop.
        found.data_received(answers("HTTP/1.1 200 OK\nContent-Length: 6", b"poison"))
        assert (answered.status, answered.ends) == (0, ["silent"])
        assert not found.is_usable
        service.writes.flush()
        assert cast(Connection, found._transport).sent == b"GET / HTTP/1.1\r\n\r\n"
        assert list(taken(service)) == []
