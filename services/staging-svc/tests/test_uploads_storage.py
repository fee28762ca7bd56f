"""The bytes of uploads: reserved at the ticket, used by a project, given back at the end."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from stagify.database import Database
from stagify.events import Event
from stagify.events.staging import UploadDeleted
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock, ContextKeys, DatabaseUrls, app_client, start_blocked
from staging_engine.port import EngineFailedError
from staging_svc.app import create_app
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.quota.service import storage_reservation
from staging_svc.uploads import queries
from staging_testing import (
    Caller,
    Keys,
    MakeSettings,
    Published,
    Rows,
    ScriptedEngine,
    UsageService,
    metered,
    of_type,
    put,
    room_photo,
)

PHOTO = room_photo()
WANTED = {"filename": "room.jpg", "content_type": "image/jpeg", "size": len(PHOTO)}
# A PUT that began just before the URL expired may still be going on for this long.
LATE_PUT = timedelta(minutes=15)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def ended(events: list[Event]) -> list[UUID]:
    """The reservations that were released with their uploads."""
    return [event.reservation_id for event in of_type(events, UploadDeleted)]


class TestTicket:
    async def test_declared_size_is_reserved(self, caller: Caller, usage_svc: UsageService) -> None:
        upload = await caller.open_upload(12_345)
        assert usage_svc.stored == {storage_reservation(UUID(upload["id"])): 12_345}

    async def test_what_does_not_fit_the_quota_is_refused_and_leaves_nothing(
        self, caller: Caller, usage_svc: UsageService, published: Published, rows: Rows
    ) -> None:
        usage_svc.storage_limit = 1000
        await caller.open_upload(600)
        answer = await caller.post("/v1/uploads", json=WANTED | {"size": 500})
        assert code(answer) == (402, "quota_exceeded")
        shown = {k: answer.json()[k] for k in ("meter", "used", "reserved", "limit", "resets_at")}
        assert shown == {
            "meter": "storage_bytes",
            "used": 0,
            "reserved": 600,
            "limit": 1000,
            "resets_at": None,
        }
        assert await rows.value("SELECT count(*) FROM uploads") == 1
        assert await rows.value("SELECT count(*) FROM tasks WHERE kind = 'object.delete'") == 1
        # Released also here: the answer to a reservation that was made may have been lost.
        assert len(ended(await published(caller.tenant_id))) == 1

    async def test_over_the_quota_one_can_read_and_delete(
        self, caller: Caller, job_loop: JobLoop, usage_svc: UsageService
    ) -> None:
        project = await caller.project()
        await job_loop.run_next()
        unused = await caller.upload(PHOTO)
        usage_svc.storage_limit = 0
        assert code(await caller.post("/v1/uploads", json=WANTED)) == (402, "quota_exceeded")
        image = (await caller.read(project["id"]))["staged"]
        assert (await caller.get(image["url"])).status_code == 302
        assert (await caller.get("/v1/projects")).status_code == 200
        assert (await caller.delete(f"/v1/uploads/{unused}")).status_code == 204
        assert (await caller.trash(project["id"], permanently=True)).status_code == 204

    async def test_filled_ones_count_as_unused(
        self,
        make_settings: MakeSettings,
        context_keys: ContextKeys,
        tenant_id: UUID,
        clock: Clock,
    ) -> None:
        async with app_client(create_app(make_settings(max_open_uploads=2))) as client:
            caller = Caller(client, context_keys, tenant_id)
            used, _ = await caller.upload(PHOTO), await caller.upload(PHOTO)
            clock.advance(timedelta(hours=1))
            answer = await caller.post("/v1/uploads", json=WANTED)
            assert code(answer) == (429, "too_many_open_uploads")
            assert 1 <= int(answer.headers["retry-after"]) <= 300
            # The store would refuse our signatures from the future.
            clock.advance(timedelta(hours=-1))
            assert (await caller.create(used)).status_code == 202
            assert (await caller.post("/v1/uploads", json=WANTED)).status_code == 201

    async def test_their_bytes_are_limited_together(
        self, make_settings: MakeSettings, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        async with app_client(create_app(make_settings(max_open_bytes=1000))) as client:
            caller = Caller(client, context_keys, tenant_id)
            await caller.open_upload(600)
            answer = await caller.post("/v1/uploads", json=WANTED | {"size": 401})
            assert code(answer) == (429, "too_many_open_uploads")
            assert answer.json()["limit_bytes"] == 1000
            await caller.open_upload(400)


class TestEmptyTicket:
    async def test_it_ends_when_it_can_no_longer_be_filled(
        self, caller: Caller, runner: TaskRunner, published: Published, rows: Rows
    ) -> None:
        upload = await caller.open_upload(100)
        due_in = await rows.value(
            "SELECT t.due_at - u.expires_at FROM tasks t, uploads u WHERE kind = 'upload.look'"
        )
        assert due_in == LATE_PUT
        await rows.change("UPDATE tasks SET due_at = now() WHERE kind = 'upload.look'")
        await runner.run_due()
        reservation = storage_reservation(UUID(upload["id"]))
        assert ended(await published(caller.tenant_id)) == [reservation]
        assert code(await caller.create(upload["id"])) == (404, "upload_not_found")
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert await rows.value("SELECT count(*) FROM uploads") == 0
        assert ended(await published(caller.tenant_id)) == [reservation]

    @pytest.mark.parametrize("is_used", [False, True])
    async def test_filled_one_stays(
        self, caller: Caller, runner: TaskRunner, published: Published, rows: Rows, is_used: bool
    ) -> None:
        upload_id = await caller.upload(PHOTO)
        if is_used:
            await caller.create(upload_id)
        await rows.change("UPDATE tasks SET due_at = now() WHERE kind = 'upload.look'")
        await runner.run_due()
        assert ended(await published(caller.tenant_id)) == []
        assert await rows.value("SELECT count(*) FROM uploads WHERE discarded_at IS NULL") == 1

    async def test_abandoned_one_releases_its_bytes_once(
        self, caller: Caller, runner: TaskRunner, published: Published, rows: Rows
    ) -> None:
        upload_id = await caller.upload(PHOTO)
        await rows.change("UPDATE tasks SET due_at = now() WHERE kind = 'object.delete'")
        await runner.run_due()
        reservation = storage_reservation(UUID(upload_id))
        assert ended(await published(caller.tenant_id)) == [reservation]


class TestDeleteUpload:
    async def test_viewer_may_not(self, caller: Caller) -> None:
        upload_id = await caller.upload(PHOTO)
        caller.permissions = frozenset({"projects:read"})
        assert code(await caller.delete(f"/v1/uploads/{upload_id}")) == (403, "permission_denied")

    async def test_other_tenants_upload_is_unknown(self, caller: Caller, other: Caller) -> None:
        upload_id = await caller.upload(PHOTO)
        hidden = await other.delete(f"/v1/uploads/{upload_id}")
        unknown = await other.delete(f"/v1/uploads/{new_id()}")
        assert code(hidden) == code(unknown) == (404, "upload_not_found")
        assert (await caller.create(upload_id)).status_code == 202

    async def test_used_one_is_its_projects(self, caller: Caller) -> None:
        upload_id = await caller.upload(PHOTO)
        await caller.create(upload_id)
        assert code(await caller.delete(f"/v1/uploads/{upload_id}")) == (409, "upload_already_used")

    async def test_photo_goes_and_its_bytes_are_released_once(
        self, caller: Caller, runner: TaskRunner, published: Published, keys: Keys
    ) -> None:
        upload_id = await caller.upload(PHOTO)
        answers = await asyncio.gather(
            *(caller.delete(f"/v1/uploads/{upload_id}") for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [204, 404, 404]
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        reservation = storage_reservation(UUID(upload_id))
        assert ended(await published(caller.tenant_id)) == [reservation]

    async def test_it_cannot_be_filled_and_used_again(
        self,
        caller: Caller,
        runner: TaskRunner,
        keys: Keys,
        rows: Rows,
        usage_svc: UsageService,
    ) -> None:
        upload = await caller.open_upload(len(PHOTO))
        assert (await caller.delete(f"/v1/uploads/{upload['id']}")).status_code == 204
        await runner.run_due()
        assert (await put(upload, PHOTO)).status_code == 200
        assert code(await caller.create(upload["id"])) == (404, "upload_not_found")
        assert usage_svc.held == {}
        last_put = await rows.value(
            "SELECT t.due_at - u.expires_at FROM tasks t, uploads u"
            " WHERE kind = 'object.delete' AND t.due_at > now()"
        )
        assert last_put == LATE_PUT
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        assert await rows.value("SELECT count(*) FROM uploads") == 0

    async def test_it_counts_as_unused_while_it_could_be_filled_again(
        self, make_settings: MakeSettings, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        async with app_client(create_app(make_settings(max_open_uploads=1))) as client:
            caller = Caller(client, context_keys, tenant_id)
            upload_id = await caller.upload(PHOTO)
            assert (await caller.delete(f"/v1/uploads/{upload_id}")).status_code == 204
            answer = await caller.post("/v1/uploads", json=WANTED)
            assert code(answer) == (429, "too_many_open_uploads")


class TestWhileUsageIsAway:
    @pytest.fixture
    def limited(self, make_settings: MakeSettings) -> Any:
        return make_settings(max_unreserved_bytes=1000)

    async def test_so_many_bytes_are_accepted_and_reserved_later(
        self,
        limited: Any,
        context_keys: ContextKeys,
        tenant_id: UUID,
        usage_svc: UsageService,
        runner: TaskRunner,
        rows: Rows,
    ) -> None:
        async with app_client(create_app(limited)) as client:
            caller = Caller(client, context_keys, tenant_id)
            await usage_svc.stop()
            upload = await caller.open_upload(600)
            answer = await caller.post("/v1/uploads", json=WANTED | {"size": 401})
            assert code(answer) == (503, "quota_unavailable")
            assert int(answer.headers["retry-after"]) >= 1
            await runner.run_due()
            assert await rows.value("SELECT count(*) FROM uploads WHERE awaits_reservation") == 1
            await usage_svc.start()
            await rows.change("UPDATE tasks SET due_at = now() WHERE kind = 'upload.reserve'")
            await runner.run_due()
            assert usage_svc.stored == {storage_reservation(UUID(upload["id"])): 600}
            assert await rows.value("SELECT count(*) FROM uploads WHERE awaits_reservation") == 0
            await usage_svc.stop()
            await caller.open_upload(1000)

    async def test_one_that_does_not_fit_when_it_is_back_is_deleted(
        self,
        caller: Caller,
        usage_svc: UsageService,
        runner: TaskRunner,
        published: Published,
        keys: Keys,
    ) -> None:
        await usage_svc.stop()
        upload_id = await caller.upload(PHOTO)
        usage_svc.storage_limit = 10
        await usage_svc.start()
        await runner.run_due()
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        assert ended(await published(caller.tenant_id)) == [storage_reservation(UUID(upload_id))]
        assert code(await caller.create(upload_id)) == (404, "upload_not_found")

    async def test_two_processes_decide_one_after_the_other(
        self, caller: Caller, database: Database, urls: DatabaseUrls, usage_svc: UsageService
    ) -> None:
        await usage_svc.stop()
        await caller.open_upload(600)
        watch = await asyncpg.connect(urls.app)
        second_database = Database(urls.app, service="staging-svc", pool_size=1)
        tenant = caller.tenant_id
        try:
            async with second_database.tenant(tenant) as second:
                connection = second.info["connection"]
                async with database.tenant(tenant) as first:
                    await queries.take_turns(first.info["connection"], tenant)
                    turn = queries.take_turns(connection, tenant)
                    waiting = await start_blocked(watch, connection.get_server_pid(), turn)
                await waiting
        finally:
            await second_database.close()
            await watch.close()

    @pytest.mark.parametrize("rounds", range(3))
    async def test_many_at_once_stay_within_the_bytes(
        self,
        limited: Any,
        context_keys: ContextKeys,
        tenant_id: UUID,
        usage_svc: UsageService,
        rows: Rows,
        rounds: int,
    ) -> None:
        async with app_client(create_app(limited)) as one, app_client(create_app(limited)) as two:
            callers = [Caller(client, context_keys, tenant_id) for client in (one, two)]
            await usage_svc.stop()
            wanted = WANTED | {"size": 300}
            calls: list[Awaitable[httpx.Response]] = [
                callers[n % 2].post("/v1/uploads", json=wanted) for n in range(10)
            ]
            statuses = sorted(answer.status_code for answer in await asyncio.gather(*calls))
        assert statuses == [201] * 3 + [503] * 7
        assert await rows.value("SELECT sum(size)::int FROM uploads") == 900

    async def test_project_reserves_what_its_ticket_did_not(
        self, caller: Caller, usage_svc: UsageService
    ) -> None:
        await usage_svc.stop()
        upload_id = await caller.upload(PHOTO)
        await usage_svc.start()
        assert (await caller.create(upload_id)).status_code == 202
        assert usage_svc.stored == {storage_reservation(UUID(upload_id)): len(PHOTO)}

    async def test_project_cannot_be_made_beyond_the_quota(
        self, caller: Caller, usage_svc: UsageService
    ) -> None:
        await usage_svc.stop()
        upload_id = await caller.upload(PHOTO)
        usage_svc.storage_limit = 10
        await usage_svc.start()
        answer = await caller.create(upload_id)
        assert (code(answer), answer.json()["meter"]) == (
            (402, "quota_exceeded"),
            "storage_bytes",
        )

    async def test_job_reserves_what_its_project_did_not(
        self, caller: Caller, usage_svc: UsageService, job_loop: JobLoop, rows: Rows
    ) -> None:
        await usage_svc.stop()
        project = await caller.project()
        await usage_svc.start()
        await job_loop.run_next()
        assert await caller.status_of(project["id"]) == "staged"
        assert list(usage_svc.stored.values()) == [len(PHOTO)]
        assert await rows.value("SELECT count(*) FROM uploads WHERE awaits_reservation") == 0

    async def test_job_that_finds_no_room_keeps_nothing(
        self,
        caller: Caller,
        usage_svc: UsageService,
        job_loop: JobLoop,
        runner: TaskRunner,
        published: Published,
        keys: Keys,
    ) -> None:
        await usage_svc.stop()
        project = await caller.project()
        usage_svc.storage_limit = 10
        await usage_svc.start()
        await job_loop.run_next()
        failed = await caller.read(project["id"])
        assert (failed["status"], failed["failure"]["code"]) == ("failed", "quota_exceeded")
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        events = await published(caller.tenant_id)
        assert metered(events, "storage_bytes") == []
        assert len(ended(events)) == 1


class TestUse:
    async def test_checked_photo_uses_what_was_reserved(
        self, caller: Caller, job_loop: JobLoop, published: Published
    ) -> None:
        upload_id = await caller.upload(PHOTO)
        project = (await caller.create(upload_id)).json()
        await job_loop.run_next()
        first, second = metered(await published(caller.tenant_id), "storage_bytes")
        shown = await caller.read(project["id"])
        assert first.reservation_id == storage_reservation(UUID(upload_id))
        assert first.quantity == len(PHOTO) + shown["original"]["size"]
        assert (second.reservation_id, second.quantity) == (None, shown["staged"]["size"])

    async def test_project_that_failed_before_its_photo_was_checked_counts_it(
        self,
        caller: Caller,
        job_loop: JobLoop,
        usage_svc: UsageService,
        published: Published,
        runner: TaskRunner,
        keys: Keys,
    ) -> None:
        upload_id = await caller.upload(PHOTO)
        await usage_svc.stop()
        project = (await caller.create(upload_id)).json()
        usage_svc.limit = 0
        await usage_svc.start()
        await job_loop.run_next()
        assert await caller.status_of(project["id"]) == "failed"
        assert len(keys(caller.tenant_id)) == 1
        [counted] = metered(await published(caller.tenant_id), "storage_bytes")
        assert (counted.quantity, counted.reservation_id) == (
            len(PHOTO),
            storage_reservation(UUID(upload_id)),
        )
        await caller.trash(project["id"], permanently=True)
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        records = metered(await published(caller.tenant_id), "storage_bytes")
        assert [record.quantity for record in records] == [len(PHOTO), -len(PHOTO)]

    async def test_project_that_failed_later_counts_it_once(
        self,
        caller: Caller,
        job_loop: JobLoop,
        engine: ScriptedEngine,
        published: Published,
        rows: Rows,
    ) -> None:
        project = await caller.project()
        engine.errors = [EngineFailedError("engine_crashed", "It broke.") for _ in range(3)]
        for _ in range(3):
            await job_loop.run_next()
            await rows.end_waits_of_jobs()
        shown = await caller.read(project["id"])
        assert shown["status"] == "failed"
        [counted] = metered(await published(caller.tenant_id), "storage_bytes")
        assert counted.quantity == len(PHOTO) + shown["original"]["size"]
        await caller.trash(project["id"], permanently=True)
        records = metered(await published(caller.tenant_id), "storage_bytes")
        assert sum(record.quantity for record in records) == 0

    async def test_useless_photo_is_released_and_never_counted(
        self, caller: Caller, job_loop: JobLoop, published: Published
    ) -> None:
        upload_id = await caller.upload(b"no photo at all")
        await caller.create(upload_id)
        await job_loop.run_next()
        events = await published(caller.tenant_id)
        assert metered(events, "storage_bytes") == []
        assert ended(events) == [storage_reservation(UUID(upload_id))]

    async def test_waiting_project_that_is_deleted_releases_its_photo(
        self, caller: Caller, published: Published, rows: Rows, clock: Clock
    ) -> None:
        upload_id = await caller.upload(PHOTO)
        project = (await caller.create(upload_id)).json()
        clock.advance(timedelta(hours=1))
        await caller.trash(project["id"], permanently=True)
        assert ended(await published(caller.tenant_id)) == [storage_reservation(UUID(upload_id))]
        assert await rows.value("SELECT count(*) FROM uploads") == 0
