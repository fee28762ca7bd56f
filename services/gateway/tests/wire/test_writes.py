"""What one iteration of the event loop sends goes out together, in order, and not late."""

import asyncio
from typing import cast

import pytest

from gateway.wire.service import Service
from gateway.wire.upstream import Answered, Upstream
from gateway.wire.writes import Writes
from stagify.testing import next_turn


class Recording:
    """A transport that remembers what was written to it."""

    def __init__(self, sent: list[tuple["Recording", bytes]]) -> None:
        self.sent = sent
        self.is_closed = False

    def is_closing(self) -> bool:
        return self.is_closed

    def write(self, data: bytes) -> None:
        self.sent.append((self, data))


def as_transport(recording: Recording) -> asyncio.Transport:
    return cast(asyncio.Transport, recording)


@pytest.fixture
def sent() -> list[tuple[Recording, bytes]]:
    """What has been sent, in order."""
    return []


async def test_all_of_an_iteration_is_sent_when_it_ends(
    sent: list[tuple[Recording, bytes]],
) -> None:
    writes, one, other = Writes(), Recording(sent), Recording(sent)
    writes.put(as_transport(one), b"1")
    writes.put(as_transport(other), b"2")
    writes.put(as_transport(one), b"3")
    assert sent == []
    await next_turn()
    assert sent == [(one, b"1"), (other, b"2"), (one, b"3")]
    writes.put(as_transport(other), b"4")
    await next_turn()
    assert sent[3:] == [(other, b"4")]


async def test_flush_sends_at_once_and_only_once(sent: list[tuple[Recording, bytes]]) -> None:
    writes, transport = Writes(), Recording(sent)
    writes.put(as_transport(transport), b"last words")
    writes.flush()
    assert sent == [(transport, b"last words")]
    await next_turn()
    assert len(sent) == 1


async def test_closing_transport_gets_nothing_and_holds_up_no_other(
    sent: list[tuple[Recording, bytes]],
) -> None:
    writes, closed, open_one = Writes(), Recording(sent), Recording(sent)
    writes.put(as_transport(closed), b"1")
    writes.put(as_transport(open_one), b"2")
    closed.is_closed = True
    await next_turn()
    assert sent == [(open_one, b"2")]


async def test_many_do_not_wait_for_the_end_of_the_iteration(
    sent: list[tuple[Recording, bytes]],
) -> None:
    writes, transport = Writes(), Recording(sent)
    for _ in range(1000):
        writes.put(as_transport(transport), b"x")
    assert 900 < len(sent) < 1000
    await next_turn()
    assert len(sent) == 1000


async def test_urgent_request_comes_after_the_one_before_it(
    sent: list[tuple[Recording, bytes]],
) -> None:
    """A service may answer before it has read a body to its end; its connection is free then."""
    writes, transport = Writes(), Recording(sent)
    upstream = Upstream(Service("staging-svc", "h", 1, writes, connect_seconds=1, idle_seconds=1))
    upstream.connection_made(as_transport(transport))
    upstream.send(cast(Answered, object()), b"the end of a body", at_once=False)
    upstream.send(cast(Answered, object()), b"POST", at_once=True)
    assert sent == [(transport, b"the end of a body"), (transport, b"POST")]
