"""An end at every moment of a request and its answer, by either side: nothing stays counted, no
half-used connection is used again, and the client is never told less than what happened."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.testing.client import HOST, MEMBER, Client, answers, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire
from stagify.testing import eventually

AddMember = Callable[..., Awaitable[Any]]
TARGET = "/v1/projects"
POST = request(TARGET, MEMBER, "Content-Length: 9", method="POST")
CHUNKED_POST = request(TARGET, MEMBER, "Transfer-Encoding: chunked", method="POST")
GET = request(TARGET, MEMBER)
WHOLE = {"GET": GET, "POST": POST + b"123456789"}
KNOWN = answers("HTTP/1.1 200 OK\nContent-Length: 8")
CHUNKS = answers("HTTP/1.1 200 OK\nTransfer-Encoding: chunked")
EVENTS = answers("HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked")
# What a client has sent when it ends.
REQUESTS = {
    "before the head": b"",
    "within the request line": GET[:9],
    "within the head": GET[:-2],
    "after the head": POST,
    "within the body": POST + b"1234",
    "within a chunk's size": CHUNKED_POST + b"5",
    "within a chunk": CHUNKED_POST + b"5\r\nhel",
    "before the last chunk": CHUNKED_POST + b"5\r\nhello\r\n",
    "within the last chunk": CHUNKED_POST + b"5\r\nhello\r\n0\r\n",
    "within the second of two": GET + POST,
}
# What a service has sent when one side ends.
PARTS = {
    "before the answer": b"",
    "within the status line": b"HTTP/1.1 2",
    "within the answer's head": KNOWN[:-2],
    "after the answer's head": KNOWN,
    "within the answer's body": KNOWN + b"half",
    "after the head of chunks": CHUNKS,
    "within an answer's chunk": CHUNKS + b"8\r\nhal",
    "between chunks": CHUNKS + b"4\r\nhalf\r\n",
    "before the end of the last chunk": CHUNKS + b"4\r\nhalf\r\n0\r\n",
    "within a stream": EVENTS + b"2\r\n:\n\r\n",
}
COMPLETE = {
    "known length": answers("HTTP/1.1 200 OK\nContent-Length: 2", b"ok"),
    "chunks": CHUNKS + b"2\r\nok\r\n0\r\n\r\n",
    "until the end": answers("HTTP/1.1 200 OK\nConnection: close", b"ok"),
}
ENDS = ("close", "reset")


def end(writer: asyncio.StreamWriter, how: str) -> None:
    """Close, or reset: then the other side gets an error instead of an end."""
    if how == "reset":
        found = writer.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()


class Sending:
    """A handler that sends a part of an answer, and then waits or ends."""

    def __init__(self, part: bytes, how: str | None = None) -> None:
        self._part = part
        self._how = how
        self.sent = asyncio.Event()

    async def __call__(self, received: Received, wire: Wire) -> None:
        if self._part:
            await wire.send(self._part)
        self.sent.set()
        if self._how is None:
            await wire.wait_closed_by_peer()
        else:
            end(wire.writer, self._how)


@pytest.fixture
async def gateway(live: Running, add_member: AddMember) -> Running:
    """A gateway with a member, whose verdict it knows, and one kept connection to the service."""
    await add_member(live)
    assert (await live.get(GET)).status == 200
    return live


async def assert_all_is_well(live: Running, service: FakeService) -> None:
    """Nothing is counted any more, and the next requests get their own answers."""
    gateway = live.gateway

    async def nothing_is_held() -> bool:
        return bool(await live.run(lambda: not _held(live)))

    await eventually(nothing_is_held)
    for name in ("one", "two"):

        async def echo(received: Received, wire: Wire) -> None:
            await wire.respond(received.target.encode())

        service.handlers[f"/v1/projects/{name}"] = echo
        client = await live.connect()
        for method in ("POST", "GET"):
            await client.send(request(f"/v1/projects/{name}", MEMBER, method=method))
            answer = await client.answer()
            assert (answer.status, answer.body) == (200, f"/v1/projects/{name}".encode())
        await client.close()
    await eventually(nothing_is_held)
    assert len(gateway.lasting) == 0


def _held(live: Running) -> dict[str, int]:
    """What is counted."""
    gateway = live.gateway
    site = gateway.directory.find(HOST.encode())
    found = {
        "in_flight": gateway.limits.in_flight,
        "visitors": gateway.limits.visitors,
        "streams": gateway.limits.streams,
        "lasting": len(gateway.lasting),
        "connections": len(gateway.connections),
        "large": gateway.sources.large,
        "tenant": site.party.in_flight + site.party.streams,  # type: ignore[union-attr]
        "sources": sum(each.is_in_use for each in gateway.sources._by_network.values()),
        "running": sum(route.turns.running for route in gateway.routes.all),
        "waiting": sum(route.turns.waiting for route in gateway.routes.all),
        "upstreams": sum(
            each._answer_for is not None
            for route in gateway.routes.all
            for each in route.service._all
        ),
    }
    return {name: count for name, count in found.items() if count}


async def outcome(client: Client) -> str:
    """What the client is told: the code of a refusal, `whole`, or `broken off`."""
    try:
        answer = await client.answer()
    except (EOFError, ConnectionError, ValueError):
        return "broken off"
    return "whole" if answer.status == 200 else answer.code


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("sent", REQUESTS.values(), ids=REQUESTS.keys())
async def test_client_ends_within_its_request(
    gateway: Running, service: FakeService, sent: bytes, how: str
) -> None:
    before = len(service.received)
    client = await gateway.connect()
    await client.send(sent)
    if sent.startswith(GET):
        assert (await client.answer()).status == 200
        before += 1
    end(client.writer, how)
    await assert_all_is_well(gateway, service)
    # A service never hears of a request that is not complete.
    assert [each.target for each in service.received[before:]] == [
        f"/v1/projects/{name}" for name in ("one", "one", "two", "two")
    ]


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("method", WHOLE)
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())
async def test_client_ends_while_it_is_answered(
    gateway: Running, service: FakeService, part: bytes, method: str, how: str
) -> None:
    sending = service.handlers[TARGET] = Sending(part)
    client = await gateway.connect()
    await client.send(WHOLE[method])
    await sending.sent.wait()
    if b"\r\n\r\n" in part:
        await client.until(b"\r\n\r\n")
    end(client.writer, how)
    await assert_all_is_well(gateway, service)


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("method", WHOLE)
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())
async def test_service_ends_within_its_answer(
    gateway: Running, service: FakeService, part: bytes, method: str, how: str
) -> None:
    before = len(service.received)
    service.handlers[TARGET] = Sending(part, how)
    client = await gateway.connect()
    await client.send(WHOLE[method])
    told = await outcome(client)
    if b"\r\n\r\n" in part:
        # After a reset, the kernel may not hand over what came before it.
        assert told in (("broken off",) if how == "close" else ("broken off", "upstream_failed"))
    else:
        assert told == "upstream_failed"
    await client.close()
    if not part:
        # Only what does no harm is repeated, and once.
        assert len(service.received) - before == (2 if method == "GET" else 1)
    await assert_all_is_well(gateway, service)


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("method", WHOLE)
@pytest.mark.parametrize("whole", COMPLETE.values(), ids=COMPLETE.keys())
async def test_service_ends_after_its_answer(
    gateway: Running, service: FakeService, whole: bytes, method: str, how: str
) -> None:
    service.handlers[TARGET] = Sending(whole, how)
    client = await gateway.connect()
    await client.send(WHOLE[method])
    told = await outcome(client)
    assert told == "whole" or (how == "reset" and told in ("broken off", "upstream_failed"))
    await client.close()
    await assert_all_is_well(gateway, service)


@pytest.mark.parametrize("late", [b"\r\n", b"HTTP/1.1", COMPLETE["known length"]])
async def test_service_sends_more_when_its_answer_is_over(
    gateway: Running, service: FakeService, late: bytes
) -> None:
    kept: list[Wire] = []

    async def keep(received: Received, wire: Wire) -> None:
        kept.append(wire)
        await wire.respond()

    service.handlers[TARGET] = keep
    assert (await gateway.get(GET)).status == 200
    await kept[0].send(late)

    async def is_closed() -> bool:
        routes = gateway.gateway.routes.all
        return bool(
            await gateway.run(lambda: sum(route.service.open_connections for route in routes)) == 0
        )

    await eventually(is_closed)
    await assert_all_is_well(gateway, service)


async def test_last_chunk_in_a_segment_of_its_own_ends_the_answer(
    gateway: Running, service: FakeService
) -> None:
    go_on = asyncio.Event()

    async def respond(received: Received, wire: Wire) -> None:
        await wire.send(CHUNKS + b"5\r\nhello\r\n")
        await go_on.wait()
        await wire.send(b"0\r\n\r\n")

    service.handlers[TARGET] = respond
    client = await gateway.connect()
    await client.send(GET)
    await client.until(b"hello\r\n")
    go_on.set()
    assert await client.until(b"0\r\n\r\n") == b"0\r\n\r\n"
    # The client's connection goes on.
    await client.send(request("/v1/usage", MEMBER))
    assert (await client.answer()).status == 200
    await client.close()
    await assert_all_is_well(gateway, service)


async def test_client_ends_while_it_waits_for_its_turn(
    make_gateway: Callable[..., Awaitable[Running]], add_member: AddMember, service: FakeService
) -> None:
    live = await make_gateway(service_max_running=2)
    await add_member(live)
    sending = service.handlers[TARGET] = Sending(b"")
    first, second = await live.connect(), await live.connect()
    await first.send(GET)
    await sending.sent.wait()
    await second.send(GET)

    async def is_waiting() -> bool:
        turns = [route.turns for route in live.gateway.routes.all]
        return bool(await live.run(lambda: sum(each.waiting for each in turns)) == 1)

    await eventually(is_waiting)
    await second.close()
    await first.close()
    service.handlers.pop(TARGET)
    assert (await live.get(request("/v1/projects/1", MEMBER))).status == 200
    await assert_all_is_well(live, service)


async def test_client_ends_while_its_credential_is_looked_up(
    live: Running, add_member: AddMember, identity: Any, service: FakeService
) -> None:
    await add_member(live)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        asked.set()
        await go_on.wait()

    identity.meanwhile = wait
    client = await live.connect()
    await client.send(WHOLE["POST"])
    await asked.wait()
    await client.close()
    go_on.set()
    await assert_all_is_well(live, service)
    assert TARGET not in [each.target for each in service.received]
