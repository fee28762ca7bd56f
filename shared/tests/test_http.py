"""A service's HTTP process: refusals, its own routes, and who it starts as."""

import httpx
import pytest

from kit_testing import SERVICE, code, make_settings
from stagify.database import Database
from stagify.http import create_service_app
from stagify.testing import ContextKeys, DatabaseUrls, app_client


class TestBadInput:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b'{"name": ', (422, "malformed_json")),
            (b'{"name": ""}', (422, "invalid_request")),
            (b"[]", (422, "invalid_request")),
        ],
        ids=["malformed", "empty", "array"],
    )
    async def test_is_refused_with_its_code(
        self,
        client: httpx.AsyncClient,
        member: dict[str, str],
        content: bytes,
        expected: tuple[int, str],
    ) -> None:
        headers = {**member, "content-type": "application/json"}
        assert code(await client.post("/widgets", content=content, headers=headers)) == expected

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
        assert response.headers["allow"] == "GET, HEAD, OPTIONS"

    async def test_allow_names_all_methods_of_the_path(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        response = await client.put("/widgets", headers=member)
        assert code(response) == (405, "method_not_allowed")
        assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"

    async def test_options_names_them_too(self, client: httpx.AsyncClient) -> None:
        response = await client.options("/widgets")
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"
        assert code(await client.options("/nowhere")) == (404, "not_found")

    async def test_a_slash_at_the_end_is_another_path(
        self, client: httpx.AsyncClient, member: dict[str, str]
    ) -> None:
        assert code(await client.get("/whoami/", headers=member)) == (404, "not_found")


async def test_a_refusal_of_an_unknown_caller_says_how_to_be_known(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get("/whoami")
    assert code(response) == (401, "invalid_context")
    assert response.headers["www-authenticate"] == 'Bearer realm="stagify"'


async def test_openapi_says_which_calls_need_a_caller(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert paths["/widgets"]["post"]["security"] == [{"context": []}]
    assert "security" not in paths["/platform"]["get"]


async def test_a_role_that_can_bypass_row_level_security_does_not_start(
    kit_urls: DatabaseUrls, postgres_admin_url: str, context_keys: ContextKeys
) -> None:
    database = Database(postgres_admin_url, service=SERVICE, pool_size=1)
    settings = make_settings(kit_urls, context_keys)
    app = create_service_app(SERVICE, settings, database=database, close=database.close)
    with pytest.raises(RuntimeError, match="bypass row-level security"):
        async with app_client(app):
            pass


class TestHealth:
    async def test_lives_and_is_ready(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).json() == {"status": "ok", "failing": []}

    async def test_says_which_check_fails(
        self, kit_urls: DatabaseUrls, context_keys: ContextKeys
    ) -> None:
        async def fails() -> None:
            raise ConnectionError

        settings = make_settings(kit_urls, context_keys)
        database = Database(kit_urls.app, service=SERVICE, pool_size=1)
        app = create_service_app(
            SERVICE,
            settings,
            database=database,
            close=database.close,
            checks={"store": fails},
        )
        async with app_client(app) as client:
            response = await client.get("/readyz")
        assert response.status_code == 503
        assert response.json() == {"status": "failing", "failing": ["store"]}

    async def test_metrics(self, client: httpx.AsyncClient, member: dict[str, str]) -> None:
        await client.get("/whoami", headers=member)
        metrics = (await client.get("/metrics")).text
        assert 'stagify_http_requests_total{method="GET",route="/whoami"' in metrics
