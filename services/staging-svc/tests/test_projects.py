"""Projects over HTTP: making, listing, reading, deleting them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.staging import ProjectCreated
from stagify.ids import new_id
from stagify.testing import ContextKeys, ObjectStoreServer, app_client
from staging_svc.app import create_app
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.objects.service import intend_unless_used, upload_key
from staging_svc.parts import Parts
from staging_svc.projects import queries
from staging_svc.projects.queries import Wanted
from staging_svc.uploads import service as uploads
from staging_svc.uploads.models import Upload
from staging_svc.uploads.service import UploadState, stored
from staging_testing import (
    Caller,
    MakeSettings,
    Published,
    Rows,
    UsageService,
    room_photo,
)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def index_conditions(plan: dict[str, Any], table: str) -> list[str]:
    """By what the plan's nodes look up rows of `table`; an empty text where they read all of them."""
    found = []
    children = plan.get("Plans", [])
    if plan.get("Relation Name") == table:
        looked_up = [plan, *children] if plan["Node Type"] == "Bitmap Heap Scan" else [plan]
        found = [each["Index Cond"] for each in looked_up if "Index Cond" in each] or [""]
    return found + [each for child in children for each in index_conditions(child, table)]


class TestCreateProject:
    async def test_anonymous_is_refused(self, caller: Caller) -> None:
        caller.kind = "anonymous"
        assert code(await caller.create(str(new_id()))) == (401, "authentication_required")

    async def test_viewer_may_not(self, caller: Caller) -> None:
        caller.permissions = frozenset({"projects:read"})
        assert code(await caller.create(str(new_id()))) == (403, "permission_denied")

    async def test_other_tenants_upload_is_unknown(self, caller: Caller, other: Caller) -> None:
        upload_id = await other.upload(room_photo())
        refused = await caller.create(upload_id)
        unknown = await caller.create(str(new_id()))
        assert code(refused) == code(unknown) == (404, "upload_not_found")

    async def test_provisioning_tenant_waits(self, caller: Caller) -> None:
        upload_id = await caller.upload(room_photo())
        caller.status = "provisioning"
        assert code(await caller.create(upload_id)) == (409, "tenant_provisioning")

    async def test_unknown_room_type_is_refused(self, caller: Caller) -> None:
        answer = await caller.create(str(new_id()), room_type="dungeon")
        assert code(answer) == (422, "unknown_room_type")
        assert "living_room" in answer.json()["allowed"]

    async def test_unknown_style_is_refused(self, caller: Caller) -> None:
        answer = await caller.create(str(new_id()), style="baroque")
        assert code(answer) == (422, "unknown_style")
        assert "modern" in answer.json()["allowed"]

    async def test_unknown_quality_is_refused(self, caller: Caller) -> None:
        answer = await caller.create(str(new_id()), options={"quality": "best"})
        assert code(answer) == (422, "unknown_quality")

    @pytest.mark.parametrize(
        "field",
        [
            {"name": ""},
            {"name": "a" * 121},
            {"name": "two\nlines"},
            {"upload_id": "x"},
            {"options": {"seed": -1}},
            {"options": {"color": "red"}},
            {"price": 1},
        ],
    )
    async def test_malformed_field_is_refused(self, caller: Caller, field: dict[str, Any]) -> None:
        wanted = {"upload_id": str(new_id()), "room_type": "living_room", "style": "modern"}
        answer = await caller.post("/v1/projects", json=wanted | field)
        assert code(answer) == (422, "invalid_request")

    async def test_malformed_json_is_refused(self, caller: Caller) -> None:
        kind = {"content-type": "application/json"}
        answer = await caller.post("/v1/projects", content=b'{"upload', headers=kind)
        assert code(answer) == (422, "malformed_json")

    async def test_wrong_content_type_is_refused(self, caller: Caller) -> None:
        kind = {"content-type": "text/plain"}
        answer = await caller.post("/v1/projects", content=b"{}", headers=kind)
        assert code(answer) == (415, "unsupported_media_type")

    async def test_upload_that_was_never_filled_is_refused(self, caller: Caller) -> None:
        upload = await caller.open_upload(100)
        assert code(await caller.create(upload["id"])) == (409, "upload_not_filled")

    async def test_upload_that_expired_empty_is_refused(
        self, caller: Caller, database: Database, object_store: ObjectStoreServer
    ) -> None:
        upload = await _expired_upload(database, caller.tenant_id, object_store.bucket, 100)
        assert code(await caller.create(str(upload.id))) == (410, "upload_expired")

    async def test_filled_upload_may_be_used_after_its_address_expired(
        self, caller: Caller, database: Database, object_store: ObjectStoreServer
    ) -> None:
        upload = await _expired_upload(database, caller.tenant_id, object_store.bucket, 3)
        object_store.client().put_object(
            Bucket=upload.bucket, Key=upload.object_key, Body=b"abc", ContentType="image/jpeg"
        )
        assert (await caller.create(str(upload.id))).status_code == 202

    async def test_object_of_another_size_is_refused(
        self, caller: Caller, object_store: ObjectStoreServer
    ) -> None:
        upload = await caller.open_upload(100)
        object_store.client().put_object(
            Bucket=object_store.bucket,
            Key=f"tenants/{caller.tenant_id}/uploads/{upload['id']}",
            Body=b"x" * 99,
            ContentType="image/jpeg",
        )
        assert code(await caller.create(upload["id"])) == (422, "upload_mismatch")

    async def test_upload_serves_one_project(self, caller: Caller) -> None:
        upload_id = await caller.upload(room_photo())
        assert (await caller.create(upload_id)).status_code == 202
        assert code(await caller.create(upload_id)) == (409, "upload_already_used")

    async def test_member_gets_a_project_that_waits(
        self, caller: Caller, usage_svc: UsageService, published: Published
    ) -> None:
        project = await caller.project(name="  Attic  ", options={"quality": "draft"})
        assert project["status"] == "queued"
        assert project["name"] == "Attic"
        assert project["options"] == {"quality": "draft", "seed": 0, "label": True}
        assert project["original"] is project["staged"] is project["failure"] is None
        assert await caller.read(project["id"]) == project
        [event] = await published(caller.tenant_id)
        assert isinstance(event, ProjectCreated)
        assert {event.reservation_id} == usage_svc.held_by(caller.tenant_id)
        assert event.created_by == caller.user_id

    async def test_answer_is_what_reading_tells(self, caller: Caller) -> None:
        corners = [{"x": -0.2, "y": 1.1}, {"x": 0.3, "y": 0.6}, {"x": 0.7, "y": 0.6}]
        layout = {"floor_corners": [*corners, {"x": 1.2, "y": 1.000_000_1}], "door": None}
        options = {"label": False, "seed": 7, "layout": layout, "ceiling_height_m": 2.75}
        caller.kind = "api_key"
        project = await caller.project(name="Größe “M”", options=options)
        assert await caller.read(project["id"]) == project

    async def test_project_is_named_after_its_choices(self, caller: Caller) -> None:
        project = await caller.project(room_type="dining_room", style="industrial")
        assert project["name"] == "Dining room, Industrial"


class TestQuota:
    async def test_refusal_is_passed_on(self, caller: Caller, usage_svc: UsageService) -> None:
        usage_svc.limit = usage_svc.used = 3
        answer = await caller.create(await caller.upload(room_photo()))
        assert code(answer) == (402, "quota_exceeded")
        shown = {k: answer.json()[k] for k in ("meter", "used", "reserved", "limit", "resets_at")}
        assert shown == {
            "meter": "staging",
            "used": 3,
            "reserved": 0,
            "limit": 3,
            "resets_at": "2026-12-01T00:00:00Z",
        }
        assert "for us alone" not in answer.text

    async def test_project_is_accepted_while_usage_svc_is_down(
        self, caller: Caller, usage_svc: UsageService, published: Published
    ) -> None:
        await usage_svc.stop()
        await caller.project()
        [event] = await published(caller.tenant_id)
        assert isinstance(event, ProjectCreated)
        assert event.reservation_id is None

    async def test_nothing_is_reserved_for_a_refused_project(
        self, caller: Caller, usage_svc: UsageService
    ) -> None:
        upload_id = await caller.upload(room_photo())
        answers = await asyncio.gather(*(caller.create(upload_id) for _ in range(4)))
        accepted, *refused = sorted(answers, key=lambda answer: answer.status_code)
        assert accepted.status_code == 202
        assert {code(answer) for answer in refused} == {(409, "upload_already_used")}
        assert len(usage_svc.held_by(caller.tenant_id)) == 1


class TestIdempotency:
    async def test_twenty_at_a_time_make_one_project(
        self, caller: Caller, usage_svc: UsageService
    ) -> None:
        upload_id = await caller.upload(room_photo())
        key = {"Idempotency-Key": "once"}
        answers = await asyncio.gather(*(caller.create(upload_id, headers=key) for _ in range(20)))
        accepted = [answer for answer in answers if answer.status_code == 202]
        others = {code(answer) for answer in answers if answer.status_code != 202}
        assert len({answer.content for answer in accepted}) == 1
        assert others <= {(409, "idempotency_in_progress")}
        assert len((await caller.get("/v1/projects")).json()["items"]) == 1
        assert len(usage_svc.held_by(caller.tenant_id)) == 1

    async def test_twin_answered_while_we_look_is_our_answer(
        self, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload_id = await caller.upload(room_photo())
        key = {"Idempotency-Key": "once"}
        twins: list[httpx.Response] = []

        async def after_the_twin(connection: asyncpg.Connection, wanted: UUID) -> UploadState:
            monkeypatch.undo()
            twins.append(await caller.create(upload_id, headers=key))
            return await uploads.get_unused(connection, wanted)

        monkeypatch.setattr(uploads, "get_unused", after_the_twin)
        answer = await caller.create(upload_id, headers=key)
        assert (answer.status_code, answer.content) == (202, twins[0].content)

    async def test_repetition_has_the_same_answer(self, caller: Caller) -> None:
        upload_id = await caller.upload(room_photo())
        key = {"Idempotency-Key": "again"}
        first = await caller.create(upload_id, headers=key)
        second = await caller.create(upload_id, headers=key)
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert second.headers["idempotent-replayed"] == "true"

    async def test_key_of_another_request_is_refused(self, caller: Caller) -> None:
        upload_id = await caller.upload(room_photo())
        key = {"Idempotency-Key": "mine"}
        await caller.create(upload_id, headers=key)
        answer = await caller.create(upload_id, style="industrial", headers=key)
        assert code(answer) == (422, "idempotency_key_reused")

    async def test_key_that_another_request_used_meanwhile_is_refused(
        self, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload_id, others = [await caller.upload(room_photo()) for _ in range(2)]
        key = {"Idempotency-Key": "mine"}

        async def after_the_other(parts: Parts, upload: UploadState) -> None:
            monkeypatch.undo()
            assert (await caller.create(others, headers=key)).status_code == 202
            await uploads.check_filled(parts, upload)

        monkeypatch.setattr(uploads, "check_filled", after_the_other)
        answer = await caller.create(upload_id, headers=key)
        assert code(answer) == (422, "idempotency_key_reused")
        assert len((await caller.get("/v1/projects")).json()["items"]) == 1

    async def test_key_of_a_deleted_project_is_still_known(
        self, caller: Caller, usage_svc: UsageService
    ) -> None:
        key = {"Idempotency-Key": "mine"}
        upload_id = await caller.upload(room_photo())
        project = (await caller.create(upload_id, headers=key)).json()
        assert (await caller.delete(f"/v1/projects/{project['id']}")).status_code == 204
        reserved = usage_svc.held_by(caller.tenant_id)
        answer = await caller.create(await caller.upload(room_photo()), headers=key)
        assert code(answer) == (422, "idempotency_key_reused")
        assert usage_svc.held_by(caller.tenant_id) == reserved

    async def test_forgotten_key_may_come_with_another_request(
        self, caller: Caller, usage_svc: UsageService, database: Database
    ) -> None:
        key = {"Idempotency-Key": "mine"}
        await caller.create(await caller.upload(room_photo()), headers=key)
        async with database.tenant_connection(None) as connection:
            await connection.execute("DELETE FROM idempotency_keys")
        answer = await caller.create(await caller.upload(room_photo()), headers=key)
        assert answer.status_code == 202
        assert len(usage_svc.held_by(caller.tenant_id)) == 2


class TestListProjects:
    async def test_anonymous_is_refused(self, caller: Caller) -> None:
        caller.kind = "anonymous"
        assert (await caller.get("/v1/projects")).status_code == 401

    async def test_other_tenants_projects_are_not_there(
        self, caller: Caller, other: Caller
    ) -> None:
        await other.project()
        answer = await caller.get("/v1/projects")
        assert answer.json() == {"items": [], "next_cursor": None}

    async def test_newest_first_page_by_page(self, caller: Caller) -> None:
        made = [(await caller.project())["id"] for _ in range(5)]
        seen, cursor = [], ""
        while True:
            answer = await caller.get("/v1/projects", params={"limit": 2, "cursor": cursor})
            body = answer.json()
            seen += [item["id"] for item in body["items"]]
            if body["next_cursor"] is None:
                break
            cursor = body["next_cursor"]
        assert seen == made[::-1]

    async def test_status_filters(self, caller: Caller) -> None:
        project = await caller.project()
        queued = await caller.get("/v1/projects", params={"status": "queued"})
        staged = await caller.get("/v1/projects", params={"status": "staged"})
        assert [item["id"] for item in queued.json()["items"]] == [project["id"]]
        assert staged.json()["items"] == []

    async def test_part_of_the_name_filters_in_any_case(
        self, caller: Caller, other: Caller
    ) -> None:
        names = ["Große KÜCHE", "100 % attic", "under_score", "back\\slash"]
        made = {name: (await caller.project(name=name))["id"] for name in names}
        await other.project(name="Große Küche")
        for q, found in {
            "küche": ["Große KÜCHE"],
            "GROSSE": [],
            "0 %": ["100 % attic"],
            "%": ["100 % attic"],
            "_": ["under_score"],
            "\\": ["back\\slash"],
            "Attic": ["100 % attic"],
        }.items():
            answer = await caller.get("/v1/projects", params={"q": q})
            assert [item["id"] for item in answer.json()["items"]] == [made[name] for name in found]

    async def test_looking_for_a_name_reads_no_other_tenants_rows(
        self, caller: Caller, database: Database
    ) -> None:
        await caller.project()
        async with database.tenant_connection(caller.tenant_id) as connection:
            await queries.fetch_projects(connection, Wanted(q="nowhere"), limit=21)
            query = queries.list_query(("q",), is_deleted=False)
            plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", 21, "%nowhere%")
        conditions = index_conditions(plan[0]["Plan"], "projects")
        assert conditions
        assert all("tenant_id" in each for each in conditions), conditions

    async def test_who_asked_for_it_filters(self, caller: Caller) -> None:
        mine = await caller.project()
        me, caller.user_id = caller.user_id, new_id()
        theirs = await caller.project()
        for person, project in ((me, mine), (caller.user_id, theirs)):
            query = {"created_by": str(person)}
            answer = await caller.get("/v1/projects", params=query)
            assert [item["id"] for item in answer.json()["items"]] == [project["id"]]
        assert mine["created_by"] == str(me)

    async def test_filters_add_up_page_by_page(self, caller: Caller) -> None:
        made = [await caller.project(name=f"Room {number}") for number in range(4)]
        await caller.act(made[1]["id"], "cancel")
        query = {"q": "room", "status": "queued", "created_by": str(caller.user_id), "limit": "2"}
        first = (await caller.get("/v1/projects", params=query)).json()
        rest = {**query, "cursor": first["next_cursor"]}
        second = (await caller.get("/v1/projects", params=rest)).json()
        seen = [item["id"] for item in (*first["items"], *second["items"])]
        assert seen == [made[number]["id"] for number in (3, 2, 0)]
        assert second["next_cursor"] is None

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"q": ""}, "invalid_request"),
            ({"q": "a" * 121}, "invalid_request"),
            ({"created_by": "me"}, "invalid_request"),
            ({"limit": "0"}, "invalid_request"),
            ({"limit": "101"}, "invalid_request"),
            ({"status": "lost"}, "invalid_request"),
            ({"cursor": "!"}, "invalid_cursor"),
        ],
    )
    async def test_wrong_query_is_refused(
        self, caller: Caller, query: dict[str, str], expected: str
    ) -> None:
        assert code(await caller.get("/v1/projects", params=query)) == (422, expected)


class TestEstimate:
    async def test_it_follows_from_the_last_photos_and_from_what_comes_before(
        self, caller: Caller, other: Caller, job_loop: JobLoop, rows: Rows
    ) -> None:
        first = await caller.project()
        assert first["eta_seconds"] is None
        assert (await caller.read(first["id"]))["eta_seconds"] is None
        await job_loop.run_next()
        assert (await caller.read(first["id"]))["eta_seconds"] is None
        await rows.change("UPDATE jobs SET finished_at = started_at + interval '10 s'")
        for _ in range(3):
            await other.project()
        waiting = [await caller.project() for _ in range(2)]
        seen = [(await caller.read(each["id"]))["eta_seconds"] for each in waiting]
        # Only the workspace's own photos count.
        assert seen == [10, 20]
        await rows.change("UPDATE projects SET status = 'processing', progress = 0.75")
        assert (await caller.read(waiting[0]["id"]))["eta_seconds"] == 3


class TestGetProject:
    async def test_other_tenant_sees_404(self, caller: Caller, other: Caller) -> None:
        project = await other.project()
        hidden = await caller.get(f"/v1/projects/{project['id']}")
        unknown = await caller.get(f"/v1/projects/{new_id()}")
        assert code(hidden) == code(unknown) == (404, "project_not_found")

    async def test_viewer_may_read(self, caller: Caller) -> None:
        project = await caller.project()
        caller.permissions = frozenset({"projects:read"})
        assert await caller.read(project["id"]) == project


class TestStorageDown:
    async def test_answer_is_503(
        self, make_settings: MakeSettings, context_keys: ContextKeys, caller: Caller
    ) -> None:
        upload = await caller.open_upload(100)
        nowhere = make_settings(s3_endpoint="http://127.0.0.1:9")
        async with app_client(create_app(nowhere)) as client:
            blind = Caller(client, context_keys, caller.tenant_id)
            answer = await blind.create(upload["id"])
        assert code(answer) == (503, "storage_unavailable")
        assert int(answer.headers["retry-after"]) >= 1


async def _expired_upload(database: Database, tenant_id: UUID, bucket: str, size: int) -> Upload:
    """An upload whose address stopped being valid a minute ago."""
    upload_id = new_id()
    upload = Upload(
        tenant_id=tenant_id,
        id=upload_id,
        bucket=bucket,
        object_key=upload_key(tenant_id, upload_id),
        filename="room.jpg",
        content_type="image/jpeg",
        size=size,
        expires_at=utc_now() - timedelta(minutes=1),
    )
    async with database.tenant(tenant_id) as session:
        session.add(upload)
        in_a_day = utc_now() + timedelta(days=1)
        await intend_unless_used(session, stored(upload), upload_id, due_at=in_a_day)
    return upload
