"""Byte for byte: what could be two different requests is refused, and the connection ends."""

import pytest

from gateway.testing.client import HOST
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire

GET = b"GET /v1/projects HTTP/1.1\r\n"
POST = b"POST /v1/projects HTTP/1.1\r\n"
H = b"Host: " + HOST.encode() + b"\r\n"
END = b"\r\n"

# What is sent, and the status and the code of the only answer.
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "two hosts": (GET + H + b"Host: evil.test\r\n" + END, 400, "invalid_host"),
    "the same host twice": (GET + H + H + END, 400, "invalid_host"),
    "no host": (GET + END, 400, "invalid_host"),
    "no host in 1.0": (b"GET / HTTP/1.0\r\n\r\n", 400, "invalid_host"),
    "empty host": (GET + b"Host:\r\n\r\n", 400, "invalid_host"),
    "host with a path": (GET + b"Host: acme.stagify.test/x?\r\n\r\n", 400, "invalid_host"),
    "host with a space": (GET + b"Host: acme.stagify.test x\r\n\r\n", 400, "invalid_host"),
    "host list": (GET + b"Host: acme.stagify.test,evil.test\r\n\r\n", 400, "invalid_host"),
    "host with userinfo": (GET + b"Host: acme.stagify.test@evil\r\n\r\n", 400, "invalid_host"),
    "absolute form of another host": (
        b"GET http://evil.test/v1/projects HTTP/1.1\r\n" + H + END,
        400,
        "invalid_host",
    ),
    "absolute form with userinfo": (
        b"GET http://x@acme.stagify.test/v1/projects HTTP/1.1\r\n" + H + END,
        400,
        "invalid_host",
    ),
    "asterisk without OPTIONS": (b"GET * HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "backquote in the path": (b"GET /v1/projects/` HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "absolute form of another port": (
        b"GET http://acme.stagify.test:81/v1/projects HTTP/1.1\r\n" + H + END,
        400,
        "invalid_host",
    ),
    "absolute form with dot segments": (
        b"GET http://acme.stagify.test/v1/../x HTTP/1.1\r\n" + H + END,
        400,
        "invalid_target",
    ),
    "absolute form with an escaped slash": (
        b"GET http://acme.stagify.test/v1/%2f HTTP/1.1\r\n" + H + END,
        400,
        "invalid_target",
    ),
    "target without slash": (b"GET @evil HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "fragment": (b"GET /v1/projects#x HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "dot segments": (b"GET /v1/projects/../session HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "escaped dot segments": (
        b"GET /v1/projects/%2e%2E/session HTTP/1.1\r\n" + H + END,
        400,
        "invalid_target",
    ),
    "escaped slash": (b"GET /v1/projects%2Fx HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "escaped NUL": (b"GET /v1/projects/%00 HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "two slashes": (b"GET //v1/projects HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "backslash": (b"GET /v1\\projects HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "non-ASCII target": (b"GET /v1/\xc3\xa9 HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "tab in the target": (b"GET /v1/a\tb HTTP/1.1\r\n" + H + END, 400, "invalid_target"),
    "length and chunked": (
        POST + H + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "invalid_framing",
    ),
    "chunked and length": (
        POST + H + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        400,
        "invalid_framing",
    ),
    "chunked in 1.0": (
        b"POST /v1/projects HTTP/1.0\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "invalid_framing",
    ),
    "two lengths": (
        POST + H + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        400,
        "invalid_framing",
    ),
    "the same length twice": (
        POST + H + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        400,
        "invalid_framing",
    ),
    "list of lengths": (POST + H + b"Content-Length: 5, 5\r\n\r\nhello", 400, "invalid_framing"),
    "signed length": (POST + H + b"Content-Length: +5\r\n\r\nhello", 400, "invalid_framing"),
    "negative length": (POST + H + b"Content-Length: -5\r\n\r\n", 400, "invalid_framing"),
    "length with underscore": (POST + H + b"Content-Length: 1_0\r\n\r\n", 400, "invalid_framing"),
    "hexadecimal length": (POST + H + b"Content-Length: 0x5\r\n\r\nhello", 400, "invalid_framing"),
    "empty length": (POST + H + b"Content-Length:\r\n\r\n", 400, "invalid_framing"),
    "endless length": (
        POST + H + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
        400,
        "invalid_framing",
    ),
    "unknown coding": (POST + H + b"Transfer-Encoding: xchunked\r\n\r\n", 400, "invalid_framing"),
    "two codings": (POST + H + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 400, "invalid_framing"),
    "chunked twice": (
        POST + H + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "invalid_framing",
    ),
    "vertical tab in a coding": (
        POST + H + b"Transfer-Encoding: \x0bchunked\r\n\r\n",
        400,
        "malformed_request",
    ),
    "chunk size with prefix": (
        POST + H + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        400,
        "invalid_chunk",
    ),
    "chunk size with sign": (
        POST + H + b"Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n",
        400,
        "invalid_chunk",
    ),
    "chunk size and space": (
        POST + H + b"Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n",
        400,
        "invalid_chunk",
    ),
    "chunk line with bare LF": (
        POST + H + b"Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
        400,
        "invalid_chunk",
    ),
    "chunk longer than its size": (
        POST + H + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        400,
        "invalid_chunk",
    ),
    "chunk that ends with bare LF": (
        POST + H + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n",
        400,
        "invalid_chunk",
    ),
    "bare LF in the trailer": (
        POST + H + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\nZ: z\r\n\r\n",
        400,
        "invalid_chunk",
    ),
    "bare LF line ends": (
        b"GET /v1/projects HTTP/1.1\n" + b"Host: a\n\n",
        400,
        "malformed_request",
    ),
    "one bare LF": (GET + b"Host: acme.stagify.test\nX: y\r\n\r\n", 400, "malformed_request"),
    "bare CR in a value": (GET + H + b"X: a\rb\r\n\r\n", 400, "malformed_request"),
    "CR CR LF": (GET + H + b"X: a\r\r\n\r\n", 400, "malformed_request"),
    "NUL in a value": (GET + H + b"X: a\x00b\r\n\r\n", 400, "malformed_request"),
    "DEL in a value": (GET + H + b"X: a\x7fb\r\n\r\n", 400, "malformed_request"),
    "folded header": (GET + H + b"X: a\r\n b\r\n\r\n", 400, "invalid_header"),
    "folded with a tab": (GET + H + b"X: a\r\n\tb: c\r\n\r\n", 400, "invalid_header"),
    "space before colon": (GET + H + b"Content-Length : 5\r\n\r\nhello", 400, "invalid_header"),
    "space before the first name": (GET + b" " + H + END, 400, "invalid_header"),
    "header without colon": (GET + H + b"Host\r\n\r\n", 400, "invalid_header"),
    "header without name": (GET + H + b": x\r\n\r\n", 400, "invalid_header"),
    "non-ASCII name": (GET + H + b"X\xe9: y\r\n\r\n", 400, "invalid_header"),
    "two spaces": (b"GET  /v1/projects HTTP/1.1\r\n" + H + END, 400, "malformed_request"),
    "no version": (b"GET /v1/projects\r\n" + H + END, 400, "malformed_request"),
    "lower-case version": (b"GET / http/1.1\r\n" + H + END, 400, "malformed_request"),
    "version 1.10": (b"GET / HTTP/1.10\r\n" + H + END, 400, "malformed_request"),
    "version 0.9": (b"GET / HTTP/0.9\r\n" + H + END, 505, "version_not_supported"),
    "version 2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_not_supported"),
    "TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\n\n", 400, "malformed_request"),
    "unknown method": (b"BREW / HTTP/1.1\r\n" + H + END, 501, "method_not_supported"),
    "CONNECT": (b"CONNECT evil.test:443 HTTP/1.1\r\n" + H + END, 501, "method_not_supported"),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + H + END, 501, "method_not_supported"),
    "lower-case method": (b"get / HTTP/1.1\r\n" + H + END, 501, "method_not_supported"),
    "method with a separator": (b"G(T / HTTP/1.1\r\n" + H + END, 400, "malformed_request"),
    "unknown expectation": (GET + H + b"Expect: 200-ok\r\n\r\n", 417, "expectation_failed"),
    "another expectation beside the known one": (
        GET + H + b"Expect: 100-continue, 200-ok\r\n\r\n",
        417,
        "expectation_failed",
    ),
    "two authorizations": (
        GET + H + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
        400,
        "duplicate_credential",
    ),
    "Basic and Bearer": (
        GET + H + b"Authorization: Basic eDp5\r\nAuthorization: Bearer b\r\n\r\n",
        400,
        "duplicate_credential",
    ),
    **{
        f"two lines of {name}, {kind}": (
            POST + H + f"{name}: {one}\r\n{name.lower()}: {other}\r\n\r\n".encode(),
            400,
            "duplicate_header",
        )
        for name, one, different in (
            ("Idempotency-Key", "key-1", "key-2"),
            ("Content-Type", "application/json", "text/plain"),
            ("Last-Event-ID", "1", "2"),
            ("Origin", "https://acme.stagify.test", "https://evil.test"),
            ("Sec-Fetch-Site", "same-origin", "cross-site"),
        )
        for kind, other in (("different", different), ("the same", one))
    },
    "two session cookies": (
        GET + H + b"Cookie: __Host-stagify_session=a; __Host-stagify_session=b\r\n\r\n",
        400,
        "duplicate_credential",
    ),
    "session cookies in two lines": (
        GET + H + b"Cookie: __Host-stagify_session=a\r\nCookie: __Host-stagify_session=b\r\n\r\n",
        400,
        "duplicate_credential",
    ),
    "91 headers": (GET + H + b"X: y\r\n" * 90 + END, 431, "headers_too_large"),
    "33 KiB header": (GET + H + b"X: " + b"y" * 33 * 1024 + b"\r\n\r\n", 431, "headers_too_large"),
    "endless header": (GET + H + b"X: " + b"y" * 40 * 1024, 431, "headers_too_large"),
    "9 KiB target": (b"GET /" + b"x" * 9216 + b" HTTP/1.1\r\n" + H + END, 414, "uri_too_long"),
    "endless target": (b"GET /" + b"x" * 9216, 414, "uri_too_long"),
    "declared body too large": (
        POST + H + b"Content-Length: 1048577\r\n\r\n",
        413,
        "body_too_large",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_doubtful_bytes_are_refused_and_the_connection_ends(
    live: Running, service: FakeService, name: str
) -> None:
    data, status, code = REFUSED[name]
    client = await live.connect()
    # The bytes behind the doubtful request must never be taken for another request.
    behind = b"" if name.startswith("endless t") else b"GET /v1/smuggled HTTP/1.1\r\n" + H + END
    await client.send(data + behind)
    answer = await client.answer()
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"] in answer.body.decode()
    assert await client.everything() == b""
    assert service.received == []
    await client.close()


ACCEPTED = {
    "plain": GET + H + END,
    "absolute form of the same host": (
        b"GET http://ACME.stagify.test/v1/projects HTTP/1.1\r\n" + H + END
    ),
    "dots within the query": b"GET /v1/projects?next=/../x HTTP/1.1\r\n" + H + END,
    "absolute form with an escape": (
        b"GET http://acme.stagify.test/v1/projects/%20 HTTP/1.1\r\n" + H + END
    ),
    "absolute form with the port of its scheme": (
        b"GET https://acme.stagify.test:443/v1/projects HTTP/1.1\r\n" + H + END
    ),
    "absolute form with an empty port": (
        b"GET http://acme.stagify.test:/v1/projects HTTP/1.1\r\n" + H + END
    ),
    "host with port and trailing dot": GET + b"Host: acme.stagify.test.:8443\r\n\r\n",
    "backquote in the query": b"GET /v1/projects?` HTTP/1.1\r\n" + H + END,
    "an empty expectation": GET + H + b"Expect:\r\n\r\n",
    "any expectation in 1.0": (b"GET /v1/projects HTTP/1.0\r\n" + H + b"Expect: 200-ok\r\n\r\n"),
    "Max-Forwards": GET + H + b"Max-Forwards: 0\r\n\r\n",
    "Trailer": GET + H + b"Trailer: Digest\r\n\r\n",
    "a leading empty line": b"\r\n" + GET + H + END,
    "no space after colon": GET + b"Host:acme.stagify.test\r\n\r\n",
    "spaces around a value": GET + b"Host: \t acme.stagify.test \t\r\n\r\n",
    "obsolete text in a value": GET + H + b"X: caf\xe9\r\n\r\n",
    "90 headers": GET + H + b"X: y\r\n" * 89 + END,
    "version 1.0": b"GET /v1/projects HTTP/1.0\r\n" + H + END,
    "chunk extension and trailer": (
        POST + H + b"Transfer-Encoding: Chunked\r\n\r\n1;a=b\r\nx\r\n0\r\nT: v\r\n\r\n"
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
async def test_plain_requests_are_served(live: Running, service: FakeService, name: str) -> None:
    answer = await live.get(ACCEPTED[name])
    assert answer.status == 200
    assert len(service.received) == 1


async def test_doubtful_bytes_in_pieces_are_refused_too(
    live: Running, service: FakeService
) -> None:
    client = await live.connect()
    data = GET + b"Host: acme.stagify.test\nHost: evil.test\r\n\r\n"
    for byte in data[: len(data) // 2]:
        await client.send(bytes([byte]))
    await client.send(data[len(data) // 2 :])
    answer = await client.answer()
    assert (answer.status, answer.code) == (400, "malformed_request")
    assert service.received == []
    await client.close()


@pytest.mark.parametrize(
    "line",
    [
        "X-Stagify-Context: forged",
        "x_stagify_context: forged",
        "X.Stagify.Context: forged",
        "X-Stagify.Context: forged",
        "X-STAGIFY-TENANT: forged",
        "x-stagify-anything: forged",
        "X-Stagify-Actor: user:forged",
        "X.Stagify.Actor: user:forged",
        "x_stagify_actor: user:forged",
        "X_STAGIFY-Context: forged",
        "x~stagify!context: forged",
        "x_custom: forged",
        "Content_Length: forged",
        "Transfer_Encoding: forged",
        "idempotency_key: forged",
        "http2_settings: forged",
    ],
)
async def test_identity_that_a_client_claims_never_arrives(
    live: Running, service: FakeService, line: str
) -> None:
    answer = await live.get(GET + H + line.encode() + b"\r\n\r\n")
    assert answer.status == 200
    for received in service.received:
        assert "forged" not in str(received.headers)
        assert len(received.values("x-stagify-context")) == 1


@pytest.mark.parametrize(
    "name",
    [
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X_Forwarded_For",
        "X.Forwarded.Host",
        "Forwarded",
        "X-Original-Host",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Real-IP",
        "X-HTTP-Method-Override",
    ],
)
async def test_address_that_a_client_claims_never_arrives(
    live: Running, service: FakeService, name: str
) -> None:
    await live.add_tenant("victim")
    answer = await live.get(GET + H + name.encode() + b": victim.stagify.test\r\n\r\n")
    assert answer.status == 200
    (received,) = service.received
    assert "victim" not in str(received.headers)
    assert received.values("x-forwarded-host") == [HOST]


async def test_headers_named_by_connection_are_not_passed_on(
    live: Running, service: FakeService
) -> None:
    lines = (
        b"Connection: X-Secret, x-stagify-context, keep-alive\r\nX-Secret: 1\r\nX-Other: 2\r\n"
        b"Keep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Connection: keep-alive\r\n\r\n"
    )
    answer = await live.get(GET + H + lines)
    assert answer.status == 200
    (received,) = service.received
    names = {name for name, _ in received.headers}
    assert "x-other" in names
    assert len(received.values("x-stagify-context")) == 1
    assert not names & {"x-secret", "connection", "keep-alive", "te", "proxy-connection"}


@pytest.mark.parametrize(
    "lines",
    [
        # What `curl --http2` and Java's HttpClient send with their first request.
        (
            b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
        ),
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        b"Connection: upgrade\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n",
        b"Upgrade: h2c\r\n",
        b"Upgrade: \r\nUpgrade: anything/9, else\r\n",
        b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
    ],
)
async def test_invitations_to_another_protocol_are_ignored(
    live: Running, service: FakeService, lines: bytes
) -> None:
    client = await live.connect()
    for _ in range(2):
        await client.send(GET + H + lines + END)
        answer = await client.answer()
        # The connection stays what it is: HTTP/1.1.
        assert (answer.status, answer.body) == (200, b"{}")
        assert not answer.headers.keys() & {"upgrade", "connection"}
    for received in service.received:
        names = {name for name, _ in received.headers}
        assert not names & {"upgrade", "http2-settings", "connection"}
    await client.close()


async def test_a_body_may_come_with_an_invitation(live: Running, service: FakeService) -> None:
    lines = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 2\r\n"
    answer = await live.get(POST + H + lines + b"\r\nhi")
    assert (answer.status, service.received[0].body) == (200, b"hi")


async def test_options_of_the_server_as_a_whole(live: Running, service: FakeService) -> None:
    answer = await live.get(b"OPTIONS * HTTP/1.1\r\n" + H + END)
    assert (answer.status, answer.headers["allow"]) == (
        204,
        "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    )
    assert service.received == []


async def test_a_method_that_nobody_knows_is_answered_with_those_there_are(live: Running) -> None:
    answer = await live.get(b"BREW /v1/projects HTTP/1.1\r\n" + H + END)
    assert answer.headers["allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        (b"http://acme.stagify.test", "/"),
        (b"http://acme.stagify.test?a=b", "/?a=b"),
        (b"HTTP://Acme.Stagify.Test:80/v1/projects?next=/x", "/v1/projects?next=/x"),
    ],
)
async def test_an_absolute_target_becomes_a_path(
    live: Running, service: FakeService, target: bytes, seen: str
) -> None:
    answer = await live.get(b"GET " + target + b" HTTP/1.1\r\n" + H + END)
    if seen.startswith("/v1"):
        assert [received.target for received in service.received] == [seen]
    else:
        # The landing page.
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_an_empty_last_event_id_is_none(live: Running, service: FakeService) -> None:
    await live.get(GET + H + b"Last-Event-ID: \r\n\r\n")
    await live.get(GET + H + b"Last-Event-ID: 7\r\n\r\n")
    assert [received.values("last-event-id") for received in service.received] == [[], ["7"]]


async def test_a_key_for_this_hop_does_not_make_a_request_repeatable(
    live: Running, service: FakeService
) -> None:
    async def hang_up(received: Received, wire: Wire) -> None:
        wire.close()

    service.handlers["/v1/projects"] = hang_up
    lines = b"Connection: Idempotency-Key\r\nIdempotency-Key: k\r\n\r\n"
    answer = await live.get(POST + H + lines)
    assert (answer.status, answer.code) == (502, "upstream_failed")
    assert len(service.received) == 1
