"""The catalog over HTTP."""

import httpx
import pytest

from stagify.testing import ContextKeys
from staging_testing import Caller


class TestGetCatalog:
    async def test_without_context_is_refused(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/catalog")).status_code == 401

    async def test_platform_host_has_none(
        self, client: httpx.AsyncClient, context_keys: ContextKeys
    ) -> None:
        headers = context_keys.headers("staging-svc", kind="platform")
        assert (await client.get("/v1/catalog", headers=headers)).status_code == 403

    async def test_visitor_may_read_it(self, caller: Caller) -> None:
        caller.kind = "anonymous"
        body = (await caller.get("/v1/catalog")).json()
        assert {"living_room", "bedroom", "dining_room"} == {e["key"] for e in body["room_types"]}
        assert {"modern", "scandinavian", "industrial"} == {e["key"] for e in body["styles"]}
        assert {"draft", "standard", "high"} == {e["key"] for e in body["options"]["quality"]}
        assert all(entry["name"] for entry in body["room_types"])

    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
    async def test_who_has_it_gets_no_body(self, caller: Caller, form: str) -> None:
        whole = await caller.get("/v1/catalog")
        assert whole.headers["cache-control"] == "private, max-age=300"
        tag = whole.headers["etag"]
        answer = await caller.get("/v1/catalog", headers={"If-None-Match": form.format(tag)})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        assert answer.headers["cache-control"] == "private, max-age=300"

    async def test_who_has_another_one_gets_the_whole(self, caller: Caller) -> None:
        answer = await caller.get("/v1/catalog", headers={"If-None-Match": '"other"'})
        assert answer.status_code == 200
        assert answer.json()["room_types"]


async def test_openapi_declares_the_refusals(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    create = paths["/v1/projects"]["post"]["responses"]
    assert {"202", "401", "402", "403", "404", "409", "410", "422", "503"} <= create.keys()
    assert (
        "text/event-stream"
        in paths["/v1/projects/{project_id}/events"]["get"]["responses"]["200"]["content"]
    )
