"""The catalog over HTTP."""

import io

import httpx
import pytest
from PIL import Image

from stagify.testing import ContextKeys
from staging_svc.catalog.previews import MAX_BYTES, previews
from staging_svc.settings import Settings
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

    async def test_it_says_what_a_photo_may_be(self, caller: Caller, settings: Settings) -> None:
        limits = (await caller.get("/v1/catalog")).json()["limits"]
        assert limits["max_bytes"] == settings.upload_max_bytes
        assert (limits["max_megapixels"], limits["min_side"]) == (50, 400)
        for content_type in limits["content_types"]:
            await caller.open_upload(limits["max_bytes"], content_type)

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


class TestPreviews:
    async def test_every_choice_has_one_that_anyone_may_keep(self, caller: Caller) -> None:
        caller.kind = "anonymous"
        catalog = (await caller.get("/v1/catalog")).json()
        urls = [entry["preview_url"] for entry in catalog["room_types"] + catalog["styles"]]
        assert len({*urls}) == len(urls) == 6
        for url in urls:
            answer = await caller.get(url)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "image/webp"
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            with Image.open(io.BytesIO(answer.content)) as picture:
                assert (picture.format, picture.size) == ("WEBP", (480, 320))
                assert not {"exif", "xmp", "icc_profile"} & picture.info.keys()

    async def test_another_name_is_none(self, caller: Caller) -> None:
        [name, *_] = previews()
        for wrong in (name.replace(".", ".0", 1), f"{name}.webp", "..%2Fpreviews.py", "x"):
            answer = await caller.get(f"/v1/catalog/previews/{wrong}")
            assert answer.status_code == 404
            assert answer.headers["cache-control"] == "no-store"

    async def test_without_context_is_refused(self, client: httpx.AsyncClient) -> None:
        [name, *_] = previews()
        assert (await client.get(f"/v1/catalog/previews/{name}")).status_code == 401

    def test_they_are_small(self) -> None:
        sizes = [len(content) for content in previews().values()]
        assert max(sizes) <= MAX_BYTES == 12_000
        assert sum(sizes) <= 400_000


async def test_openapi_declares_the_refusals(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    create = paths["/v1/projects"]["post"]["responses"]
    assert {"202", "401", "402", "403", "404", "409", "410", "422", "503"} <= create.keys()
    assert (
        "text/event-stream"
        in paths["/v1/projects/{project_id}/events"]["get"]["responses"]["200"]["content"]
    )
