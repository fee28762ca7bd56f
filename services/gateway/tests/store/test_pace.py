"""How slow transfers may be, and how many there may be."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

from gateway.testing.client import answers, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire
from gateway.testing.store import PATH, UPLOAD, looks_signed
from gateway.testing.transfers import (
    SIZE,
    Reading,
    download,
    sweep_until_answered,
    taken,
    until_idle,
    upload,
)
from stagify.testing import eventually

MakeGateway = Callable[..., Awaitable[Running]]


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

    async def test_an_upload_that_keeps_pace_goes_on(
        self, make_relay: MakeGateway, service: FakeService
    ) -> None:
        live = await make_relay(transfer_span_seconds=0.001, transfer_min_bytes_per_second=10_000)
        service.early[PATH] = reading = Reading()
        client = await live.connect()
        await client.send(upload(sent=10))
        for sent in range(10, 60, 10):
            await eventually(lambda sent=sent: reading.got == sent)  # type: ignore[misc]
            # Ten bytes in each span, the fewest that are allowed, and the span has passed.
            await live.run(lambda: live.gateway.listener.sweep(monotonic() + 1))
            await client.send(bytes(10))
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
