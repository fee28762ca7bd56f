"""Requests through the gateway: what the service gets, what the client gets, who waits for whom."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.testing.client import HOST, answers, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Hang, Received, Wire
from stagify.testing.waiting import PATIENCE_SECONDS

MakeGateway = Callable[..., Awaitable[Running]]
CHUNKED = "Transfer-Encoding: chunked"


async def test_request_reaches_its_service_with_a_context(
    live: Running, service: FakeService
) -> None:
    answer = await live.get(request("/v1/projects?limit=2", "Accept: application/json"))
    assert answer.status == 200
    assert answer.body == b"{}"
    (received,) = service.received
    assert (received.method, received.target) == ("GET", "/v1/projects?limit=2")
    assert received.values("accept") == ["application/json"]
    assert received.values("x-forwarded-host") == [HOST]
    assert received.values("x-forwarded-for") == ["127.0.0.1"]
    assert received.values("x-forwarded-proto") == ["https"]
    assert len(received.values("x-stagify-context")) == 1
    assert received.values("x-request-id") == [answer.headers["x-request-id"]]


async def test_ids_of_the_client_are_kept_if_they_are_sane(
    live: Running, service: FakeService
) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = await live.get(
        request("/v1/projects", "X-Request-Id: abc-12345", f"traceparent: {trace}")
    )
    assert answer.headers["x-request-id"] == "abc-12345"
    assert service.received[0].values("traceparent") == [trace]
    answer = await live.get(
        request("/v1/projects", "X-Request-Id: <script>", "traceparent: 00-" + "0" * 32)
    )
    assert len(answer.headers["x-request-id"]) == 32
    assert (
        service.received[1]
        .values("traceparent")[0]
        .startswith(f"00-{answer.headers['x-request-id']}-")
    )


async def test_body_of_known_length_arrives(live: Running, service: FakeService) -> None:
    body = b"x" * 300_000
    answer = await live.get(request("/v1/projects", method="POST", body=body))
    assert answer.status == 200
    assert service.received[0].body == body


async def test_chunked_body_arrives_whole(live: Running, service: FakeService) -> None:
    chunks = b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: dropped\r\n\r\n"
    client = await live.connect()
    await client.send(request("/v1/projects", CHUNKED, method="POST"))
    for byte in chunks:
        await client.send(bytes([byte]))
    assert (await client.answer()).status == 200
    assert service.received[0].body == b"hello world"
    # The body is complete when the service gets it, and so its length is known.
    assert service.received[0].values("transfer-encoding") == []
    assert service.received[0].values("content-length") == ["11"]
    await client.close()


async def test_post_without_body_says_so(live: Running, service: FakeService) -> None:
    assert (await live.get(request("/v1/projects", method="POST"))).status == 200
    assert service.received[0].values("content-length") == ["0"]


async def test_pipelined_requests_are_answered_in_order(
    live: Running, service: FakeService
) -> None:
    async def echo(received: Received, wire: Wire) -> None:
        await wire.respond(received.target.encode())

    for number in range(20):
        service.handlers[f"/v1/projects/{number}"] = echo
    client = await live.connect()
    requests = [request(f"/v1/projects/{number}") for number in range(20)]
    # Among them one that is refused at once, and one with a body.
    requests[7] = request("/nowhere")
    requests[9] = request("/v1/projects/9", method="POST", body=b"body")
    await client.send(b"".join(requests))
    for number in range(20):
        answer = await client.answer()
        if number == 7:
            assert (answer.status, answer.code) == (404, "not_found")
        else:
            assert answer.body == f"/v1/projects/{number}".encode()
    await client.close()


async def test_connections_to_the_service_are_kept(live: Running, service: FakeService) -> None:
    client = await live.connect()
    for _ in range(10):
        await client.send(request())
        assert (await client.answer()).status == 200
    assert service.connections == 1
    await client.close()


@pytest.mark.parametrize(
    ("sent", "status", "body"),
    [
        (answers("HTTP/1.1 204 No Content"), 204, b""),
        (answers('HTTP/1.1 304 Not Modified\nETag: "a"\nContent-Length: 9'), 304, b""),
        (answers("HTTP/1.1 200 OK\nContent-Length: 0"), 200, b""),
        (answers("HTTP/1.1 200\nContent-Length: 2", b"ok"), 200, b"ok"),
        (
            answers("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"2\r\nok\r\n0\r\nT: v\r\n\r\n"),
            200,
            b"ok",
        ),
        (
            answers("HTTP/1.1 103 Early Hints\nLink: </a>")
            + answers("HTTP/1.1 200 OK\nContent-Length: 2", b"ok"),
            200,
            b"ok",
        ),
        (
            answers("HTTP/1.1 100 Continue") + answers("HTTP/1.1 201 Created\nContent-Length: 0"),
            201,
            b"",
        ),
    ],
)
async def test_every_framing_of_an_answer_is_understood(
    live: Running, service: FakeService, sent: bytes, status: int, body: bytes
) -> None:
    async def respond(received: Received, wire: Wire) -> None:
        await wire.send(sent)

    service.handlers["/v1/projects"] = respond
    client = await live.connect()
    for _ in range(2):
        await client.send(request())
        answer = await client.answer()
        assert (answer.status, answer.body) == (status, body)
    assert service.connections == 1
    await client.close()


async def test_answer_that_ends_with_its_connection_is_passed_on(
    live: Running, service: FakeService
) -> None:
    async def respond(received: Received, wire: Wire) -> None:
        await wire.send(answers("HTTP/1.0 200 OK", b"until the end"))
        wire.writer.close()

    service.handlers["/v1/projects"] = respond
    client = await live.connect()
    for _ in range(2):
        await client.send(request())
        answer = await client.answer()
        assert answer.body == b"until the end"
        assert answer.headers["transfer-encoding"] == "chunked"
    await client.close()


async def test_answer_to_head_has_a_length_and_no_body(live: Running, service: FakeService) -> None:
    async def respond(received: Received, wire: Wire) -> None:
        await wire.send(answers("HTTP/1.1 200 OK\nContent-Length: 1000"))

    service.handlers["/v1/projects"] = respond
    client = await live.connect()
    for _ in range(2):
        await client.send(request(method="HEAD"))
        answer = await client.answer(to_head=True)
        assert answer.headers["content-length"] == "1000"
    await client.send(request("/nowhere", method="HEAD"))
    assert (await client.answer(to_head=True)).status == 404
    await client.send(request())
    await client.close()


async def test_client_of_http_1_0_gets_no_chunks(live: Running, service: FakeService) -> None:
    async def respond(received: Received, wire: Wire) -> None:
        chunks = b"2\r\nok\r\n0\r\n\r\n"
        await wire.send(answers("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", chunks))

    service.handlers["/v1/projects"] = respond
    client = await live.connect()
    await client.send(b"GET /v1/projects HTTP/1.0\r\nHost: acme.stagify.test\r\n\r\n")
    data = await client.everything()
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert body == b"ok"
    await client.close()


async def test_connection_close_is_honoured(live: Running) -> None:
    client = await live.connect()
    await client.send(request("/v1/projects", "Connection: close"))
    assert (await client.answer()).headers["connection"] == "close"
    assert await client.everything() == b""
    await client.close()


async def test_headers_of_this_hop_do_not_reach_the_client(
    live: Running, service: FakeService
) -> None:
    async def respond(received: Received, wire: Wire) -> None:
        extra = ("Connection: keep-alive", "Keep-Alive: timeout=5", "X-Stagify-Secret: 1")
        await wire.respond(b"{}", "200 OK", *extra, "Set-Cookie: a=b", "X-Request-Id: other")

    service.handlers["/v1/projects"] = respond
    answer = await live.get(request("/v1/projects", "X-Request-Id: mine-12345"))
    assert answer.headers["set-cookie"] == "a=b"
    assert answer.headers["x-request-id"] == "mine-12345"
    assert not answer.headers.keys() & {"connection", "keep-alive", "x-stagify-secret"}


async def test_every_answer_says_what_browsers_may_do_with_it(
    live: Running, service: FakeService
) -> None:
    async def respond(received: Received, wire: Wire) -> None:
        extra = ("Server: granian", "X-Content-Type-Options: sniff", "Strict-Transport-Security: x")
        await wire.respond(b"{}", "200 OK", *extra)

    service.handlers["/v1/projects"] = respond
    for target in ("/v1/projects", "/v1/projects/1", "/docs", "/nowhere"):
        answer = await live.get(request(target))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not answer.headers.keys() & {"server", "strict-transport-security"}
        if target != "/docs":
            assert answer.headers["cache-control"] == "no-store"


async def test_a_service_says_how_its_answer_may_be_cached(
    live: Running, service: FakeService
) -> None:
    async def respond(received: Received, wire: Wire) -> None:
        await wire.respond(b"{}", "200 OK", "Cache-Control: private, max-age=300")

    service.handlers["/v1/catalog"] = respond
    answer = await live.get(request("/v1/catalog"))
    assert answer.headers["cache-control"] == "private, max-age=300"


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({"environment": "production", "public_scheme": "https"}, "max-age=31536000"),
        (
            {"environment": "production", "public_scheme": "https", "hsts_seconds": 0},
            "max-age=0",
        ),
        ({"environment": "production", "public_scheme": "http"}, None),
        ({"environment": "development", "public_scheme": "https"}, None),
    ],
)
async def test_browsers_are_told_to_use_https_alone(
    make_gateway: MakeGateway,
    service: FakeService,
    settings: dict[str, Any],
    sent: str | None,
) -> None:
    live = await make_gateway(kafka_username="gateway", kafka_password="x", **settings)
    for data in (request(), request("/docs"), request("/nowhere"), b"nonsense\r\n\r\n"):
        answer = await live.get(data)
        assert answer.headers.get("strict-transport-security") == sent
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_client_that_expects_100_is_told_to_go_on(
    live: Running, service: FakeService
) -> None:
    client = await live.connect()
    lines = ("Expect: 100-continue", "Content-Length: 4")
    await client.send(request("/v1/projects", *lines, method="POST"))
    assert (await client.answer()).status == 100
    await client.send(b"body")
    assert (await client.answer()).status == 200
    assert service.received[0].body == b"body"
    assert service.received[0].values("expect") == []
    await client.close()


async def test_refused_client_that_expects_100_is_not_told_to_go_on(live: Running) -> None:
    client = await live.connect()
    lines = ("Expect: 100-continue", "Content-Length: 4")
    await client.send(request("/nowhere", *lines, method="POST"))
    answer = await client.answer()
    assert (answer.status, answer.headers["connection"]) == (404, "close")
    await client.close()


async def test_connection_outlives_a_refusal_with_a_small_body(live: Running) -> None:
    client = await live.connect()
    head = request("/nowhere", "Content-Length: 4", method="POST")
    await client.send(head + b"bo")
    assert (await client.answer()).status == 404
    await client.send(b"dy" + request())
    assert (await client.answer()).status == 200
    await client.close()


async def test_chunked_body_over_the_limit_is_refused(live: Running) -> None:
    client = await live.connect()
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    await client.send(request("/v1/projects", CHUNKED, method="POST") + chunk * 17)
    answer = await client.answer()
    assert (answer.status, answer.code) == (413, "body_too_large")
    await client.close()


async def test_event_stream_arrives_as_it_is_sent(live: Running, service: FakeService) -> None:
    go_on, gone = asyncio.Event(), asyncio.Event()

    async def stream(received: Received, wire: Wire) -> None:
        head = "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked"
        await wire.send(answers(head))
        await wire.send(b"8\r\ndata: 1\n\r\n")
        await go_on.wait()
        await wire.send(b"8\r\ndata: 2\n\r\n")
        await wire.wait_closed_by_peer()
        gone.set()

    service.handlers["/v1/projects/1/events"] = stream
    client = await live.connect()
    await client.send(request("/v1/projects/1/events"))
    await client.until(b"data: 1\n")
    limits = live.gateway.limits
    assert (limits.in_flight, limits.streams) == (0, 1)
    go_on.set()
    await client.until(b"data: 2\n")
    await client.close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await gone.wait()
    assert limits.streams == 0


async def test_service_learns_that_the_client_is_gone(live: Running, service: FakeService) -> None:
    hang = Hang()
    service.handlers["/v1/projects"] = hang
    client = await live.connect()
    await client.send(request())
    await hang.begun.wait()
    await client.close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await hang.gone.wait()


async def test_slow_client_slows_the_service_down(live: Running, service: FakeService) -> None:
    size = 64 * 1024 * 1024
    sent = 0
    stalled = asyncio.Event()

    async def flood(received: Received, wire: Wire) -> None:
        nonlocal sent
        await wire.send(answers(f"HTTP/1.1 200 OK\nContent-Length: {size}"))
        while sent < size:
            try:
                async with asyncio.timeout(1):
                    await wire.send(b"x" * 65536)
            except TimeoutError:
                stalled.set()
                await wire.writer.drain()
            sent += 65536

    service.handlers["/v1/projects"] = flood
    client = await live.connect()
    await client.send(request())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await stalled.wait()
    # Socket buffers hold some megabytes; the gateway itself next to nothing.
    assert sent < size / 2
    await client.until(b"\r\n\r\n")
    total = len(client._rest)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while total < size:
            total += len(await client.reader.read(1 << 20))
    assert total == size
    await client.close()
