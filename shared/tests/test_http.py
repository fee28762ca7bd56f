"""A service's HTTP process: refusals, idempotency, pages, limits and the request id."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from stagify.auth import PlatformDep, principal_of, requires
from stagify.database import Database, driver_connection
from stagify.dependencies import SessionDep
from stagify.errors import ConflictError
from stagify.http import create_service_app
from stagify.idempotency import IdempotencyDep
from stagify.links import link
from stagify.pagination import PageParamsDep, decode_cursor, encode_cursor
from stagify.principal import Principal, TenantPrincipal
from stagify.settings import ServiceSettings
from stagify.testing import ContextKeys, DatabaseUrls, app_client

SERVICE = "staging-svc"


async def request_principal(request: Request) -> Principal:
    return principal_of(request)


PrincipalDep = Annotated[Principal, Depends(request_principal)]


class WidgetCreate(BaseModel):
    name: str = Field(min_length=1, max_length=20)


class WidgetRead(BaseModel):
    name: str
    secret: str


class WidgetTakenError(ConflictError):
    """A widget of this name exists."""

    code = "widget_taken"


def add_routes(app: FastAPI) -> None:
    @app.post("/widgets", status_code=201)
    async def create(
        body: WidgetCreate,
        session: SessionDep,
        principal: Annotated[TenantPrincipal, Depends(requires("projects:write"))],
        idempotency: IdempotencyDep,
    ) -> Response:
        async def work() -> WidgetRead:
            connection = await driver_connection(session)
            if body.name == "slow":
                await connection.execute("SELECT pg_sleep(0.3)")
            await connection.execute(
                "INSERT INTO widgets (tenant_id, name) VALUES ($1, $2)",
                principal.tenant_id,
                body.name,
            )
            if body.name == "taken":
                raise WidgetTakenError(name=body.name)
            return WidgetRead(name=body.name, secret="shown once")

        return await idempotency.run(session, 201, work, shown_once=frozenset({"secret"}))

    @app.get(
        "/widgets",
        responses={
            200: {
                "links": link("create", body={"name": "/items/0/name"})
                | link("list_widgets", cursor="/next_cursor")
            }
        },
    )
    async def list_widgets() -> None:
        return None

    @app.get("/whoami")
    async def whoami(principal: PrincipalDep) -> dict[str, str | None]:
        return {"kind": principal.kind, "subject": principal.subject}

    @app.get("/platform")
    async def platform(principal: PlatformDep) -> None:
        return None

    @app.get("/page")
    async def page(params: PageParamsDep, principal: PrincipalDep) -> dict[str, str | int]:
        return {"limit": params.limit, "after": str(params.after)}

    @app.get("/broken")
    async def broken(principal: PrincipalDep) -> None:
        raise ZeroDivisionError("secret detail")

    @app.get("/database-away")
    async def database_away(principal: PrincipalDep) -> None:
        raise asyncpg.CannotConnectNowError


def make_settings(kit_urls: DatabaseUrls, context_keys: ContextKeys) -> ServiceSettings:
    return ServiceSettings(
        environment="test",
        kafka_bootstrap_servers="127.0.0.1:1",
        database_url=kit_urls.app,
        relay_database_url=kit_urls.relay,
        tasks_database_url=kit_urls.tasks,
        idempotency_secret="only-for-tests",
        **context_keys.settings(SERVICE),
    )


@pytest.fixture
async def client(
    kit_urls: DatabaseUrls, context_keys: ContextKeys
) -> AsyncIterator[httpx.AsyncClient]:
    settings = make_settings(kit_urls, context_keys)
    database = Database(kit_urls.app, service=SERVICE, pool_size=5)
    app = create_service_app(SERVICE, settings, database=database)
    add_routes(app)
    async with app_client(app) as client:
        yield client


@pytest.fixture
def member(context_keys: ContextKeys, tenant_id: UUID) -> dict[str, str]:
    return context_keys.headers(
        SERVICE, tenant_id=tenant_id, subject="user-1", permissions={"projects:write"}
    )


async def names(database: Database, tenant: UUID) -> list[str]:
    return [row["name"] for row in await database.fetch(tenant, "SELECT name FROM widgets")]


def code(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["request_id"] == response.headers["x-request-id"]
    return response.status_code, body["code"]


class TestBadInput:
    @pytest.mark.parametrize(
        ("content", "kind", "expected"),
        [
            (b'{"name": ', "application/json", (422, "malformed_json")),
            (b'{"name": ""}', "application/json", (422, "invalid_request")),
            (b"[]", "application/json", (422, "invalid_request")),
            (b'{"name": "a"}', "text/plain", (415, "unsupported_media_type")),
            (b'{"name": "a"}', "", (415, "unsupported_media_type")),
            (b"x" * (1024 * 1024 + 1), "application/json", (413, "too_large")),
        ],
        ids=["malformed", "empty", "array", "text", "no type", "large"],
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

    async def test_the_input_is_not_repeated(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        response = await client.post("/widgets", json={"name": "s3cret" * 9}, headers=member)
        assert "s3cret" not in response.text
        assert response.json()["errors"][0]["field"] == "body.name"

    async def test_no_such_path_and_method(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        assert code(await client.get("/nowhere", headers=member)) == (404, "not_found")
        response = await client.delete("/whoami", headers=member)
        assert code(response) == (405, "method_not_allowed")
        assert response.headers["allow"] == "GET"

    async def test_allow_names_all_methods_of_the_path(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        response = await client.put("/widgets", headers=member)
        assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")

    async def test_a_slash_at_the_end_is_another_path(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        assert code(await client.get("/whoami/", headers=member)) == (404, "not_found")


class TestOpenApi:
    async def test_says_which_calls_need_a_caller(self, client: httpx.AsyncClient) -> None:
        paths = (await client.get("/openapi.json")).json()["paths"]
        assert paths["/widgets"]["post"]["security"] == [{"context": []}]
        assert "security" not in paths["/platform"]["get"]

    async def test_says_what_an_answer_leads_to(self, client: httpx.AsyncClient) -> None:
        paths = (await client.get("/openapi.json")).json()["paths"]
        assert paths["/widgets"]["get"]["responses"]["200"]["links"] == {
            "create.items.0.name": {
                "operationId": "create",
                "requestBody": {"name": "$response.body#/items/0/name"},
            },
            "list_widgets.next_cursor": {
                "operationId": "list_widgets",
                "parameters": {"cursor": "$response.body#/next_cursor"},
            },
        }


class TestOurFault:
    async def test_an_unexpected_error_tells_nothing(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        response = await client.get("/broken", headers=member)
        assert code(response) == (500, "internal_error")
        assert "secret detail" not in response.text

    async def test_a_part_away_is_503_with_retry_after(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        response = await client.get("/database-away", headers=member)
        assert code(response) == (503, "unavailable")
        assert response.headers["retry-after"] == "1"


class TestRequestId:
    async def test_a_sane_one_is_kept(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        headers = {**member, "x-request-id": "abc-12345"}
        response = await client.get("/whoami", headers=headers)
        assert response.headers["x-request-id"] == "abc-12345"

    @pytest.mark.parametrize("value", ["short", "with space in it", "x" * 129])
    async def test_another_is_replaced(
        self, client: httpx.AsyncClient, member: dict[str, str], value: str
    ) -> None:
        response = await client.get("/whoami", headers={**member, "x-request-id": value})
        assert response.headers["x-request-id"] != value


class TestIdempotency:
    async def test_the_first_answer_is_replayed_without_its_secret(
        self,
        client: httpx.AsyncClient,
        member: dict[str, str],
        database: Database,
        tenant_id: UUID,
    ) -> None:
        headers = {**member, "idempotency-key": "key-1"}
        first = await client.post("/widgets", json={"name": "a"}, headers=headers)
        again = await client.post("/widgets", json={"name": "a"}, headers=headers)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == {"name": "a", "secret": "shown once"}
        assert again.json() == {"name": "a"}
        assert again.headers["idempotent-replayed"] == "true"
        assert await names(database, tenant_id) == ["a"]

    async def test_another_body_is_refused(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        headers = {**member, "idempotency-key": "key-1"}
        await client.post("/widgets", json={"name": "a"}, headers=headers)
        response = await client.post("/widgets", json={"name": "b"}, headers=headers)
        assert code(response) == (422, "idempotency_key_reused")

    async def test_twenty_at_once_have_one_effect(
        self,
        client: httpx.AsyncClient,
        member: dict[str, str],
        database: Database,
        tenant_id: UUID,
    ) -> None:
        headers = {**member, "idempotency-key": "key-2"}
        answers = await asyncio.gather(
            *(client.post("/widgets", json={"name": "slow"}, headers=headers) for _ in range(20))
        )
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert await names(database, tenant_id) == ["slow"]
        refused = [answer for answer in answers if answer.status_code == 409]
        assert {answer.json()["code"] for answer in refused} <= {"idempotency_in_progress"}

    async def test_a_failure_is_not_stored(
        self,
        client: httpx.AsyncClient,
        member: dict[str, str],
        database: Database,
        tenant_id: UUID,
    ) -> None:
        headers = {**member, "idempotency-key": "key-3"}
        for _ in range(2):
            response = await client.post("/widgets", json={"name": "taken"}, headers=headers)
            assert code(response) == (409, "widget_taken")
            assert "idempotent-replayed" not in response.headers
        assert await names(database, tenant_id) == []

    async def test_a_key_belongs_to_its_tenant_and_caller(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        member: dict[str, str],
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        foreign = context_keys.headers(
            SERVICE, tenant_id=other_tenant_id, subject="user-1", permissions={"projects:write"}
        )
        colleague = context_keys.headers(
            SERVICE, tenant_id=tenant_id, subject="user-2", permissions={"projects:write"}
        )
        for number, caller in enumerate((member, foreign, colleague)):
            headers = {**caller, "idempotency-key": "shared"}
            response = await client.post("/widgets", json={"name": str(number)}, headers=headers)
            assert response.json()["name"] == str(number)

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
    async def test_a_key_that_is_none(
        self, client: httpx.AsyncClient, member: dict[str, str], key: str
    ) -> None:
        headers = {**member, "idempotency-key": key}
        response = await client.post("/widgets", json={"name": "a"}, headers=headers)
        assert code(response) == (422, "invalid_idempotency_key")


class TestOverload:
    """A process that works on two requests at a time; `/work` takes until it is told to go on."""

    @pytest.fixture
    async def work(
        self, kit_urls: DatabaseUrls, context_keys: ContextKeys
    ) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Semaphore, asyncio.Event]]:
        settings = ServiceSettings(
            environment="test",
            kafka_bootstrap_servers="127.0.0.1:1",
            database_url=kit_urls.app,
            relay_database_url=kit_urls.relay,
            tasks_database_url=kit_urls.tasks,
            idempotency_secret="only-for-tests",
            http_max_running=2,
            **context_keys.settings(SERVICE),
        )
        app = create_service_app(
            SERVICE, settings, database=Database(kit_urls.app, service=SERVICE, pool_size=1)
        )
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

    async def test_what_is_too_much_is_refused(
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


class TestPages:
    async def test_cursor_and_limit(
        self, client: httpx.AsyncClient, member: dict[str, str], tenant_id: UUID
    ) -> None:
        assert decode_cursor(encode_cursor(tenant_id)) == tenant_id
        query = f"/page?limit=5&cursor={encode_cursor(tenant_id)}"
        response = await client.get(query, headers=member)
        assert response.json() == {"limit": 5, "after": str(tenant_id)}

    @pytest.mark.parametrize("cursor", ["x", "!!!!", "a" * 22 + "b", "%00", "é"])
    async def test_a_foreign_cursor(
        self, client: httpx.AsyncClient, member: dict[str, str], cursor: str
    ) -> None:
        response = await client.get("/page", params={"cursor": cursor}, headers=member)
        assert code(response) == (422, "invalid_cursor")

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "many"])
    async def test_a_limit_out_of_range(
        self, client: httpx.AsyncClient, member: dict[str, str], limit: str
    ) -> None:
        response = await client.get("/page", params={"limit": limit}, headers=member)
        assert code(response) == (422, "invalid_request")


async def test_a_role_that_row_level_security_does_not_bind_serves_nothing(
    kit_urls: DatabaseUrls, postgres_admin_url: str, context_keys: ContextKeys
) -> None:
    database = Database(postgres_admin_url, service=SERVICE, pool_size=1)
    app = create_service_app(SERVICE, make_settings(kit_urls, context_keys), database=database)
    with pytest.raises(RuntimeError, match="bypass row-level security"):
        async with app_client(app):
            pass


class TestHealth:
    async def test_lives_and_is_ready(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).json() == {"status": "ok", "failing": []}

    async def test_says_what_is_missing(
        self, kit_urls: DatabaseUrls, context_keys: ContextKeys
    ) -> None:
        async def fails() -> None:
            raise ConnectionError

        settings = ServiceSettings(
            environment="test",
            kafka_bootstrap_servers="127.0.0.1:1",
            database_url=kit_urls.app,
            relay_database_url=kit_urls.relay,
            tasks_database_url=kit_urls.tasks,
            idempotency_secret="only-for-tests",
            **context_keys.settings(SERVICE),
        )
        database = Database(kit_urls.app, service=SERVICE, pool_size=1)
        app = create_service_app(SERVICE, settings, database=database, checks={"store": fails})
        async with app_client(app) as client:
            response = await client.get("/readyz")
        assert response.status_code == 503
        assert response.json() == {"status": "failing", "failing": ["store"]}

    async def test_metrics(self, client: httpx.AsyncClient, member: dict[str, str]) -> None:
        await client.get("/whoami", headers=member)
        metrics = (await client.get("/metrics")).text
        assert 'stagify_http_requests_total{method="GET",route="/whoami"' in metrics
