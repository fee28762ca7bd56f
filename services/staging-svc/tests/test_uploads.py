"""Uploads over HTTP, and what the object store allows with the signed URL."""

import json
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from stagify.ids import new_id
from stagify.testing import ContextKeys, app_client
from staging_svc.app import create_app
from staging_svc.uploads import service as uploads
from staging_svc.uploads.errors import NoBucketError
from staging_svc.uploads.schemas import PHOTO_TYPES
from staging_testing import Caller, MakeSettings, put, room_photo

PHOTO = room_photo()
WANTED = {"filename": "room.jpg", "content_type": "image/jpeg", "size": len(PHOTO)}


class TestCreateUpload:
    async def test_without_context_is_refused(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/uploads", json=WANTED)
        assert answer.status_code == 401

    async def test_anonymous_is_refused(self, caller: Caller) -> None:
        caller.kind = "anonymous"
        answer = await caller.post("/v1/uploads", json=WANTED)
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication_required")

    async def test_viewer_may_not(self, caller: Caller) -> None:
        caller.permissions = frozenset({"projects:read"})
        answer = await caller.post("/v1/uploads", json=WANTED)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")

    async def test_type_that_is_no_photo_is_refused(self, caller: Caller) -> None:
        answer = await caller.post("/v1/uploads", json=WANTED | {"content_type": "image/svg+xml"})
        assert (answer.status_code, answer.json()["code"]) == (422, "unsupported_photo_type")
        assert answer.json()["allowed"] == [*PHOTO_TYPES]

    @pytest.mark.parametrize(
        ("declared", "signed"),
        [
            ("image/jpg", "image/jpeg"),
            ("image/pjpeg", "image/jpeg"),
            ("IMAGE/JPEG", "image/jpeg"),
            ("Image/Jpg; charset=binary", "image/jpeg"),
            (" image/jpeg ", "image/jpeg"),
            ("image/x-png", "image/png"),
            ("image/png;q=0.5", "image/png"),
            ("image/WebP", "image/webp"),
        ],
    )
    async def test_type_is_signed_by_its_registered_name(
        self, caller: Caller, declared: str, signed: str
    ) -> None:
        upload = await caller.open_upload(len(PHOTO), declared)
        assert upload["headers"]["Content-Type"] == signed
        assert (await put(upload, PHOTO)).status_code == 200
        assert (await caller.create(upload["id"])).status_code == 202

    @pytest.mark.parametrize("declared", ["image/", "jpeg", ";image/jpeg", "image/jpeg2", "*/*"])
    async def test_type_that_is_none_is_refused(self, caller: Caller, declared: str) -> None:
        answer = await caller.post("/v1/uploads", json=WANTED | {"content_type": declared})
        assert (answer.status_code, answer.json()["code"]) == (422, "unsupported_photo_type")

    async def test_more_than_25_megabytes_are_refused(self, caller: Caller) -> None:
        answer = await caller.post("/v1/uploads", json=WANTED | {"size": 25 * 1024 * 1024 + 1})
        assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
        assert answer.json()["limit_bytes"] == 25 * 1024 * 1024

    async def test_region_without_a_bucket_stores_nothing(self, caller: Caller) -> None:
        caller.region = "mars"
        answer = await caller.post("/v1/uploads", json=WANTED)
        assert (answer.status_code, answer.json()["code"]) == (503, "region_unavailable")
        assert int(answer.headers["retry-after"]) >= 1

    @pytest.mark.parametrize(
        ("sides", "refusal"),
        [
            ((10_000, 5_001), ("photo_too_large", {"limit_pixels": 50_000_000})),
            ((2**31 - 1, 2**31 - 1), ("photo_too_large", {"limit_pixels": 50_000_000})),
            ((4000, 399), ("photo_too_small", {"minimum_pixels": 400})),
            ((12_000, 1_000), ("photo_too_narrow", {})),
        ],
    )
    async def test_photo_that_would_be_refused_later_is_refused_now(
        self, caller: Caller, sides: tuple[int, int], refusal: tuple[str, dict[str, int]]
    ) -> None:
        told = dict(zip(("width", "height"), sides, strict=True))
        answer = await caller.post("/v1/uploads", json=WANTED | told)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, refusal[0])
        assert problem.items() >= refusal[1].items()

    @pytest.mark.parametrize("told", [{"width": 10_000, "height": 5_000}, {"width": 9}])
    async def test_photo_whose_sides_do_not_tell_is_accepted(
        self, caller: Caller, told: dict[str, int]
    ) -> None:
        assert (await caller.post("/v1/uploads", json=WANTED | told)).status_code == 201

    @pytest.mark.parametrize("side", [0, -1, True, "4000", 1.5, []])
    async def test_side_is_a_whole_number(self, caller: Caller, side: object) -> None:
        for name in ("width", "height"):
            answer = await caller.post("/v1/uploads", json=WANTED | {name: side})
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

    @pytest.mark.parametrize("size", [0, -1, "many", None, True, "100", [100], 2**64])
    async def test_invalid_size_is_refused(self, caller: Caller, size: object) -> None:
        answer = await caller.post("/v1/uploads", json=WANTED | {"size": size})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

    async def test_number_of_open_uploads_is_limited(
        self, make_settings: MakeSettings, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        async with app_client(create_app(make_settings(max_open_uploads=2))) as client:
            caller = Caller(client, context_keys, tenant_id)
            for _ in range(2):
                await caller.open_upload(100)
            answer = await caller.post("/v1/uploads", json=WANTED)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_open_uploads")
        assert 1 <= int(answer.headers["retry-after"]) <= 300

    @pytest.mark.parametrize(
        "name",
        ["", " ", "a\0b.jpg", "a\nb.jpg", "a/b.jpg", "a\\b.jpg", "\ud800.jpg", "x" * 256],
        ids=repr,
    )
    async def test_impossible_file_name_is_refused(self, caller: Caller, name: str) -> None:
        content = json.dumps({**WANTED, "filename": name})
        headers = {"content-type": "application/json"}
        answer = await caller.post("/v1/uploads", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

    async def test_address_is_for_this_object_alone(self, caller: Caller) -> None:
        upload = await caller.open_upload(len(PHOTO), filename="..%2F..%2Fetc%2Fpasswd")
        url = urlsplit(upload["url"])
        query = parse_qs(url.query)
        assert url.path.endswith(f"/tenants/{caller.tenant_id}/uploads/{upload['id']}")
        assert int(query["X-Amz-Expires"][0]) <= 300
        signed = query["X-Amz-SignedHeaders"][0].split(";")
        assert signed == ["content-length", "content-type", "host", "if-none-match"]
        assert upload["method"] == "PUT"


class TestSignedAddress:
    async def test_photo_can_be_put_once(self, caller: Caller) -> None:
        upload = await caller.open_upload(len(PHOTO))
        assert (await put(upload, PHOTO)).status_code == 200
        assert (await put(upload, PHOTO)).status_code == 412

    async def test_one_byte_more_is_refused(self, caller: Caller) -> None:
        upload = await caller.open_upload(len(PHOTO))
        answer = await put(upload, PHOTO + b"x", **{"Content-Length": str(len(PHOTO) + 1)})
        assert answer.status_code == 403

    async def test_other_type_is_refused(self, caller: Caller) -> None:
        upload = await caller.open_upload(len(PHOTO))
        answer = await put(upload, PHOTO, **{"Content-Type": "text/html"})
        assert answer.status_code == 403

    async def test_without_the_overwrite_guard_is_refused(self, caller: Caller) -> None:
        upload = await caller.open_upload(len(PHOTO))
        del upload["headers"]["If-None-Match"]
        assert (await put(upload, PHOTO)).status_code == 403

    async def test_other_key_is_refused(self, caller: Caller) -> None:
        upload = await caller.open_upload(len(PHOTO))
        upload["url"] = upload["url"].replace(upload["id"], str(new_id()))
        assert (await put(upload, PHOTO)).status_code == 403

    async def test_reading_is_refused(self, caller: Caller) -> None:
        upload = await caller.open_upload(len(PHOTO))
        await put(upload, PHOTO)
        async with httpx.AsyncClient() as store:
            assert (await store.get(upload["url"])).status_code == 403


def test_region_without_a_bucket_has_none(make_settings: MakeSettings) -> None:
    settings = make_settings(s3_buckets='{"eu": "one", "us": "two"}')
    assert uploads.bucket_of(settings, "us") == "two"
    for region in ("mars", None):
        with pytest.raises(NoBucketError):
            uploads.bucket_of(settings, region)
