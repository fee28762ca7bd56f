"""What happens around every request: its id, its limits, and errors nobody expected."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import Response
from fastapi.responses import StreamingResponse

from kit_testing import SERVICE, code, make_settings
from stagify.database import Database
from stagify.http import create_service_app
from stagify.testing import ContextKeys, DatabaseUrls, app_client
from stagify.testing.waiting import PATIENCE_SECONDS


class TestBadInput:
    @pytest.mark.parametrize(
        ("content", "kind", "expected"),
        [
            (b'{"name": "a"}', "text/plain", (415, "unsupported_media_type")),
            (b'{"name": "a"}', "", (415, "unsupported_media_type")),
            (b"x" * (1024 * 1024 + 1), "application/json", (413, "too_large")),
        ],
        ids=["text", "no type", "large"],
    )
    async def test_is_refused_with_its_code(
        self,
        client: httpx.AsyncClient,
        member: dict[str, str],
        content: bytes,
        kind: str,
        expected: tuple[int, str],
    ) -> None:
        headers = {**member, "content-type": kind}
        assert code(await client.post("/widgets", content=content, headers=headers)) == expected

    async def test_a_long_chunked_body_is_refused(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield b" " * 32 * 1024

        headers = {**member, "content-type": "application/json"}
        response = await client.post("/widgets", content=chunks(), headers=headers)
        assert code(response) == (413, "too_large")


class TestStoring:
    async def test_nobody_may_store_an_answer_that_does_not_allow_it(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        made = await client.post("/widgets", json={"name": "plain"}, headers=member)
        assert made.status_code == 201
        for answer in (
            made,
            await client.get("/openapi.json"),
            await client.head("/openapi.json"),
            await client.get("/nowhere", headers=member),
            await client.post("/widgets", json={}, headers=member),
        ):
            assert answer.headers.get_list("cache-control") == ["no-store"]

    async def test_a_route_that_says_otherwise_is_believed(
        self, kit_urls: DatabaseUrls, context_keys: ContextKeys
    ) -> None:
        settings = make_settings(kit_urls, context_keys)
        database = Database(kit_urls.app, service=SERVICE, pool_size=1)
        app = create_service_app(SERVICE, settings, database=database, close=database.close)

        @app.get("/kept")
        async def kept(response: Response) -> None:
            response.headers["Cache-Control"] = "private, max-age=300"

        async with app_client(app) as client:
            answer = await client.get("/kept")
        assert answer.headers.get_list("cache-control") == ["private, max-age=300"]


class TestContentCoding:
    @pytest.mark.parametrize(
        "codings", [["gzip"], ["GZIP"], ["identity, br"], ["gzip", "identity"], ["identity", "x"]]
    )
    async def test_an_encoded_body_is_refused_with_what_would_be_taken(
        self, client: httpx.AsyncClient, member: dict[str, str], codings: list[str]
    ) -> None:
        headers = [*member.items(), ("content-type", "application/json")]
        headers += [("content-encoding", coding) for coding in codings]
        response = await client.post("/widgets", content=b"\x1f\x8b\x08", headers=headers)
        assert code(response) == (415, "unsupported_content_coding")
        assert response.headers["accept-encoding"] == "identity"

    @pytest.mark.parametrize("coding", ["identity", "Identity", ""])
    async def test_a_body_as_it_is_is_taken(
        self, client: httpx.AsyncClient, member: dict[str, str], coding: str
    ) -> None:
        headers = {**member, "content-encoding": coding}
        response = await client.post("/widgets", json={"name": "plain"}, headers=headers)
        assert response.status_code == 201

    async def test_a_wrong_type_is_refused_with_the_right_one(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        headers = {**member, "content-type": "text/plain"}
        response = await client.post("/widgets", content=b"x", headers=headers)
        assert response.headers["accept"] == "application/json"


class TestHead:
    async def test_has_the_head_of_get_and_no_body(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        got = await client.get("/whoami", headers=member)
        head = await client.head("/whoami", headers=member)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-type", "content-length"):
            assert head.headers[name] == got.headers[name]

    async def test_is_refused_as_get_is(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        for path, status in (("/nowhere", 404), ("/broken", 500), ("/page?limit=x", 422)):
            head = await client.head(path, headers=member)
            assert (head.status_code, head.content) == (status, b"")
            assert head.headers["content-type"] == "application/problem+json"
        assert (await client.head("/whoami")).status_code == 401

    async def test_of_a_stream_does_not_last_as_long_as_the_stream(
        self, kit_urls: DatabaseUrls, context_keys: ContextKeys
    ) -> None:
        settings = make_settings(kit_urls, context_keys)
        database = Database(kit_urls.app, service=SERVICE, pool_size=1)
        app = create_service_app(SERVICE, settings, database=database, close=database.close)
        ended = asyncio.Event()

        @app.get("/stream")
        async def stream() -> StreamingResponse:
            async def pieces() -> AsyncIterator[bytes]:
                try:
                    while True:
                        yield b": heart-beat\n\n"
                        await asyncio.sleep(0)
                finally:
                    ended.set()

            return StreamingResponse(pieces(), media_type="text/event-stream")

        async with app_client(app) as client, asyncio.timeout(PATIENCE_SECONDS):
            head = await client.head("/stream")
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-type"].startswith("text/event-stream")
            await ended.wait()


class TestOurFault:
    async def test_the_text_of_an_unexpected_error_is_not_sent(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        response = await client.get("/broken", headers=member)
        assert code(response) == (500, "internal_error")
        assert "secret detail" not in response.text

    async def test_a_part_that_does_not_answer_is_503_with_retry_after(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        response = await client.get("/database-away", headers=member)
        assert code(response) == (503, "unavailable")
        assert response.headers["retry-after"] == "1"


class TestRequestId:
    async def test_a_valid_one_is_kept(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        headers = {**member, "x-request-id": "abc-12345"}
        response = await client.get("/whoami", headers=headers)
        assert response.headers["x-request-id"] == "abc-12345"

    @pytest.mark.parametrize("value", ["short", "with space in it", "x" * 129])
    async def test_an_invalid_one_is_replaced(
        self, client: httpx.AsyncClient, member: dict[str, str], value: str
    ) -> None:
        response = await client.get("/whoami", headers={**member, "x-request-id": value})
        assert response.headers["x-request-id"] != value


class TestOverload:
    """A process that works on two requests at a time; `/work` takes until it is told to go on."""

    @pytest.fixture
    async def work(
        self, kit_urls: DatabaseUrls, context_keys: ContextKeys
    ) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Semaphore, asyncio.Event]]:
        settings = make_settings(kit_urls, context_keys, http_max_running=2)
        database = Database(kit_urls.app, service=SERVICE, pool_size=1)
        app = create_service_app(SERVICE, settings, database=database, close=database.close)
        begun, go_on = asyncio.Semaphore(0), asyncio.Event()

        @app.get("/work")
        async def work() -> None:
            begun.release()
            await go_on.wait()

        @app.get("/stream")
        async def stream() -> StreamingResponse:
            async def pieces() -> AsyncIterator[bytes]:
                begun.release()
                await go_on.wait()
                yield b"end"

            return StreamingResponse(pieces())

        async with app_client(app) as client:
            yield client, begun, go_on

    async def test_one_request_too_many_is_refused(
        self, work: tuple[httpx.AsyncClient, asyncio.Semaphore, asyncio.Event]
    ) -> None:
        client, begun, go_on = work
        running = [asyncio.create_task(client.get("/work")) for _ in range(2)]
        for _ in running:
            await begun.acquire()
        refused = await client.get("/work")
        assert code(refused) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert (await client.get("/healthz")).status_code == 200
        go_on.set()
        assert [(await each).status_code for each in running] == [200, 200]
        assert (await client.get("/work")).status_code == 200

    async def test_streams_take_no_place(
        self, work: tuple[httpx.AsyncClient, asyncio.Semaphore, asyncio.Event]
    ) -> None:
        client, begun, go_on = work
        streams = []
        for _ in range(3):
            streams.append(asyncio.create_task(client.get("/stream")))
            await begun.acquire()
        go_on.set()
        assert (await client.get("/work")).status_code == 200
        assert [(await each).text for each in streams] == ["end"] * 3
