"""Cancelling a project and trying it again: each attempt is paid for once, or not at all."""

import asyncio
from uuid import UUID

import httpx
import pytest

from stagify.events.staging import ProjectCancelled, ProjectRetried, ProjectStaged, StagingStarted
from stagify.ids import new_id
from stagify.testing import ContextKeys, app_client, eventually
from staging_engine.port import StagingRefusedError
from staging_svc.app import create_app
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.jobs import StagingProcess
from staging_svc.settings import Settings
from staging_testing import (
    Caller,
    Published,
    Rows,
    ScriptedEngine,
    UsageService,
    of_type,
    outcomes,
    start_and_hold,
)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def failed_project(caller: Caller, job_loop: JobLoop, engine: ScriptedEngine) -> str:
    """A project that the engine has refused."""
    project = await caller.project()
    engine.errors = [StagingRefusedError("cannot_place", "No room for furniture.")]
    await job_loop.run_next()
    assert await caller.status_of(project["id"]) == "failed"
    return str(project["id"])


@pytest.mark.parametrize("what", ["cancel", "retry"])
class TestAuthorization:
    async def test_viewer_may_not(self, caller: Caller, what: str) -> None:
        project = await caller.project()
        caller.permissions = frozenset({"projects:read"})
        assert code(await caller.act(project["id"], what)) == (403, "permission_denied")

    async def test_other_tenants_project_is_unknown(
        self, caller: Caller, other: Caller, what: str
    ) -> None:
        project = await other.project()
        hidden = await caller.act(project["id"], what)
        unknown = await caller.act(str(new_id()), what)
        assert code(hidden) == code(unknown) == (404, "project_not_found")
        assert await other.read(project["id"]) == project

    async def test_project_in_the_trash_is_left_alone(self, caller: Caller, what: str) -> None:
        project = await caller.project()
        await caller.trash(project["id"])
        assert code(await caller.act(project["id"], what)) == (409, "project_in_trash")


class TestCancel:
    async def test_waiting_project_gives_back_its_reservation(
        self, caller: Caller, job_loop: JobLoop, published: Published
    ) -> None:
        project = await caller.project()
        answer = await caller.act(project["id"], "cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        assert answer.json() == await caller.read(project["id"])
        assert not await job_loop.run_next()
        [cancelled] = of_type(await published(caller.tenant_id), ProjectCancelled)
        assert cancelled.actor == f"user:{caller.user_id}"
        assert outcomes(await published(caller.tenant_id)) == {
            cancelled.reservation_id: {"given back"}
        }

    async def test_running_job_stops(
        self, caller: Caller, process: StagingProcess, engine: ScriptedEngine, published: Published
    ) -> None:
        listening = asyncio.create_task(process.listener.run())
        await process.listener.connected.wait()
        project = await caller.project()
        attempt = await start_and_hold(process.loops[0], engine)
        answer = await caller.act(project["id"], "cancel")
        assert (answer.status_code, answer.json()["progress"]) == (200, 0.0)
        await asyncio.wait_for(attempt, 10)
        listening.cancel()
        assert await caller.status_of(project["id"]) == "cancelled"
        assert [*outcomes(await published(caller.tenant_id)).values()] == [{"given back"}]

    async def test_second_time_changes_nothing(self, caller: Caller, published: Published) -> None:
        project = await caller.project()
        answers = await asyncio.gather(*(caller.act(project["id"], "cancel") for _ in range(3)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        assert len(of_type(await published(caller.tenant_id), ProjectCancelled)) == 1

    async def test_what_has_ended_cannot_be_cancelled(
        self, caller: Caller, job_loop: JobLoop, rows: Rows
    ) -> None:
        project = await caller.project()
        await job_loop.run_next()
        assert code(await caller.act(project["id"], "cancel")) == (409, "project_ended")
        assert await rows.value("SELECT state FROM jobs") == "done"

    async def test_cancelling_and_finishing_at_a_time_have_one_outcome(
        self,
        caller: Caller,
        settings: Settings,
        job_loop: JobLoop,
        published: Published,
        context_keys: ContextKeys,
    ) -> None:
        """The job and the customers work on pools of their own, as in two processes."""
        statuses = set()
        async with app_client(create_app(settings)) as client:
            elsewhere = Caller(client, context_keys, caller.tenant_id, user_id=caller.user_id)
            for pause in range(12):
                project = await caller.project()
                working = asyncio.create_task(job_loop.run_next())
                await _reaches(caller, project["id"], "processing")
                await asyncio.sleep(pause * 0.02)
                answer = await elsewhere.act(project["id"], "cancel")
                await working
                status = await caller.status_of(project["id"])
                assert answer.status_code == (200 if status == "cancelled" else 409)
                statuses.add(status)
        said = outcomes(await published(caller.tenant_id))
        assert len(said) == 12
        assert all(len(outcome) == 1 for outcome in said.values())
        used = [*said.values()].count({"used"})
        assert used == len(of_type(await published(caller.tenant_id), ProjectStaged))
        assert statuses <= {"cancelled", "staged"}


async def _reaches(caller: Caller, project_id: str, status: str) -> None:
    async def look() -> bool:
        return await caller.status_of(project_id) in (status, "staged")

    await eventually(look)


class TestRetry:
    async def test_failed_project_waits_again_with_a_new_reservation(
        self,
        caller: Caller,
        job_loop: JobLoop,
        engine: ScriptedEngine,
        published: Published,
        usage_svc: UsageService,
    ) -> None:
        project_id = await failed_project(caller, job_loop, engine)
        answer = await caller.act(project_id, "retry")
        assert answer.status_code == 202
        project = answer.json()
        assert (project["id"], project["status"]) == (project_id, "queued")
        assert (project["failure"], project["progress"]) == (None, 0.0)
        await job_loop.run_next()
        assert await caller.status_of(project_id) == "staged"
        events = await published(caller.tenant_id)
        first, second = of_type(events, StagingStarted)
        [retried] = of_type(events, ProjectRetried)
        assert retried.reservation_id == second.reservation_id != first.reservation_id
        assert outcomes(events) == {
            first.reservation_id: {"given back"},
            second.reservation_id: {"used"},
        }
        assert usage_svc.held_by(caller.tenant_id) == {first.reservation_id, second.reservation_id}

    async def test_cancelled_project_can_be_tried_any_number_of_times(
        self, caller: Caller, job_loop: JobLoop, published: Published, usage_svc: UsageService
    ) -> None:
        project = await caller.project()
        for _ in range(3):
            assert (await caller.act(project["id"], "cancel")).status_code == 200
            assert (await caller.act(project["id"], "retry")).status_code == 202
        await job_loop.run_next()
        assert await caller.status_of(project["id"]) == "staged"
        said = outcomes(await published(caller.tenant_id))
        assert said.keys() == usage_svc.held_by(caller.tenant_id)
        assert sorted(map(sorted, said.values())) == [["given back"]] * 3 + [["used"]]

    async def test_what_has_not_ended_badly_is_not_tried_again(
        self, caller: Caller, job_loop: JobLoop, usage_svc: UsageService
    ) -> None:
        project = await caller.project()
        assert code(await caller.act(project["id"], "retry")) == (409, "project_not_retryable")
        await job_loop.run_next()
        assert code(await caller.act(project["id"], "retry")) == (409, "project_not_retryable")
        assert len(usage_svc.held_by(caller.tenant_id)) == 1

    async def test_photo_that_was_refused_is_gone(self, caller: Caller, job_loop: JobLoop) -> None:
        project = await caller.project(b"not a photo at all")
        await job_loop.run_next()
        assert code(await caller.act(project["id"], "retry")) == (409, "photo_gone")

    async def test_refusal_of_the_quota_changes_nothing(
        self, caller: Caller, usage_svc: UsageService
    ) -> None:
        project = await caller.project()
        cancelled = (await caller.act(project["id"], "cancel")).json()
        usage_svc.limit = 1
        assert code(await caller.act(project["id"], "retry")) == (402, "quota_exceeded")
        assert await caller.read(project["id"]) == cancelled

    async def test_usage_svc_that_is_away_is_asked_by_the_job(
        self,
        caller: Caller,
        usage_svc: UsageService,
        job_loop: JobLoop,
        published: Published,
        rows: Rows,
    ) -> None:
        project = await caller.project()
        await caller.act(project["id"], "cancel")
        await usage_svc.stop()
        assert (await caller.act(project["id"], "retry")).status_code == 202
        await job_loop.run_next()
        assert await caller.status_of(project["id"]) == "queued"
        await usage_svc.start()
        await rows.end_waits_of_jobs()
        await job_loop.run_next()
        assert await caller.status_of(project["id"]) == "staged"
        events = await published(caller.tenant_id)
        [retried] = of_type(events, ProjectRetried)
        assert retried.reservation_id is None
        assert outcomes(events).keys() == usage_svc.held_by(caller.tenant_id)

    async def test_many_at_a_time_make_one_attempt(
        self, caller: Caller, usage_svc: UsageService, rows: Rows, published: Published
    ) -> None:
        project = await caller.project()
        await caller.act(project["id"], "cancel")
        answers = await asyncio.gather(*(caller.act(project["id"], "retry") for _ in range(6)))
        accepted = [answer for answer in answers if answer.status_code == 202]
        refused = {code(answer) for answer in answers if answer.status_code != 202}
        assert len(accepted) == 1
        assert refused == {(409, "project_not_retryable")}
        assert await rows.value("SELECT count(*) FROM jobs") == 1
        assert len(of_type(await published(caller.tenant_id), ProjectRetried)) == 1
        assert len(usage_svc.held_by(caller.tenant_id)) == 2

    async def test_repetition_has_the_same_answer(self, caller: Caller) -> None:
        project = await caller.project()
        await caller.act(project["id"], "cancel")
        key = {"Idempotency-Key": "again"}
        first = await caller.act(project["id"], "retry", headers=key)
        second = await caller.act(project["id"], "retry", headers=key)
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert second.headers["idempotent-replayed"] == "true"

    async def test_deletion_and_retry_at_a_time_leave_no_job_and_no_reservation(
        self, caller: Caller, rows: Rows, published: Published, usage_svc: UsageService
    ) -> None:
        for permanently in (False, True) * 4:
            project = await caller.project()
            await caller.act(project["id"], "cancel")
            answer, deleted = await asyncio.gather(
                caller.act(project["id"], "retry"),
                caller.trash(project["id"], permanently=permanently),
            )
            assert deleted.status_code == 204
            assert answer.status_code in (202, 404, 409)
            jobs = f"SELECT count(*) FROM jobs WHERE project_id = '{project['id']}'"
            assert await rows.value(jobs) == 0
        said = outcomes(await published(caller.tenant_id))
        assert set(map(tuple, said.values())) == {("given back",)}
        retried = of_type(await published(caller.tenant_id), ProjectRetried)
        assert {event.reservation_id for event in retried} <= said.keys()


async def test_second_try_of_a_second_try_is_another_reservation(
    caller: Caller, rows: Rows
) -> None:
    project = await caller.project()
    seen: set[UUID] = set()
    for _ in range(4):
        seen.add(await rows.value("SELECT reservation_id FROM projects"))
        await caller.act(project["id"], "cancel")
        await caller.act(project["id"], "retry")
    assert len(seen) == 4
