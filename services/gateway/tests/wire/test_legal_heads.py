"""Random legal heads, sent to the server that the services listen with: what the gateway passes on,
that server takes, and what is refused the gateway refuses, with a problem document.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.testing.client import HOST, Answer
from gateway.testing.running import Running
from gateway.wire.refusals import METHODS
from gateway.wire.request import HeadLimits
from stagify.testing import eventually
from stagify_local.ports import free_port

MakeGateway = Callable[..., Awaitable[Running]]

LIMITS = HeadLimits()
SUITE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
VISIBLE = "".join(map(chr, range(33, 127)))
TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Names that mean something somewhere on the way, and any other.
NAMES = st.sampled_from(
    [
        *("Accept", "Accept-Encoding", "Cache-Control", "Connection", "Content-Encoding"),
        *("Content-Type", "Cookie", "Date", "Expect", "Forwarded", "From", "If-Match"),
        *("If-None-Match", "Idempotency-Key", "Keep-Alive", "Last-Event-ID", "Max-Forwards"),
        *("Origin", "Pragma", "Proxy-Connection", "Range", "Referer", "TE", "Trailer", "Upgrade"),
        *(
            "User-Agent",
            "Via",
            "X-Forwarded-For",
            "X-Request-Id",
            "traceparent",
            "x_stagify_context",
        ),
    ]
) | st.text(TCHAR, min_size=1, max_size=40)
# Visible characters, and the bytes above ASCII that old clients send.
VALUES = st.text(VISIBLE + " \t\xa0\xe9\xff", max_size=60)
LINES = st.lists(st.tuples(NAMES, VALUES), max_size=12)
TARGETS = st.text(VISIBLE, max_size=80) | st.text("abc/.%?&=`~^{}|[]\"'2eEfF05cC", max_size=30)


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[int]:
    """The port of a service on the real server."""
    port = free_port()
    command = (sys.executable, "-m", "gateway.testing.real_server", str(port))
    process = await asyncio.create_subprocess_exec(*command)

    def accepts() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    await eventually(accepts)
    yield port
    process.terminate()
    await process.wait()


@pytest.fixture
async def real(make_gateway: MakeGateway, server: int) -> Running:
    """A gateway whose services listen with the real server."""
    urls = {
        f"{name}_svc_url": f"http://127.0.0.1:{server}"
        for name in ("tenant", "identity", "staging", "usage")
    }
    # Everything comes from one address, as fast as it can.
    return await make_gateway(
        **urls, address_burst=1e9, tenant_burst=1e9, tenant_requests_per_second=1e9
    )


def is_ours(answer: Answer, *, to_head: bool) -> bool:
    """Whether the answer is the app's, or a refusal as it has to be."""
    if answer.status < 400:
        return answer.status in (200, 204)
    if answer.headers.get("content-type") != "application/problem+json":
        return False
    if to_head:
        return True
    problem = json.loads(answer.body)
    return (
        bool(problem["code"])
        and problem["status"] == answer.status
        and problem["request_id"] == answer.headers["x-request-id"]
    )


async def ask(live: Running, method: str, target: str, lines: list[tuple[str, str]]) -> Answer:
    """The answer to a request with these lines."""
    head = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", "Connection: close"]
    head += [f"{name}: {value}" for name, value in lines]
    client = await live.connect()
    try:
        await client.send("\r\n".join(head).encode("latin-1") + b"\r\n\r\n")
        answer = await client.answer(to_head=method == "HEAD")
        while answer.status == 100:
            answer = await client.answer(to_head=method == "HEAD")
        return answer
    finally:
        await client.close()


async def test_every_byte_of_a_path_and_of_a_query(real: Running) -> None:
    for byte in range(33, 127):
        for target in (f"/v1/projects/{chr(byte)}", f"/v1/projects?{chr(byte)}"):
            answer = await ask(real, "GET", target, [])
            assert is_ours(answer, to_head=False), target
    for byte in range(256):
        for target in (f"/v1/projects/%{byte:02x}", f"/v1/projects?x=%{byte:02X}"):
            answer = await ask(real, "GET", target, [])
            assert is_ours(answer, to_head=False), target


@pytest.mark.parametrize("count", range(80, 103))
async def test_any_number_of_header_lines(real: Running, count: int) -> None:
    # Host, Connection and the body's length are three of them.
    lines = [(f"x-{number}", "y") for number in range(count - 3)]
    lines[0] = ("Cookie", "a=b")
    answer = await ask(real, "POST", "/v1/projects", [*lines, ("Content-Length", "0")])
    assert (answer.status == 200) == (count <= LIMITS.max_headers)
    assert is_ours(answer, to_head=False)


async def test_the_largest_head_reaches_its_service(real: Running) -> None:
    target = "/v1/projects?" + "x" * (LIMITS.max_target_bytes - 13)
    rest = LIMITS.max_bytes - len(f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n")
    size = rest // 80
    lines = [(f"x-{number:02}", "y" * (size - 8)) for number in range(80)]
    answer = await ask(real, "GET", target, lines)
    assert answer.status == 200
    answer = await ask(real, "GET", target, [*lines, ("x-more", "y" * 200)])
    assert (answer.status, answer.code) == (431, "headers_too_large")


async def test_head_has_the_length_of_get(real: Running) -> None:
    client = await real.connect()
    for _ in range(2):
        for method in ("GET", "HEAD"):
            head = f"{method} /v1/projects HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
            await client.send(head.encode())
            answer = await client.answer(to_head=method == "HEAD")
            assert (answer.status, answer.headers["content-length"]) == (200, "11")
            assert answer.body == (b"" if method == "HEAD" else b'{"ok":true}')
    await client.close()


@given(method=st.sampled_from(METHODS), target=TARGETS, lines=LINES)
@settings(suppress_health_check=SUITE, deadline=None)
async def test_no_answer_is_somebody_elses(
    real: Running, method: str, target: str, lines: list[tuple[str, str]]
) -> None:
    answer = await ask(real, method, f"/v1/projects/{target}", lines)
    assert is_ours(answer, to_head=method == "HEAD")
