"""Deleting projects and abandoned uploads, down to the objects."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from stagify.clock import utc_now
from stagify.database import Database, driver_connection
from stagify.events.staging import ProjectCreated, ProjectDeleted
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.objects import service as objects
from staging_svc.objects.service import ObjectLostError, StoredObject
from staging_svc.objects.store import Storage
from staging_svc.objects.tasks import object_kinds
from staging_svc.uploads import service as uploads
from staging_svc.uploads.errors import UploadAlreadyUsedError
from staging_testing import Caller, Keys, MakeSettings, Published, Rows, metered, put, room_photo


class TestDeleteProject:
    async def test_viewer_may_not(self, caller: Caller) -> None:
        project = await caller.project()
        caller.permissions = frozenset({"projects:read"})
        assert (await caller.trash(project["id"], permanently=True)).status_code == 403

    async def test_other_tenant_sees_404(self, caller: Caller, other: Caller) -> None:
        project = await caller.project()
        answer = await other.delete(f"/v1/projects/{project['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "project_not_found")
        assert (await caller.read(project["id"])) == project

    async def test_waiting_project_goes_with_its_job_and_reservation(
        self, caller: Caller, job_loop: JobLoop, published: Published
    ) -> None:
        project = await caller.project()
        assert (await caller.trash(project["id"], permanently=True)).status_code == 204
        assert (await caller.get(f"/v1/projects/{project['id']}")).status_code == 404
        assert not await job_loop.run_next()
        created, _, deleted = await published(caller.tenant_id)
        assert isinstance(created, ProjectCreated)
        assert isinstance(deleted, ProjectDeleted)
        assert deleted.reservation_id == created.reservation_id

    async def test_staged_project_goes_with_its_objects_and_gives_back_storage(
        self,
        caller: Caller,
        job_loop: JobLoop,
        runner: TaskRunner,
        published: Published,
        keys: Keys,
    ) -> None:
        project = await caller.project()
        await job_loop.run_next()
        image = (await caller.read(project["id"]))["staged"]
        assert (await caller.trash(project["id"], permanently=True)).status_code == 204
        assert (await caller.get(image["url"])).status_code == 404
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        events = await published(caller.tenant_id)
        stored = [event.quantity for event in metered(events, "storage_bytes")]
        assert len(stored) == 3
        assert sum(stored) == 0

    async def test_second_time_is_404(self, caller: Caller) -> None:
        project = await caller.project()
        answers = await asyncio.gather(
            *(caller.trash(project["id"], permanently=True) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [204, 404, 404]

    async def test_object_of_a_late_put_is_deleted_too(
        self, caller: Caller, runner: TaskRunner, keys: Keys, rows: Rows
    ) -> None:
        photo = room_photo()
        upload = await caller.open_upload(len(photo))
        key = f"tenants/{caller.tenant_id}/uploads/{upload['id']}"
        assert (await put(upload, photo)).status_code == 200
        project = (await caller.create(upload["id"])).json()
        await caller.trash(project["id"], permanently=True)
        await runner.run_due()
        assert (await put(upload, photo)).status_code == 200
        assert keys(caller.tenant_id) == {key}
        due_at = await rows.value(
            "SELECT due_at FROM tasks WHERE kind = 'object.delete' AND due_at > now()"
        )
        assert due_at == datetime.fromisoformat(upload["expires_at"]) + timedelta(minutes=15)
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert keys(caller.tenant_id) == set()


class TestAbandonedUploads:
    async def test_object_and_row_go_after_a_day(
        self, caller: Caller, runner: TaskRunner, keys: Keys, rows: Rows
    ) -> None:
        upload_id = await caller.upload(room_photo())
        await runner.run_due()
        assert len(keys(caller.tenant_id)) == 1
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        assert (await caller.create(upload_id)).json()["code"] == "upload_not_found"

    async def test_used_upload_stays(
        self, caller: Caller, runner: TaskRunner, keys: Keys, rows: Rows
    ) -> None:
        await caller.project()
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert len(keys(caller.tenant_id)) == 1


class TestIntents:
    async def test_store_that_is_away_only_delays(
        self,
        caller: Caller,
        make_settings: MakeSettings,
        runner: TaskRunner,
        database: Database,
        queue: Database,
        keys: Keys,
        rows: Rows,
    ) -> None:
        await caller.upload(room_photo())
        await rows.end_waits_of_tasks()
        away = Storage(make_settings(s3_endpoint="http://127.0.0.1:9"))
        await TaskRunner(queue, database, object_kinds(away, uploads.forget_unused)).run_due()
        assert len(keys(caller.tenant_id)) == 1
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert keys(caller.tenant_id) == set()

    async def test_what_is_being_deleted_cannot_be_kept(
        self, database: Database, queue: Database, make_settings: MakeSettings, tenant_id: UUID
    ) -> None:
        target = StoredObject("bucket", f"tenants/{tenant_id}/x")
        async with database.tenant(tenant_id) as session:
            await objects.intend_unless_owned(session, target, due_at=utc_now())
        away = Storage(make_settings(s3_endpoint="http://127.0.0.1:9"))
        await TaskRunner(queue, database, object_kinds(away, uploads.forget_unused)).run_due()
        with pytest.raises(ObjectLostError):
            async with database.tenant(tenant_id) as session:
                await objects.withdraw(session, target)

    async def test_what_is_not_due_is_not_begun(
        self, database: Database, runner: TaskRunner, tenant_id: UUID
    ) -> None:
        target = StoredObject("bucket", f"tenants/{tenant_id}/x")
        due_at = utc_now() + timedelta(hours=1)
        async with database.tenant(tenant_id) as session:
            await objects.intend_unless_owned(session, target, due_at=due_at)
        await runner.run_due()
        async with database.tenant(tenant_id) as session:
            await objects.withdraw(session, target)

    async def test_upload_is_used_or_deleted_but_never_both(
        self, caller: Caller, runner: TaskRunner, keys: Keys, rows: Rows
    ) -> None:
        for _ in range(5):
            upload_id = await caller.upload(room_photo())
            await rows.end_waits_of_tasks()
            answer, _ = await asyncio.gather(caller.create(upload_id), runner.run_due())
            is_kept = any(upload_id in key for key in keys(caller.tenant_id))
            assert is_kept == (answer.status_code == 202)

    async def test_unused_upload_alone_is_forgotten(
        self, caller: Caller, database: Database
    ) -> None:
        await caller.project()
        async with database.tenant_connection(caller.tenant_id) as connection:
            upload_id = await connection.fetchval("SELECT id FROM uploads")
        async with database.tenant(caller.tenant_id) as session:
            await uploads.forget_unused(session, upload_id)
            await uploads.forget_unused(session, new_id())
            with pytest.raises(UploadAlreadyUsedError):
                await uploads.get_unused(await driver_connection(session), upload_id)
