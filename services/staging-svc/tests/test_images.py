"""Images over HTTP: who gets a link, and what the link gives."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from stagify.database import Database
from stagify.ids import new_id
from staging_svc.furnishing.job_loop import JobLoop
from staging_testing import Caller, room_photo


@pytest.fixture
async def project(caller: Caller, job_loop: JobLoop) -> dict[str, Any]:
    """A staged project."""
    project = await caller.project(name="Ground floor / süd")
    assert await job_loop.run_next()
    return await caller.read(project["id"])


async def follow(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code == 302, answer.text
    async with httpx.AsyncClient() as store:
        return await store.get(answer.headers["location"])


class TestGetImage:
    async def test_anonymous_is_refused(self, caller: Caller) -> None:
        caller.kind = "anonymous"
        assert (await caller.get(f"/v1/images/{new_id()}")).status_code == 401

    async def test_other_tenant_sees_404(self, other: Caller, project: dict[str, Any]) -> None:
        hidden = await other.get(project["staged"]["url"])
        unknown = await other.get(f"/v1/images/{new_id()}")
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.json()["code"] == unknown.json()["code"] == "image_not_found"

    async def test_member_is_led_to_the_photo(
        self, caller: Caller, project: dict[str, Any]
    ) -> None:
        answer = await caller.get(project["staged"]["url"])
        assert answer.headers["cache-control"] == "private, max-age=60"
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert int(query["X-Amz-Expires"][0]) <= 300
        photo = await follow(answer)
        assert photo.status_code == 200
        assert photo.headers["content-type"] == "image/jpeg"
        assert photo.headers["content-disposition"].startswith("inline;")
        assert len(photo.content) == project["staged"]["size"]

    async def test_download_is_an_attachment_with_a_sane_name(
        self, caller: Caller, project: dict[str, Any]
    ) -> None:
        photo = await follow(await caller.get(project["original"]["url"], params={"download": 1}))
        assert photo.headers["content-disposition"] == (
            'attachment; filename="Ground-floor-sud-original.jpg";'
            " filename*=UTF-8''Ground-floor-s%C3%BCd-original.jpg"
        )

    async def test_link_is_for_one_object(self, caller: Caller, project: dict[str, Any]) -> None:
        answer = await caller.get(project["staged"]["url"])
        link = answer.headers["location"].replace(
            project["staged"]["id"], project["original"]["id"]
        )
        async with httpx.AsyncClient() as store:
            assert (await store.get(link)).status_code == 403

    async def test_untouched_source_is_kept_and_only_ever_an_attachment(
        self, caller: Caller, project: dict[str, Any], database: Database
    ) -> None:
        async with database.tenant_connection(caller.tenant_id) as connection:
            source_id: UUID = await connection.fetchval(
                "SELECT id FROM images WHERE kind = 'source'"
            )
        photo = await follow(await caller.get(f"/v1/images/{source_id}"))
        assert photo.content == room_photo()
        assert photo.headers["content-disposition"].startswith("attachment;")
