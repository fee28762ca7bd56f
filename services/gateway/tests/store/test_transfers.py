"""Transfers to a store that the test controls: how they end, whatever happens and whenever."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.testing.client import answers, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire
from gateway.testing.store import HOST, PATH, UPLOAD, looks_signed
from gateway.testing.transfers import (
    LINES,
    SIZE,
    TARGET,
    Reading,
    download,
    taken,
    until_idle,
    upload,
)
from stagify.testing import eventually

MakeGateway = Callable[..., Awaitable[Running]]


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
