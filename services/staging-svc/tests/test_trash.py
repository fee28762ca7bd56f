"""The trash: what is deleted can be restored for a while, then it goes for good."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.staging import ProjectDeleted, ProjectRestored, ProjectTrashed
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.projects import trash
from staging_testing import Caller, Keys, Published, Rows, metered, of_type, outcomes

KEPT = timedelta(days=30)
LONG_AGO = "UPDATE projects SET deleted_at = deleted_at - interval '31 days'"
FORGOTTEN = "UPDATE projects SET purged_at = purged_at - interval '8 days'"


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def ids(caller: Caller, **query: str) -> list[str]:
    answer = await caller.get("/v1/projects", params=query)
    return [item["id"] for item in answer.json()["items"]]


class TestTrash:
    async def test_viewer_may_neither_delete_nor_restore(self, caller: Caller) -> None:
        project = await caller.project()
        caller.permissions = frozenset({"projects:read"})
        assert code(await caller.trash(project["id"])) == (403, "permission_denied")
        assert code(await caller.act(project["id"], "restore")) == (403, "permission_denied")

    async def test_other_tenants_project_is_unknown(self, caller: Caller, other: Caller) -> None:
        project = await other.project()
        for answer in (
            await caller.trash(project["id"]),
            await caller.trash(project["id"], permanently=True),
            await caller.act(project["id"], "restore"),
            await caller.trash(str(new_id())),
        ):
            assert code(answer) == (404, "project_not_found")
        assert await other.read(project["id"]) == project

    async def test_it_is_listed_in_the_trash_and_nowhere_else(
        self, caller: Caller, other: Caller, job_loop: JobLoop
    ) -> None:
        kept, project = await caller.project(), await caller.project()
        await job_loop.run_next()
        await job_loop.run_next()
        assert (await caller.trash(project["id"])).status_code == 204
        assert await ids(caller) == [kept["id"]]
        assert await ids(caller, deleted="true") == [project["id"]]
        assert await ids(other, deleted="true") == []
        read = await caller.read(project["id"])
        assert read["deleted_at"] is not None
        assert read["status"] == "staged"
        assert (await caller.get(read["staged"]["url"])).status_code == 302

    async def test_running_job_is_cancelled(
        self, caller: Caller, job_loop: JobLoop, published: Published
    ) -> None:
        project = await caller.project()
        assert (await caller.trash(project["id"])).status_code == 204
        assert not await job_loop.run_next()
        assert await caller.status_of(project["id"]) == "cancelled"
        assert [*outcomes(await published(caller.tenant_id)).values()] == [{"given back"}]

    async def test_second_time_changes_nothing(self, caller: Caller, published: Published) -> None:
        project = await caller.project()
        answers = await asyncio.gather(*(caller.trash(project["id"]) for _ in range(3)))
        assert {answer.status_code for answer in answers} == {204}
        assert len(of_type(await published(caller.tenant_id), ProjectTrashed)) == 1

    @pytest.mark.parametrize("change", ["rename", "favour", "choose"])
    async def test_it_cannot_be_changed(
        self, caller: Caller, job_loop: JobLoop, change: str
    ) -> None:
        project = await caller.project()
        await job_loop.run_next()
        await caller.trash(project["id"])
        if change == "rename":
            answer = await caller.patch(f"/v1/projects/{project['id']}", json={"name": "x"})
        elif change == "favour":
            body = {"is_favourite": True}
            answer = await caller.patch(f"/v1/projects/{project['id']}", json=body)
        else:
            answer = await caller.act(project["id"], change)
        assert code(answer) == (409, "project_in_trash")

    async def test_storage_counts_until_it_is_really_deleted(
        self,
        caller: Caller,
        job_loop: JobLoop,
        runner: TaskRunner,
        published: Published,
        keys: Keys,
        rows: Rows,
    ) -> None:
        project = await caller.project()
        await job_loop.run_next()
        await caller.trash(project["id"])
        await runner.run_due()
        stored = keys(caller.tenant_id)
        assert stored
        await rows.change(LONG_AGO)
        await rows.end_waits_of_tasks()
        await runner.run_due()
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        assert (await caller.get(f"/v1/projects/{project['id']}")).status_code == 404
        events = await published(caller.tenant_id)
        assert sum(event.quantity for event in metered(events, "storage_bytes")) == 0
        [deleted] = of_type(events, ProjectDeleted)
        assert str(deleted.project_id) == project["id"]


class TestRestore:
    async def test_it_is_as_before(
        self, caller: Caller, job_loop: JobLoop, published: Published, rows: Rows
    ) -> None:
        project = await caller.project()
        await job_loop.run_next()
        before = await caller.read(project["id"])
        await caller.trash(project["id"])
        answer = await caller.act(project["id"], "restore")
        assert answer.status_code == 200
        assert answer.json() | {"updated_at": before["updated_at"]} == before
        assert await ids(caller) == [project["id"]]
        assert await ids(caller, deleted="true") == []
        assert await rows.value("SELECT count(*) FROM tasks WHERE kind = 'project.purge'") == 0
        assert len(of_type(await published(caller.tenant_id), ProjectRestored)) == 1

    async def test_what_is_not_in_the_trash_stays_as_it_is(self, caller: Caller) -> None:
        project = await caller.project()
        answer = await caller.act(project["id"], "restore")
        assert (answer.status_code, answer.json()) == (200, project)

    async def test_it_can_be_deleted_again_for_the_whole_time(
        self, caller: Caller, rows: Rows
    ) -> None:
        project = await caller.project()
        await caller.trash(project["id"])
        await caller.act(project["id"], "restore")
        await caller.trash(project["id"])
        due_at = await rows.value("SELECT due_at FROM tasks WHERE kind = 'project.purge'")
        assert due_at > utc_now() + KEPT - timedelta(minutes=1)

    async def test_restoring_and_the_end_of_its_time_have_one_outcome(
        self, caller: Caller, runner: TaskRunner, rows: Rows, keys: Keys
    ) -> None:
        seen = set()
        for _ in range(8):
            project = await caller.project()
            await caller.trash(project["id"])
            await rows.change(LONG_AGO)
            await rows.change("UPDATE tasks SET due_at = now() WHERE kind = 'project.purge'")
            answer, _ = await asyncio.gather(caller.act(project["id"], "restore"), runner.run_due())
            found = await caller.get(f"/v1/projects/{project['id']}")
            assert answer.status_code == found.status_code
            if found.status_code == 200:
                assert found.json()["deleted_at"] is None
                await caller.trash(project["id"], permanently=True)
            seen.add(found.status_code)
        assert seen <= {200, 404}

    async def test_task_that_has_begun_leaves_what_was_restored(
        self, caller: Caller, database: Database
    ) -> None:
        project = await caller.project()
        await caller.trash(project["id"])
        await caller.act(project["id"], "restore")
        async with database.tenant(caller.tenant_id) as session:
            await trash.purge_trashed(session, UUID(project["id"]), kept=timedelta(0))
        assert (await caller.read(project["id"]))["deleted_at"] is None

    async def test_task_that_comes_too_early_leaves_it(
        self, caller: Caller, runner: TaskRunner, rows: Rows
    ) -> None:
        project = await caller.project()
        await caller.trash(project["id"])
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert (await caller.read(project["id"]))["deleted_at"] is not None


class TestPurge:
    @pytest.mark.parametrize("is_in_trash", [False, True])
    async def test_nothing_personal_is_left_and_in_the_end_nothing(
        self, caller: Caller, runner: TaskRunner, rows: Rows, is_in_trash: bool
    ) -> None:
        project = await caller.project(name="Mrs Miller's attic")
        if is_in_trash:
            await caller.trash(project["id"])
        assert (await caller.trash(project["id"], permanently=True)).status_code == 204
        assert await rows.value("SELECT name FROM projects") == ""
        assert await rows.value("SELECT created_by FROM projects") is None
        assert await ids(caller) == await ids(caller, deleted="true") == []
        for answer in (
            await caller.get(f"/v1/projects/{project['id']}"),
            await caller.trash(project["id"]),
            await caller.trash(project["id"], permanently=True),
            await caller.act(project["id"], "restore"),
            await caller.act(project["id"], "retry"),
            await caller.vary(project["id"]),
            await caller.act(project["id"], "choose"),
            await caller.patch(f"/v1/projects/{project['id']}", json={"name": "x"}),
        ):
            assert code(answer) == (404, "project_not_found")
        await rows.change(FORGOTTEN)
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert await rows.value("SELECT count(*) FROM projects") == 0
        assert await rows.value("SELECT count(*) FROM jobs") == 0

    async def test_row_of_a_photos_first_project_goes_with_its_last_variation(
        self, caller: Caller, runner: TaskRunner, rows: Rows
    ) -> None:
        project = await caller.project()
        variation = await caller.variation(project["id"])
        await caller.trash(project["id"], permanently=True)
        await rows.change(FORGOTTEN)
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert await rows.value("SELECT count(*) FROM projects") == 2
        await caller.trash(variation["id"], permanently=True)
        await rows.change(FORGOTTEN)
        await rows.end_waits_of_tasks()
        await runner.run_due()
        assert await rows.value("SELECT count(*) FROM projects") == 0
