"""Images over HTTP: who gets a link, and what the link gives."""

import base64
import io
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import httpx
import pytest
from PIL import Image

from stagify.clock import utc_now
from stagify.database import Database
from stagify.ids import new_id
from stagify.testing import Clock, DatabaseUrls
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.images import service as images
from staging_svc.images.service import Owner
from staging_testing import Caller, Rows, room_photo


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
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert query["X-Amz-Expires"] == ["600"]
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

    async def test_file_is_named_after_the_new_name_of_the_project(
        self, caller: Caller, project: dict[str, Any], database: Database
    ) -> None:
        owner = Owner(caller.tenant_id, UUID(project["id"]), "Attic", "modern")
        async with database.tenant(caller.tenant_id) as session:
            await images.rename(session, owner)
        for kind, name in (("original", "Attic-original"), ("staged", "Attic-modern-staged")):
            photo = await follow(await caller.get(project[kind]["url"]))
            assert f'filename="{name}.jpg"' in photo.headers["content-disposition"]

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
        for form in ({}, {"w": 320, "label": 0}):
            photo = await follow(await caller.get(f"/v1/images/{source_id}", params=form))
            assert photo.content == room_photo()
            assert photo.headers["content-disposition"].startswith("attachment;")


class TestLinks:
    async def test_stays_the_same_for_five_minutes_and_then_changes(
        self, caller: Caller, project: dict[str, Any], clock: Clock
    ) -> None:
        async def ask(**form: int) -> tuple[str, int]:
            answer = await caller.get(project["staged"]["url"], params=form)
            assert answer.status_code == 302
            kind, _, seconds = answer.headers["cache-control"].partition(", max-age=")
            assert kind == "private"
            return answer.headers["location"], int(seconds)

        into_the_window = timedelta(seconds=utc_now().timestamp() % 300)
        clock.advance(timedelta(seconds=301) - into_the_window)
        first, seconds = await ask(w=640)
        assert 280 < seconds <= 299
        query = parse_qs(urlsplit(first).query)
        signed_at = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%S%z")
        assert timedelta(0) <= utc_now() - signed_at < timedelta(seconds=20)
        clock.advance(timedelta(seconds=270))
        again, seconds = await ask(w=640)
        assert (again, seconds < 30) == (first, True)
        assert (
            len({first, *[(await ask(**form))[0] for form in ({}, {"w": 320}, {"label": 0})]}) == 4
        )
        # A browser that kept the answer until now has a link that is valid for another five minutes.
        clock.advance(timedelta(seconds=29))
        later, seconds = await ask(w=640)
        assert (later == first, seconds > 270) == (False, True)

    async def test_browsers_may_keep_the_photo_for_as_long_as_the_link_is_given(
        self, caller: Caller, project: dict[str, Any]
    ) -> None:
        photo = await follow(await caller.get(project["staged"]["url"], params={"w": 320}))
        assert photo.headers["cache-control"] == "private, max-age=300"


class TestSmaller:
    @pytest.mark.parametrize("kind", ["original", "staged"])
    @pytest.mark.parametrize(("wanted", "width"), [(320, 320), (640, 640), (1280, 800)])
    async def test_is_a_webp_of_that_width_or_of_the_photos_own(
        self, caller: Caller, project: dict[str, Any], kind: str, wanted: int, width: int
    ) -> None:
        photo = await follow(await caller.get(project[kind]["url"], params={"w": wanted}))
        assert photo.headers["content-type"] == "image/webp"
        assert f"{kind}_{width}.webp" in photo.headers["content-disposition"]
        with Image.open(io.BytesIO(photo.content)) as opened:
            assert (opened.format, opened.size) == ("WEBP", (width, width * 3 // 4))
        assert len(photo.content) < project[kind]["size"]

    async def test_of_an_old_image_is_the_whole(
        self, caller: Caller, project: dict[str, Any], rows: Rows
    ) -> None:
        await rows.change("DELETE FROM renditions")
        whole = await follow(await caller.get(project["staged"]["url"]))
        photo = await follow(await caller.get(project["staged"]["url"], params={"w": 320}))
        assert photo.content == whole.content
        assert (
            'filename="Ground-floor-sud-modern-staged.jpg"'
            in (photo.headers["content-disposition"])
        )

    async def test_there_are_no_other_sizes(self, caller: Caller, project: dict[str, Any]) -> None:
        for width in ("0", "321", "0640", "640px", "-640", ""):
            answer = await caller.get(project["staged"]["url"], params={"w": width})
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

    async def test_other_tenant_sees_404(self, other: Caller, project: dict[str, Any]) -> None:
        for form in ({"w": 320}, {"label": 0}, {"label": 1, "download": 1}):
            hidden = await other.get(project["staged"]["url"], params=form)
            assert (hidden.status_code, hidden.json()["code"]) == (404, "image_not_found")


class TestLabel:
    async def test_both_forms_can_be_had_whatever_the_options_say(
        self, caller: Caller, job_loop: JobLoop
    ) -> None:
        with_label, without = [], []
        for label in (True, False):
            accepted = await caller.project(name="Attic", options={"label": label})
            await job_loop.run_next()
            staged = (await caller.read(accepted["id"]))["staged"]
            default, yes, no, small = [
                await follow(await caller.get(staged["url"], params=form))
                for form in ({}, {"label": 1}, {"label": 0}, {"w": 640})
            ]
            assert default.content == (yes if label else no).content
            assert "Attic-modern-staged.jpg" in yes.headers["content-disposition"]
            assert "Attic-modern-staged_without_label.jpg" in no.headers["content-disposition"]
            assert is_labelled(small.content) is is_labelled(default.content) is label
            with_label.append(yes.content)
            without.append(no.content)
        assert with_label[0] == with_label[1] != without[0] == without[1]

    async def test_the_other_form_is_always_whole(
        self, caller: Caller, project: dict[str, Any]
    ) -> None:
        answer = await caller.get(project["staged"]["url"], params={"label": 0, "w": 320})
        photo = await follow(answer)
        assert photo.headers["content-type"] == "image/jpeg"
        answer = await caller.get(project["staged"]["url"], params={"label": 1, "w": 320})
        photo = await follow(answer)
        assert photo.headers["content-type"] == "image/webp"

    async def test_an_original_has_none(self, caller: Caller, project: dict[str, Any]) -> None:
        url = project["original"]["url"]
        photos = [
            await follow(await caller.get(url, params=form))
            for form in ({}, {"label": 1}, {"label": 0})
        ]
        assert len({photo.content for photo in photos}) == 1

    @pytest.mark.parametrize("has_label", ["true", "NULL"])
    async def test_what_an_old_image_lacks_is_refused(
        self,
        caller: Caller,
        project: dict[str, Any],
        rows: Rows,
        urls: DatabaseUrls,
        has_label: str,
    ) -> None:
        await rows.change("DELETE FROM renditions")
        owner = await asyncpg.connect(urls.owner)
        try:
            await owner.execute(f"SET app.tenant_id = '{caller.tenant_id}'")
            await owner.execute(f"UPDATE images SET has_label = {has_label} WHERE kind = 'staged'")
        finally:
            await owner.close()
        url = project["staged"]["url"]
        assert (await caller.get(url)).status_code == 302
        known = await caller.get(url, params={"label": 1})
        assert known.status_code == (302 if has_label == "true" else 404)
        answer = await caller.get(url, params={"label": 0})
        assert (answer.status_code, answer.json()["code"]) == (404, "image_form_not_found")


async def test_placeholders_are_told(caller: Caller, project: dict[str, Any]) -> None:
    listed = (await caller.get("/v1/projects")).json()["items"][0]
    for kind in ("original", "staged"):
        assert 15 < len(base64.b64decode(project[kind]["placeholder"], validate=True)) < 26
        assert listed[kind] == project[kind]


def is_labelled(content: bytes) -> bool:
    """Whether there is white text in the lower right corner, where the room has a brown floor."""
    with Image.open(io.BytesIO(content)) as opened:
        picture = opened.convert("L")
    corner = picture.crop(
        (picture.width * 7 // 10, picture.height * 9 // 10, picture.width, picture.height)
    )
    return max(corner.tobytes()) > 200
