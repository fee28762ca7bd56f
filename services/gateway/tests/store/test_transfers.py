"""Transfers to a store that the test controls: how they end, whatever happens and whenever."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from gateway.testing.client import Client, answers, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire
from gateway.testing.store import HOST, PATH, UPLOAD, looks_signed
from stagify.testing import eventually

MakeGateway = Callable[..., Awaitable[Running]]

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


class TestUploads:
    async def test_the_store_gets_the_signed_request_and_nothing_else(
        self, relay: Running, service: FakeService
    ) -> None:
        sent = request(
            TARGET,
            *LINES,
            "Origin: http://acme.stagify.test",
            "Cookie: a=b",
            "Authorization: Bearer x",
            "Accept: */*",
            "User-Agent: x",
            "X-Amz-Acl: public-read",
            "X-Request-Id: 12345678",
            "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "X-Forwarded-For: 1.2.3.4",
            "Content-MD5: x",
            method="PUT",
            host=HOST,
            body=b"photo",
        )
        assert (await relay.get(sent)).status == 200
        [received] = service.received
        assert (received.method, received.target, received.body) == ("PUT", TARGET, b"photo")
        assert sorted(received.headers) == [
            ("content-length", "5"),
            ("content-type", "image/jpeg"),
            ("host", HOST),
            ("if-none-match", "*"),
        ]

    async def test_what_the_store_says_of_itself_is_not_passed_on(
        self, relay: Running, service: FakeService
    ) -> None:
        service.early[PATH] = Reading()
        answer = await relay.get(upload())
        assert (answer.status, answer.headers["etag"]) == (200, '"e"')
        assert not {"server", "x-amz-id-2"} & answer.headers.keys()
        assert answer.headers["cache-control"] == "no-store"

    async def test_one_upload_at_a_time_for_each_ticket(
        self, relay: Running, service: FakeService
    ) -> None:
        service.early[PATH] = reading = Reading()
        first = await relay.connect()
        await first.send(upload(sent=10))
        await reading.begun.wait()
        second = await relay.get(upload())
        assert (second.status, second.code) == (409, "upload_in_progress")
        assert second.headers["retry-after"] == "1"
        # Another ticket is not concerned.
        other = PATH.replace("uploads/", "uploads/0")
        assert (await relay.get(upload(4, target=looks_signed(other, UPLOAD)))).status == 200
        await first.send(bytes(SIZE - 10))
        assert (await first.answer()).status == 200
        await until_idle(relay)
        await first.close()

    async def test_a_header_twice_is_refused(self, relay: Running, service: FakeService) -> None:
        sent = request(TARGET, *LINES, "if-none-match: x", method="PUT", host=HOST, body=b"x")
        assert (await relay.get(sent)).code == "repeated_header"
        assert service.received == []
        assert taken(relay) == 0

    async def test_a_store_that_does_not_read_holds_the_client_up(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay()
        begun, go_on = asyncio.Event(), asyncio.Event()
        reading = Reading(32 * 1024 * 1024)

        async def wait(received: Received, wire: Wire) -> None:
            begun.set()
            await go_on.wait()
            await reading(received, wire)

        service.early[PATH] = wait
        client = await live.connect()
        client.writer.transport.set_write_buffer_limits(high=64 * 1024)
        sending = asyncio.ensure_future(client.send(upload(reading.size)))
        await begun.wait()
        # Both kernels and the gateway take some of it, but not all.
        done, _ = await asyncio.wait({sending}, timeout=0.3)
        assert not done

        def kept() -> int:
            assert live.gateway.store is not None
            [upstream] = live.gateway.store.service._all
            return upstream._transport.get_write_buffer_size()

        assert await live.run(kept) < 1024 * 1024
        go_on.set()
        await sending
        assert (await client.answer()).status == 200
        assert reading.got == reading.size
        await client.close()


class TestEnds:
    @pytest.mark.parametrize("sent", [0, 1, 70_000, SIZE - 1])
    async def test_client_leaves(self, relay: Running, service: FakeService, sent: int) -> None:
        service.early[PATH] = reading = Reading()
        client = await relay.connect()
        await client.send(upload(sent=sent))
        await reading.begun.wait()
        await client.close()
        await until_idle(relay)
        await reading.ended.wait()
        assert reading.got == sent
        # The next one gets a connection of its own.
        service.early.clear()
        assert (await relay.get(upload(8))).status == 200
        assert service.connections == 2

    async def test_client_leaves_within_the_head(self, relay: Running) -> None:
        client = await relay.connect()
        await client.send(upload(sent=0)[:-10])
        await client.close()
        assert taken(relay) == 0

    @pytest.mark.parametrize("read", [0, 1, 70_000, SIZE - 1])
    async def test_store_leaves(self, relay: Running, service: FakeService, read: int) -> None:
        reading = Reading(read)

        async def leave(received: Received, wire: Wire) -> None:
            await reading.read(received, wire)
            wire.close()

        service.early[PATH] = leave
        client = await relay.connect()
        await client.send(upload(sent=min(read + 1, SIZE)))
        answer = await client.answer()
        assert (answer.status, answer.code) == (502, "upstream_failed")
        await client.close()
        await until_idle(relay)

    @pytest.mark.parametrize("sent", [0, 70_000, SIZE - 1])
    async def test_store_answers_early(
        self, relay: Running, service: FakeService, sent: int
    ) -> None:
        reading = Reading(sent)

        async def refuse(received: Received, wire: Wire) -> None:
            await reading.read(received, wire)
            await wire.respond(b"<Error/>", "403 Forbidden")
            await wire.wait_closed_by_peer()
            reading.ended.set()

        service.early[PATH] = refuse
        client = await relay.connect()
        await client.send(upload(sent=sent))
        answer = await client.answer()
        assert (answer.status, answer.body) == (403, b"<Error/>")
        assert answer.headers["connection"] == "close"
        await until_idle(relay)
        # A connection with half a request in it is never used again.
        await reading.ended.wait()
        service.early.clear()
        assert (await relay.get(upload(8))).status == 200
        assert service.connections == 2
        await client.close()

    async def test_client_that_goes_on_after_an_early_answer_still_gets_it(
        self, relay: Running, service: FakeService
    ) -> None:
        async def refuse(received: Received, wire: Wire) -> None:
            await wire.respond(b"<Error/>", "403 Forbidden")
            await wire.wait_closed_by_peer()

        service.early[PATH] = refuse
        client = await relay.connect()
        await client.send(upload())
        assert (await client.answer()).status == 403
        await client.close()

    async def test_store_is_away(self, relay: Running, service: FakeService) -> None:
        service.stop()
        client = await relay.connect()
        await client.send(upload())
        answer = await client.answer()
        assert (answer.status, answer.code) == (503, "upstream_unavailable")
        assert taken(relay) == 0
        await client.close()
        await service.start()
        assert (await relay.get(upload(8))).status == 200

    async def test_store_breaks_off_a_download(self, relay: Running, service: FakeService) -> None:
        async def break_off(received: Received, wire: Wire) -> None:
            await wire.send(answers("HTTP/1.1 200 OK\nContent-Length: 100", b"only a part"))
            wire.writer.close()

        service.handlers[PATH] = break_off
        client = await relay.connect()
        await client.send(download())
        with pytest.raises((EOFError, ConnectionError)):
            await client.answer()
        await until_idle(relay)
        await client.close()

    async def test_client_leaves_within_a_download(
        self, relay: Running, service: FakeService
    ) -> None:
        gone = asyncio.Event()

        async def stream(received: Received, wire: Wire) -> None:
            await wire.send(answers(f"HTTP/1.1 200 OK\nContent-Length: {2**30}", b"some"))
            await wire.wait_closed_by_peer()
            gone.set()

        service.handlers[PATH] = stream
        client = await relay.connect()
        await client.send(download())
        await client.until(b"some")
        assert taken(relay) == 1
        await client.close()
        await gone.wait()
        assert taken(relay) == 0

    async def test_the_gateway_stops(self, make_relay: MakeGateway, service: FakeService) -> None:
        live = await make_relay()
        service.early[PATH] = reading = Reading()
        client = await live.connect()
        await client.send(upload(sent=10))
        await reading.begun.wait()
        stopping = asyncio.ensure_future(live.run(lambda: live.gateway.listener.drain(10)))
        await eventually(lambda: live.gateway.connections.is_draining)
        await client.send(bytes(SIZE - 10))
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        await client.everything()
        await stopping
        assert reading.got == SIZE
        await client.close()


class TestPace:
    async def test_a_dripping_upload_is_cut(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(transfer_span_seconds=0.01)
        service.early[PATH] = reading = Reading()
        client = await live.connect()
        await client.send(upload(sent=10))
        await reading.begun.wait()
        answer = await sweep_until_answered(live, client)
        assert (answer.status, answer.code) == (408, "transfer_too_slow")
        assert answer.headers["connection"] == "close"
        await reading.ended.wait()
        assert (reading.got, taken(live)) == (10, 0)
        await client.close()

    async def test_an_upload_has_an_end(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(transfer_timeout_seconds=0.01, transfer_min_bytes_per_second=1)
        service.early[PATH] = Reading()
        client = await live.connect()
        await client.send(upload(sent=SIZE // 2))
        answer = await sweep_until_answered(live, client)
        assert (answer.status, answer.code) == (408, "transfer_too_slow")
        assert taken(live) == 0
        await client.close()

    async def test_a_fast_upload_goes_on(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(transfer_span_seconds=0.001, transfer_min_bytes_per_second=1000)
        service.early[PATH] = reading = Reading()
        client = await live.connect()
        await client.send(upload(sent=10))
        await reading.begun.wait()
        for _ in range(5):
            # A byte in each span is the slowest that is allowed.
            await client.send(bytes(10))
            got = reading.got
            await eventually(lambda got=got: reading.got >= got)  # type: ignore[misc]
        await client.send(bytes(SIZE - 60))
        assert (await client.answer()).status == 200
        await client.close()

    async def test_a_store_that_stops_reading_is_blamed(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(transfer_span_seconds=0.05)
        begun, gone = asyncio.Event(), asyncio.Event()

        async def hang(received: Received, wire: Wire) -> None:
            wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
            begun.set()
            await gone.wait()

        service.early[PATH] = hang
        client = await live.connect()
        size = 64 * 1024 * 1024
        sending = asyncio.ensure_future(client.send(upload(size)))
        await begun.wait()
        answer = await sweep_until_answered(live, client)
        assert (answer.status, answer.code) == (504, "upstream_timeout")
        gone.set()
        sending.cancel()
        await asyncio.wait({sending})
        assert taken(live) == 0
        await client.close()

    async def test_a_store_that_never_answers_is_given_up(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(response_timeout_seconds=0.01)

        async def hang(received: Received, wire: Wire) -> None:
            await wire.wait_closed_by_peer()

        service.handlers[PATH] = hang
        client = await live.connect()
        await client.send(download())
        answer = await sweep_until_answered(live, client)
        assert (answer.status, answer.code) == (504, "upstream_timeout")
        assert taken(live) == 0
        await client.close()

    async def test_a_client_that_does_not_read_is_cut(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(transfer_span_seconds=0.01)
        gone = asyncio.Event()

        async def stream(received: Received, wire: Wire) -> None:
            await wire.send(answers(f"HTTP/1.1 200 OK\nContent-Length: {2**30}"))
            with suppress(ConnectionError):
                while True:
                    await wire.send(bytes(65536))
            gone.set()

        service.handlers[PATH] = stream
        client = await live.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(download())

        async def look() -> bool:
            await live.run(lambda: live.gateway.listener.sweep(monotonic()))
            return gone.is_set()

        await eventually(look)
        assert taken(live) == 0
        await client.close()


class TestPlaces:
    async def test_of_one_address(self, make_relay: MakeGateway, service: FakeService) -> None:
        live = await make_relay(
            address_max_transfers=2, trusted_proxies=("127.0.0.0/8",), tenant_max_in_flight=1
        )
        begun = [Reading() for _ in range(2)]
        clients = []
        for number, reading in enumerate(begun):
            path = f"{PATH}{number}"
            service.early[path] = reading
            client = await live.connect()
            clients.append(client)
            await client.send(upload(sent=1, target=looks_signed(path, UPLOAD)))
            await reading.begun.wait()
        answer = await live.get(download())
        assert (answer.status, answer.code) == (429, "too_many_transfers")
        # Somebody else is not concerned, nor is the tenant.
        assert (await live.get(download(None, "X-Forwarded-For: 203.0.113.9"))).status == 200
        assert (await live.get(request("/v1/branding"))).status == 200
        for client in clients:
            await client.close()
        await until_idle(live)
        assert (await live.get(download())).status == 200

    async def test_uploads_leave_some_for_downloads(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(max_transfers=4)
        clients = []
        for number in range(3):
            service.early[f"{PATH}{number}"] = reading = Reading()
            client = await live.connect()
            clients.append(client)
            await client.send(upload(sent=1, target=looks_signed(f"{PATH}{number}", UPLOAD)))
            await reading.begun.wait()
        assert (await live.get(upload(8))).code == "overloaded"
        assert (await live.get(download())).status == 200
        for client in clients:
            await client.close()

    async def test_requests_of_one_address(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(address_burst=3, address_requests_per_second=0.001)
        statuses = [(await live.get(download())).status for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert len(service.received) == 3


class TestPages:
    ORIGIN = "http://acme.stagify.test"

    def preflight(self, origin: str, method: str = "PUT", headers: str = "content-type") -> bytes:
        """What a browser asks first."""
        return request(
            TARGET,
            f"Origin: {origin}",
            f"Access-Control-Request-Method: {method}",
            f"Access-Control-Request-Headers: {headers}",
            method="OPTIONS",
            host=HOST,
        )

    async def test_preflight(self, make_relay: MakeGateway, service: FakeService) -> None:
        live = await make_relay(public_scheme="http")
        asked = self.preflight(self.ORIGIN, headers="content-type, If-None-Match")
        answer = await live.get(asked)
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == self.ORIGIN
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD, PUT"
        allowed = answer.headers["access-control-allow-headers"].split(", ")
        assert {"content-type", "if-none-match"} <= set(allowed)
        assert "*" not in allowed
        assert answer.headers["vary"] == "origin"
        assert int(answer.headers["access-control-max-age"]) > 0
        assert service.received == []
        # So that a page can read why its link is refused.
        assert (await live.get(asked.replace(TARGET.encode(), b"/"))).status == 204
        app = await live.get(self.preflight("http://app.stagify.test"))
        assert app.status == 204

    @pytest.mark.parametrize(
        "origin",
        [
            "https://acme.stagify.test",
            "http://acme.stagify.test:8080",
            "http://acme.stagify.test.",
            "http://ACME.stagify.test",
            "http://acme.stagify.test/",
            "http://nobody.stagify.test",
            "http://gone.stagify.test",
            "http://objects.stagify.test",
            "http://stagify.test",
            "http://evil.test",
            "http://acme.stagify.test.evil.test",
            "http://evil-acme.stagify.test",
            "http://",
            "null",
            "*",
        ],
    )
    async def test_pages_of_others(
        self, make_relay: MakeGateway, service: FakeService, origin: str
    ) -> None:
        live = await make_relay(public_scheme="http")
        await live.add_tenant("gone", status="suspended")
        answer = await live.get(self.preflight(origin))
        assert (answer.status, answer.code) == (403, "origin_not_allowed")
        assert "access-control-allow-origin" not in answer.headers
        used = await live.get(download(None, f"Origin: {origin}"))
        assert used.status == 200
        assert "access-control-allow-origin" not in used.headers
        assert used.headers["vary"] == "origin"

    @pytest.mark.parametrize(
        ("method", "headers"),
        [
            ("DELETE", "content-type"),
            ("POST", ""),
            ("put", ""),
            ("PUT", "x-amz-acl"),
            ("PUT", "content-type,x-amz-copy-source"),
            ("PUT", "*"),
            ("PUT", "authorization"),
        ],
    )
    async def test_what_pages_may_not_send(
        self, make_relay: MakeGateway, method: str, headers: str
    ) -> None:
        live = await make_relay(public_scheme="http")
        answer = await live.get(self.preflight(self.ORIGIN, method, headers))
        assert (answer.status, answer.code) == (403, "preflight_not_allowed")

    async def test_a_port_belongs_to_the_origin(self, make_relay: MakeGateway) -> None:
        live = await make_relay(public_scheme="http", base_domain="stagify.test:8080")
        sent = self.preflight("http://acme.stagify.test:8080").replace(
            HOST.encode(), f"{HOST}:8080".encode()
        )
        assert (await live.get(sent)).status == 204
        sent = sent.replace(
            b"Origin: http://acme.stagify.test:8080", b"Origin: " + b"http://acme.stagify.test"
        )
        assert (await live.get(sent)).code == "origin_not_allowed"

    async def test_answers_and_refusals_can_be_read(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(public_scheme="http")
        origin = f"Origin: {self.ORIGIN}"
        answer = await live.get(download(None, origin))
        assert answer.headers["access-control-allow-origin"] == self.ORIGIN
        assert "etag" in answer.headers["access-control-expose-headers"]
        refused = await live.get(download("/", origin))
        assert refused.code == "invalid_link"
        assert refused.headers["access-control-allow-origin"] == self.ORIGIN
        service.stop()
        await live.run(lambda: live.gateway.services[-1].close())
        away = await live.get(download(None, origin))
        assert away.code == "upstream_unavailable"
        assert away.headers["access-control-allow-origin"] == self.ORIGIN
        await service.start()


class TestWhereItBelongs:
    async def test_without_a_store_there_is_no_such_host(self, live: Running) -> None:
        assert (await live.get(download())).code == "unknown_host"

    async def test_no_tenant_gets_the_host(self, relay: Running, service: FakeService) -> None:
        await relay.add_tenant("objects")
        assert (await relay.get(download())).status == 200
        assert (await relay.get(request("/v1/branding", host=HOST))).code == "invalid_link"

    async def test_a_tenant_takes_no_large_body(self, relay: Running) -> None:
        sent = request("/v1/uploads", "Content-Length: 2000000", method="PUT")
        assert (await relay.get(sent)).code == "body_too_large"

    async def test_the_log_and_the_figures(
        self, make_relay: MakeGateway, service: FakeService, tmp_path: Path
    ) -> None:
        path = tmp_path / "access.log"
        live = await make_relay(access_log=str(path))
        service.early[PATH] = Reading()
        assert (await live.get(upload())).status == 200
        assert (await live.get(download("/"))).status == 403
        requests = {
            sample.labels["service"]: sample.value
            for metric in live.gateway.metrics.collect()
            for sample in metric.samples
            if sample.name == "stagify_gateway_requests_total"
        }
        assert requests == {"objectstore": 1}
        assert live.gateway.metering._called == []
        await live.stop()
        text = path.read_text()
        assert "Signature" not in text
        first, second = map(json.loads, text.splitlines())
        assert (first["method"], first["path"], first["status"]) == ("PUT", PATH, 200)
        assert (first["upstream"], first["principal"]) == ("objectstore", "link")
        assert (second["status"], second["code"]) == (403, "invalid_link")
