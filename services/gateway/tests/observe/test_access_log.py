"""The access log: what a line says, that no client can forge one, and that no request waits."""

import asyncio
import json
import os
import re
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from gateway.observe.log_writer import LogWriter
from gateway.settings import Settings
from gateway.testing.client import BEARER, KEY, SESSION, Client, answers, request
from gateway.testing.identity import Identity
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire
from stagify.testing.context import ContextKeys
from stagify.testing.waiting import PATIENCE_SECONDS

MakeGateway = Callable[..., Awaitable[Running]]

TRACE = "0af7651916cd43dd8448eb211c80319c"
FIELDS = {
    "time",
    "method",
    "path",
    "status",
    "code",
    "bytes",
    "duration_ms",
    "tenant_id",
    "principal",
    "request_id",
    "trace_id",
    "upstream",
    "upstream_ms",
}


class Logged:
    """A gateway that logs to a file."""

    def __init__(self, live: Running, path: Path) -> None:
        self.live = live
        self.path = path

    async def lines(self) -> list[dict[str, Any]]:
        """Every line so far; the gateway stops."""
        await self.live.stop()
        return [json.loads(line) for line in self.path.read_text().splitlines()]


MakeLogged = Callable[..., Awaitable[Logged]]


@pytest.fixture
def make_logged(make_gateway: MakeGateway, tmp_path: Path) -> MakeLogged:
    """Start a gateway that logs to a file, with some settings of its own."""

    async def make(**changes: Any) -> Logged:
        path = tmp_path / "access.log"
        return Logged(await make_gateway(access_log=path, **changes), path)

    return make


@pytest.fixture
async def logged(make_logged: MakeLogged) -> Logged:
    """A gateway that logs to a file."""
    return await make_logged()


class TestLine:
    async def test_says_who_asked_what_and_how_it_went(
        self, logged: Logged, service: FakeService, context_keys: ContextKeys
    ) -> None:
        tenant_id = await logged.live.add_tenant()
        Identity(service, context_keys).add(tenant_id, KEY)
        answer = await logged.live.get(
            request(
                "/v1/projects?token=private",
                BEARER,
                f"traceparent: 00-{TRACE}-b7ad6b7169203331-01",
                "x-request-id: request-0001",
            )
        )
        assert answer.status == 200
        (line,) = await logged.lines()
        assert set(line) == FIELDS
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert (line["method"], line["path"], line["status"]) == ("GET", "/v1/projects", 200)
        assert (line["tenant_id"], line["principal"]) == (str(tenant_id), "api_key")
        assert (line["request_id"], line["trace_id"]) == ("request-0001", TRACE)
        assert (line["upstream"], line["code"]) == ("staging-svc", "")
        assert line["bytes"] > len(answer.body)
        assert 0 < line["upstream_ms"] <= line["duration_ms"] < 10_000

    async def test_holds_no_credential_and_no_query(
        self, logged: Logged, service: FakeService, context_keys: ContextKeys
    ) -> None:
        tenant_id = await logged.live.add_tenant()
        identity = Identity(service, context_keys)
        identity.add(tenant_id, KEY)
        identity.add(tenant_id, SESSION)
        for line in (BEARER, f"Cookie: __Host-stagify_session={SESSION}"):
            await logged.live.get(request("/v1/projects?cursor=hidden", line))
        first, second = await logged.lines()
        assert (first["principal"], second["principal"]) == ("api_key", "user")
        text = logged.path.read_text()
        assert not [secret for secret in (KEY, SESSION, "hidden", "127.0.0.1") if secret in text]

    async def test_request_without_a_caller_has_only_a_tenant(self, logged: Logged) -> None:
        await logged.live.get(request())
        await logged.live.get(request("/v1/slugs/acme", host="app.stagify.test"))
        visitor, platform = await logged.lines()
        assert UUID(visitor["tenant_id"])
        assert visitor["principal"] == "anonymous"
        assert (platform["tenant_id"], platform["principal"]) == ("", "platform")

    async def test_every_request_of_a_connection_has_its_line(self, logged: Logged) -> None:
        client = await logged.live.connect()
        await client.send(b"".join(request(f"/v1/projects/{n}") for n in range(5)))
        for _ in range(5):
            await client.answer()
        await client.close()
        assert [line["path"][-1] for line in await logged.lines()] == list("01234")

    async def test_long_path_is_cut(self, logged: Logged) -> None:
        await logged.live.get(request("/v1/projects/" + "x" * 5000))
        (line,) = await logged.lines()
        assert len(line["path"]) == 1024


class TestRefusals:
    @pytest.mark.parametrize(
        ("sent", "status", "code"),
        [
            (b"nonsense\r\n\r\n", 400, "malformed_request"),
            (request("/v1/projects", "Host: other"), 400, "invalid_host"),
            (request("/v1/projects", BEARER), 401, "invalid_credential"),
            (request("/nowhere"), 404, "not_found"),
            (request(host="nobody.stagify.test"), 404, "unknown_host"),
            (request("/" + "x" * 9000), 414, "uri_too_long"),
        ],
    )
    async def test_refused_request_has_a_line(
        self,
        logged: Logged,
        service: FakeService,
        context_keys: ContextKeys,
        sent: bytes,
        status: int,
        code: str,
    ) -> None:
        Identity(service, context_keys)
        answer = await logged.live.get(sent)
        (line,) = await logged.lines()
        assert (line["status"], line["code"]) == (answer.status, answer.code) == (status, code)
        assert line["request_id"] == answer.headers["x-request-id"]
        assert (line["upstream"], line["upstream_ms"]) == ("", 0)

    async def test_shed_requests_have_lines(self, make_logged: MakeLogged) -> None:
        logged = await make_logged(address_burst=1, address_requests_per_second=0.01)
        for _ in range(2):
            await logged.live.get(request())
        served, shed = await logged.lines()
        assert (served["status"], shed["status"], shed["code"]) == (200, 429, "rate_limited")

    async def test_connections_over_the_limit_have_lines(self, make_logged: MakeLogged) -> None:
        logged = await make_logged(max_connections=1)
        first = await logged.live.connect()
        # An idle one would make room.
        lines = ("Content-Length: 2", "Expect: 100-continue")
        await first.send(request("/v1/projects", *lines, method="POST"))
        await first.until(b"100 Continue\r\n\r\n")
        second = await logged.live.connect()
        assert (await second.answer()).status == 503
        await second.close()
        await first.send(b"{}")
        assert (await first.answer()).status == 200
        await first.close()
        assert [(line["status"], line["code"]) for line in await logged.lines()] == [
            (503, "overloaded"),
            (200, ""),
        ]

    async def test_service_that_is_away_is_named(
        self, logged: Logged, service: FakeService
    ) -> None:
        service.stop()
        assert (await logged.live.get(request())).status == 503
        (line,) = await logged.lines()
        assert (line["status"], line["code"]) == (503, "upstream_unavailable")
        assert line["upstream"] == "staging-svc"


class TestUnusualEnds:
    async def test_client_that_leaves_before_the_answer(
        self, logged: Logged, service: FakeService
    ) -> None:
        arrived, gone = asyncio.Event(), asyncio.Event()

        async def hang(received: Received, wire: Wire) -> None:
            arrived.set()
            await wire.wait_closed_by_peer()
            gone.set()

        service.handlers["/v1/projects"] = hang
        client = await logged.live.connect()
        await client.send(request())
        await arrived.wait()
        await client.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await gone.wait()
        (line,) = await logged.lines()
        assert (line["status"], line["code"], line["bytes"]) == (0, "client_gone", 0)

    async def test_answer_that_breaks_off(self, logged: Logged, service: FakeService) -> None:
        async def break_off(received: Received, wire: Wire) -> None:
            await wire.send(answers("HTTP/1.1 200 OK\nContent-Length: 100", b"only a part"))
            wire.writer.close()

        service.handlers["/v1/projects"] = break_off
        client = await logged.live.connect()
        await client.send(request())
        with pytest.raises((EOFError, ConnectionError)):
            await client.answer()
        await client.close()
        (line,) = await logged.lines()
        assert (line["status"], line["code"]) == (200, "broken_off")

    async def test_stream_is_logged_when_it_is_cut_off(
        self, logged: Logged, service: FakeService
    ) -> None:
        async def stream(received: Received, wire: Wire) -> None:
            head = answers("HTTP/1.1 200 OK\nContent-Type: text/event-stream")
            await wire.send(head + b"data: 1\n\n")
            await wire.wait_closed_by_peer()

        service.handlers["/v1/projects"] = stream
        client = await logged.live.connect()
        await client.send(request())
        await client.until(b"data: 1\n\n")
        (line,) = await logged.lines()
        assert (line["status"], line["code"]) == (200, "stopping")
        await client.close()


FORGERIES = [
    b'GET /v1/projects","status":200} HTTP/1.1\r\nHost: acme.stagify.test\r\n\r\n',
    b"GET /v1/projects\\u0022 HTTP/1.1\r\nHost: acme.stagify.test\r\n\r\n",
    b'GET /v1/projects HTTP/1.1\r\nHost: acme.stagify.test\r\nX-Request-Id: a"}\\n{"x":1\r\n\r\n',
    b'GET /v1/projects HTTP/1.1\r\nHost: acme.stagify.test\r\ntraceparent: 00-"}{-1-01\r\n\r\n',
    b'GET /v1/projects HTTP/1.1\r\nHost: a"}{".test\r\n\r\n',
    b"GET /v1/projects\n{} HTTP/1.1\r\nHost: acme.stagify.test\r\n\r\n",
    b'"}\n{"time":"x" /v1/projects HTTP/1.1\r\nHost: acme.stagify.test\r\n\r\n',
    b"GET /v1/projects/%22%7D%0A HTTP/1.1\r\nHost: acme.stagify.test\r\n\r\n",
    b"GET /v1/\xff\xfe HTTP/1.1\r\nHost: acme.stagify.test\r\n\r\n",
]


async def test_no_bytes_of_a_client_forge_a_line(logged: Logged) -> None:
    random_paths = [b"GET /v1/" + bytes([byte]) + b"x HTTP/1.1\r\n" for byte in range(256)]
    sent = [*FORGERIES, *(path + b"Host: acme.stagify.test\r\n\r\n" for path in random_paths)]
    for data in sent:
        client = await logged.live.connect()
        await client.send(data)
        await _one_answer(client)
    lines = await logged.lines()
    assert all(set(line) == FIELDS for line in lines)
    # A line break in a target makes no second line: each request has one, and two requests have two.
    assert len(lines) == len(sent)


async def _one_answer(client: Client) -> None:
    await client.answer()
    await client.close()


class TestWriter:
    def test_renamed_file_is_followed_by_a_new_one(self, tmp_path: Path) -> None:
        path = tmp_path / "access.log"
        writer = LogWriter(path)
        writer.put(b"1\n", 1)
        _wait_for(path, b"1\n")
        path.rename(tmp_path / "access.log.1")
        writer.put(b"2\n", 1)
        writer.close(10)
        assert (tmp_path / "access.log.1").read_bytes() == b"1\n"
        assert path.read_bytes() == b"2\n"
        assert path.stat().st_mode & 0o007 == 0

    def test_stalled_reader_loses_lines_and_delays_nobody(self, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer = LogWriter(path, max_waiting_bytes=1_000_000)
        piece = b"x" * 99_999 + b"\n"
        for _ in range(30):
            writer.put(piece, 1)
        # What fits waits, the rest is counted; then the reader comes back.
        assert writer.lost >= 20
        os.set_blocking(reader, True)
        chunks: list[bytes] = []
        draining = threading.Thread(
            target=lambda: chunks.extend(iter(lambda: os.read(reader, 1 << 16), b""))
        )
        draining.start()
        writer.close(10)
        draining.join(10)
        os.close(reader)
        assert b"".join(chunks) == piece * (30 - writer.lost)

    def test_what_cannot_be_written_is_counted(self, tmp_path: Path) -> None:
        folder = tmp_path / "logs"
        folder.mkdir()
        writer = LogWriter(folder / "access.log")
        (folder / "access.log").unlink()
        folder.rmdir()
        writer.put(b"1\n2\n", 2)
        writer.close(10)
        assert writer.lost == 2


def _wait_for(path: Path, content: bytes) -> None:
    event = threading.Event()
    for _ in range(1000):
        if path.read_bytes() == content:
            return
        event.wait(0.01)
    raise AssertionError(f"{path} never held {content!r}")


def test_file_in_a_missing_folder_is_refused_at_the_start(context_keys: ContextKeys) -> None:
    url = "http://127.0.0.1:1"
    names = ("tenant_svc_url", "identity_svc_url", "staging_svc_url", "usage_svc_url")
    with pytest.raises(ValidationError, match="access_log"):
        Settings(
            **{
                **dict.fromkeys(names, url),
                **context_keys.settings("gateway"),
                "environment": "test",
                "kafka_bootstrap_servers": "127.0.0.1:1",
                "access_log": "/no/such/folder/access.log",
            }
        )
