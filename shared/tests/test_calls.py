"""Calls between services, against a server that behaves and one that does not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import orjson
import pytest
from pydantic import SecretStr

from stagify import cause
from stagify.calls import usage
from stagify.calls.client import InternalCallError, InternalClient, UnexpectedAnswerError
from stagify.calls.identity import CredentialLookUp, UnknownCredentialError, look_up_credential
from stagify.calls.usage import QuotaExceededError, ReservationCreate
from stagify.testing import ContextKeys
from stagify.tokens import CONTEXT_HEADER, TokenVerifier
from stagify.transient import is_transient

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[str]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers["content-length"]))
    return head[0].encode(), headers, body


def make_client(keys: ContextKeys, url: str, timeout_seconds: float = 2.0) -> InternalClient:
    signer = keys.signer("staging-svc")
    return InternalClient(url, audience="usage-svc", signer=signer, timeout_seconds=timeout_seconds)


async def test_a_call_carries_token_and_body_and_reuses_its_connection(
    context_keys: ContextKeys, tenant_id: UUID
) -> None:
    connections = 0
    seen: list[tuple[bytes, dict[str, str], bytes]] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for status in ("201 Created", "402 Payment Required"):
            seen.append(await read_request(reader))
            writer.write(answer(status, b'{"code": "quota_exceeded"}'))
        writer.close()

    async with served(handler) as url:
        client = make_client(context_keys, url)
        first = await client.request("POST", "/internal/x", json={"a": 1}, tenant_id=tenant_id)
        second = await client.request("POST", "/internal/x")
        await client.close()
    assert (first.status, first.is_success) == (201, True)
    assert (second.status, second.code) == (402, "quota_exceeded")
    assert connections == 1
    line, headers, body = seen[0]
    assert line == b"POST /internal/x HTTP/1.1"
    assert body == b'{"a":1}'
    principal = TokenVerifier("usage-svc", context_keys.public).verify(headers[CONTEXT_HEADER])
    assert (principal.subject, principal.tenant_id) == ("staging-svc", tenant_id)


async def test_a_call_names_its_actor(context_keys: ContextKeys) -> None:
    seen: list[dict[str, str]] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            _, headers, _ = await read_request(reader)
            seen.append(headers)
            writer.write(answer("200 OK", b"{}"))
        writer.close()

    async with served(handler) as url:
        client = make_client(context_keys, url)
        with cause.scope("user:17", "request-0001"):
            await client.request("GET", "/internal/x")
        await client.request("GET", "/internal/x")
        await client.close()
    assert (seen[0][cause.ACTOR_HEADER], seen[0]["x-request-id"]) == ("user:17", "request-0001")
    assert not seen[1].keys() & {cause.ACTOR_HEADER, "x-request-id"}


async def test_a_connection_closed_meanwhile_is_replaced(context_keys: ContextKeys) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        # Promises to keep the connection, and then closes it.
        writer.write(answer("200 OK", b"{}"))
        await writer.drain()
        writer.close()

    async with served(handler) as url:
        client = make_client(context_keys, url)
        for _ in range(5):
            assert (await client.request("GET", "/internal/x")).status == 200
        await client.close()


async def test_a_chunked_answer(context_keys: ContextKeys) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(b'7\r\n{"a": 1\r\n1\r\n}\r\n0\r\n\r\n')
        writer.close()

    async with served(handler) as url:
        result = await make_client(context_keys, url).request("GET", "/internal/x")
    assert result.body == {"a": 1}


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "half an answer": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "a server error": answer("500 Internal Server Error", b"{}"),
    "unavailable": answer("503 Service Unavailable", b"{}"),
    "too much": answer("200 OK", b"x" * (1024 * 1024 + 1)),
}


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN.keys())
async def test_every_unusable_answer_is_the_same_error(
    context_keys: ContextKeys, reply: bytes
) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(reply)
        writer.close()

    async with served(handler) as url:
        with pytest.raises(InternalCallError):
            await make_client(context_keys, url).request("GET", "/internal/x")


async def test_silence_ends_at_the_deadline(context_keys: ContextKeys) -> None:
    closed = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        closed.set()
        writer.close()

    async with served(handler) as url:
        client = make_client(context_keys, url, timeout_seconds=0.2)
        with pytest.raises(InternalCallError):
            await client.request("GET", "/internal/x")
        # The connection is given up too: its late answer must not meet the next call.
        await asyncio.wait_for(closed.wait(), 5)


async def test_a_server_that_is_not_there(context_keys: ContextKeys) -> None:
    async with served(lambda reader, writer: asyncio.sleep(0)) as url:
        pass
    with pytest.raises(InternalCallError):
        await make_client(context_keys, url).request("GET", "/internal/x")


async def test_a_path_cannot_smuggle_a_header(context_keys: ContextKeys) -> None:
    client = make_client(context_keys, "http://127.0.0.1:1")
    with pytest.raises(ValueError, match="not a path"):
        await client.request("GET", "/internal/x HTTP/1.1\r\nx-evil: 1")


class Usage:
    """A usage-svc that gives the answers it is told to."""

    def __init__(self, status: str, body: bytes = b"") -> None:
        self._answer = answer(status, body)
        self.asked: list[tuple[bytes, bytes]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, _, body = await read_request(reader)
        self.asked.append((line, body))
        writer.write(self._answer)
        writer.close()


async def reserve(keys: ContextKeys, tenant_id: UUID, service: Usage) -> None:
    async with served(service.serve) as url:
        wanted = ReservationCreate(reservation_id=tenant_id, meter="staging", quantity=1)
        await usage.reserve(make_client(keys, url), tenant_id, wanted)


REFUSED = {
    "type": "urn:stagify:problem:quota_exceeded",
    "code": "quota_exceeded",
    "detail": "for us alone",
    "request_id": "r",
    "meter": "staging",
    "used": 3,
    "reserved": 1,
    "limit": 4,
    "resets_at": "2026-12-01T00:00:00Z",
}


class TestTypedCalls:
    async def test_the_request_is_what_the_callee_expects(
        self, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        service = Usage("201 Created", b'{"reservation_id": "x"}')
        await reserve(context_keys, tenant_id, service)
        ((line, body),) = service.asked
        assert line == b"POST /internal/reservations HTTP/1.1"
        assert ReservationCreate.model_validate_json(body).reservation_id == tenant_id

    async def test_a_refusal_is_raised_as_it_was_there(
        self, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        service = Usage("402 Payment Required", orjson.dumps(REFUSED))
        with pytest.raises(QuotaExceededError) as caught:
            await reserve(context_keys, tenant_id, service)
        assert caught.value.detail != REFUSED["detail"]
        members = ("meter", "used", "reserved", "limit", "resets_at")
        assert caught.value.extra == {name: REFUSED[name] for name in members}

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            ("404 Not Found", b'{"code": "not_found"}'),
            ("402 Payment Required", b'{"code": "another"}'),
            ("402 Payment Required", b'{"code": "quota_exceeded"}'),
            ("402 Payment Required", b"not json"),
            ("302 Found", b"[]"),
        ],
    )
    async def test_an_answer_outside_the_contract_is_not_an_outage(
        self, context_keys: ContextKeys, tenant_id: UUID, status: str, body: bytes
    ) -> None:
        with pytest.raises(UnexpectedAnswerError) as caught:
            await reserve(context_keys, tenant_id, Usage(status, body))
        assert (caught.value.status, caught.value.code) == (503, "unavailable")
        # Work that waits for a part that is away must not wait for this one.
        assert not is_transient(caught.value)

    async def test_a_successful_answer_with_missing_fields(
        self, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        shown = CredentialLookUp(type="session", value=SecretStr("s3cret"))
        async with served(Usage("200 OK", b'{"kind": "user"}').serve) as url:
            with pytest.raises(UnexpectedAnswerError):
                await look_up_credential(make_client(context_keys, url), tenant_id, shown)

    async def test_a_secret_travels_and_is_not_shown(
        self, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        shown = CredentialLookUp(type="session", value=SecretStr("s3cret"))
        service = Usage("404 Not Found", b'{"code": "unknown_credential"}')
        async with served(service.serve) as url:
            with pytest.raises(UnknownCredentialError):
                await look_up_credential(make_client(context_keys, url), tenant_id, shown)
        assert service.asked[0][1] == b'{"type":"session","value":"s3cret"}'
        assert "s3cret" not in repr(shown)
