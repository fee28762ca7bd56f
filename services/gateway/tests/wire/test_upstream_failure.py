"""A service that breaks off, is not there, or does not speak HTTP."""

import asyncio
from contextlib import suppress

import pytest

from gateway.testing.client import Answer, answers, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire


def vanish_once(service: FakeService) -> None:
    """Let it close the connection on the second request, and answer all others."""

    async def handle(received: Received, wire: Wire) -> None:
        if len(service.received) == 2:
            wire.close()
        else:
            await wire.respond()

    service.handlers["/v1/projects"] = handle


class TestUpstreamFailure:
    async def test_request_is_repeated_when_a_kept_connection_has_just_ended(
        self, live: Running, service: FakeService
    ) -> None:
        vanish_once(service)
        client = await live.connect()
        for _ in range(2):
            await client.send(request())
            assert (await client.answer()).status == 200
        assert len(service.received) == 3
        await client.close()

    async def test_post_is_not_repeated(self, live: Running, service: FakeService) -> None:
        answer = await self._post_on_ending_connection(live, service)
        assert (answer.status, answer.code) == (502, "upstream_failed")
        assert len(service.received) == 2

    async def test_post_with_idempotency_key_is_repeated(
        self, live: Running, service: FakeService
    ) -> None:
        answer = await self._post_on_ending_connection(live, service, "Idempotency-Key: k1")
        assert answer.status == 200
        assert [received.body for received in service.received] == [b"body"] * 3

    @staticmethod
    async def _post_on_ending_connection(
        live: Running, service: FakeService, *lines: str
    ) -> Answer:
        vanish_once(service)
        client = await live.connect()
        for _ in range(2):
            await client.send(request("/v1/projects", *lines, method="POST", body=b"body"))
            answer = await client.answer()
        await client.close()
        return answer

    async def test_request_is_repeated_once(self, live: Running, service: FakeService) -> None:
        async def vanish(received: Received, wire: Wire) -> None:
            wire.close()

        service.handlers["/v1/projects"] = vanish
        answer = await live.get(request())
        assert (answer.status, answer.code) == (502, "upstream_failed")
        assert len(service.received) == 2

    async def test_request_whose_answer_has_begun_is_not_repeated(
        self, live: Running, service: FakeService
    ) -> None:
        async def break_off(received: Received, wire: Wire) -> None:
            await wire.send(b"HTTP/1.1 200")
            wire.close()

        service.handlers["/v1/projects"] = break_off
        answer = await live.get(request())
        assert (answer.status, answer.code) == (502, "upstream_failed")
        assert len(service.received) == 1

    async def test_post_never_meets_a_connection_that_has_ended(
        self, live: Running, service: FakeService
    ) -> None:
        kept: list[Wire] = []

        async def keep(received: Received, wire: Wire) -> None:
            kept.append(wire)
            await wire.respond()

        service.handlers["/v1/projects"] = keep
        post = request("/v1/projects", method="POST", body=b"body")
        client = await live.connect()
        await client.send(post)
        assert (await client.answer()).status == 200

        def send_and_close() -> None:
            # It holds up the gateway's loop, which therefore finds both in one turn, and the
            # request first.
            asyncio.run_coroutine_threadsafe(client.send(post), loop).result(10)
            asyncio.run_coroutine_threadsafe(_close(kept[0]), loop).result(10)

        loop = asyncio.get_running_loop()
        for _ in range(20):
            await live.run(send_and_close)
            assert (await client.answer()).status == 200
            kept.pop(0)
        await client.close()

    async def test_service_that_is_not_there_is_unavailable(
        self, live: Running, service: FakeService
    ) -> None:
        service.stop()
        answer = await live.get(request())
        assert (answer.status, answer.code) == (503, "upstream_unavailable")
        assert answer.headers["retry-after"] == "1"
        await service.start()
        assert (await live.get(request())).status == 200

    @pytest.mark.parametrize(
        "sent",
        [
            b"nonsense\r\n\r\n",
            answers("HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3", b"ok"),
            answers("HTTP/1.1 200 OK\nContent-Length: 2\nTransfer-Encoding: chunked", b"ok"),
            answers("HTTP/1.1 200 OK\nTransfer-Encoding: gzip", b"ok"),
            answers("HTTP/1.1 200 OK\nX_Y", b""),
            answers("HTTP/1.1 200 OK\nX: a\rb\nContent-Length: 0"),
            answers("HTTP/1.1 101 Switching Protocols\nUpgrade: h2c"),
            answers("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zz\r\n"),
        ],
    )
    async def test_answer_that_is_not_http_is_never_passed_on(
        self, live: Running, service: FakeService, sent: bytes
    ) -> None:
        async def respond(received: Received, wire: Wire) -> None:
            await wire.send(sent)

        service.handlers["/v1/projects"] = respond
        answer = await live.get(request())
        assert (answer.status, answer.code) == (502, "upstream_failed")

    @pytest.mark.parametrize(
        "sent",
        [
            answers("HTTP/1.1 200 OK\nContent-Length: 100", b"only a part"),
            answers("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"5\r\nhello\r\n"),
        ],
    )
    async def test_client_sees_that_an_answer_broke_off(
        self, live: Running, service: FakeService, sent: bytes
    ) -> None:
        async def respond(received: Received, wire: Wire) -> None:
            await wire.send(sent)
            wire.writer.close()

        service.handlers["/v1/projects"] = respond
        client = await live.connect()
        await client.send(request())
        with pytest.raises((EOFError, ConnectionError)):
            await client.answer()
        await client.close()

    async def test_bytes_nobody_asked_for_end_the_connection(
        self, live: Running, service: FakeService
    ) -> None:
        async def respond(received: Received, wire: Wire) -> None:
            ok = answers("HTTP/1.1 200 OK\nContent-Length: 2", b"ok")
            await wire.send(ok + answers("HTTP/1.1 200 OK\nContent-Length: 6", b"poison"))

        service.handlers["/v1/projects"] = respond
        client = await live.connect()
        for _ in range(3):
            await client.send(request())
            assert (await client.answer()).body == b"ok"
        assert service.connections == 3
        await client.close()


async def _close(wire: Wire) -> None:
    wire.close()
    with suppress(ConnectionError):
        await wire.writer.wait_closed()
