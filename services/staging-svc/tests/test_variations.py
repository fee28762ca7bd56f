"""Several projects of one photo, which is stored and counted once, and the final one among them."""

import asyncio
from typing import Any

import httpx
import pytest

from stagify.events.staging import ProjectChosen, ProjectCreated
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner
from staging_engine.port import StagingRefusedError
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.jobs import StagingProcess
from staging_testing import (
    Caller,
    Keys,
    Published,
    Rows,
    ScriptedEngine,
    UsageService,
    metered,
    of_type,
    outcomes,
    room_photo,
)

STORED = """
SELECT (SELECT coalesce(sum(size), 0) FROM images)
     + (SELECT coalesce(sum(size), 0) FROM uploads WHERE is_counted_alone)
"""
OBJECTS = "SELECT (SELECT count(*) FROM images) + (SELECT count(*) FROM renditions)"


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def check_storage(rows: Rows, published: Published) -> int:
    """What is counted is what is stored; returns how much that is."""
    stored = int(await rows.value(STORED))
    events = await published(rows.tenant_id)
    assert sum(event.quantity for event in metered(events, "storage_bytes")) == stored
    return stored


class TestCreateVariation:
    async def test_viewer_may_not(self, caller: Caller) -> None:
        project = await caller.project()
        caller.permissions = frozenset({"projects:read"})
        assert code(await caller.vary(project["id"])) == (403, "permission_denied")

    async def test_other_tenants_project_is_unknown(self, caller: Caller, other: Caller) -> None:
        project = await other.project()
        hidden = await caller.vary(project["id"])
        unknown = await caller.vary(str(new_id()))
        assert code(hidden) == code(unknown) == (404, "project_not_found")

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"style": "baroque"}, "unknown_style"),
            ({"room_type": "dungeon"}, "unknown_room_type"),
            ({"options": {"quality": "best"}}, "unknown_quality"),
            ({"options": {"seed": -1}}, "invalid_request"),
            ({"upload_id": str(new_id())}, "invalid_request"),
        ],
    )
    async def test_wrong_choice_is_refused_and_reserves_nothing(
        self, caller: Caller, usage_svc: UsageService, fields: dict[str, Any], expected: str
    ) -> None:
        project = await caller.project()
        assert code(await caller.vary(project["id"], **fields)) == (422, expected)
        assert len(usage_svc.held_by(caller.tenant_id)) == 1

    async def test_what_is_not_given_is_as_before(self, caller: Caller) -> None:
        options = {"quality": "draft", "seed": 7, "label": False}
        project = await caller.project(style="modern", options=options)
        variation = await caller.variation(project["id"], style="industrial")
        assert variation["photo_id"] == project["photo_id"] == project["id"]
        assert (variation["style"], variation["room_type"]) == ("industrial", "living_room")
        assert variation["options"] == options
        assert variation["name"] == "Living room, Industrial"
        assert variation["created_by"] == str(caller.user_id)
        assert await caller.read(variation["id"]) == variation

    async def test_name_that_was_given_stays(self, caller: Caller) -> None:
        project = await caller.project(name="Attic")
        assert (await caller.variation(project["id"], style="industrial"))["name"] == "Attic"

    async def test_nothing_else_wanted_gives_another_seed(self, caller: Caller) -> None:
        project = await caller.project()
        made = [await caller.variation(project["id"]) for _ in range(3)]
        assert len({each["options"]["seed"] for each in (project, *made)}) == 4

    async def test_variation_of_a_variation_is_one_of_the_photo(self, caller: Caller) -> None:
        project = await caller.project()
        variation = await caller.variation(project["id"], style="industrial")
        second = await caller.variation(variation["id"], room_type="bedroom")
        assert second["photo_id"] == project["id"]
        assert (second["style"], second["room_type"]) == ("industrial", "bedroom")

    async def test_it_is_told_with_its_reservation(
        self, caller: Caller, published: Published, usage_svc: UsageService
    ) -> None:
        project = await caller.project()
        variation = await caller.variation(project["id"])
        first, second = of_type(await published(caller.tenant_id), ProjectCreated)
        assert first.variation_of is None
        assert str(second.project_id) == variation["id"]
        assert str(second.variation_of) == project["id"]
        assert {first.reservation_id, second.reservation_id} == usage_svc.held_by(caller.tenant_id)

    async def test_photo_that_was_refused_has_none(self, caller: Caller, job_loop: JobLoop) -> None:
        project = await caller.project(b"not a photo at all")
        await job_loop.run_next()
        assert code(await caller.vary(project["id"])) == (409, "photo_gone")

    async def test_project_in_the_trash_has_none(self, caller: Caller) -> None:
        project = await caller.project()
        await caller.trash(project["id"])
        assert code(await caller.vary(project["id"])) == (409, "project_in_trash")


class TestQuota:
    async def test_refusal_is_passed_on_and_leaves_nothing(
        self, caller: Caller, usage_svc: UsageService, rows: Rows
    ) -> None:
        project = await caller.project()
        usage_svc.limit = 1
        assert code(await caller.vary(project["id"])) == (402, "quota_exceeded")
        assert await rows.value("SELECT count(*) FROM projects") == 1
        assert await rows.value("SELECT variations FROM projects") == 0

    async def test_usage_svc_that_is_away_is_asked_by_the_job(
        self, caller: Caller, usage_svc: UsageService, job_loop: JobLoop
    ) -> None:
        project = await caller.project()
        await job_loop.run_next()
        await usage_svc.stop()
        variation = await caller.variation(project["id"])
        assert len(usage_svc.held_by(caller.tenant_id)) == 1
        await usage_svc.start()
        await job_loop.run_next()
        assert await caller.status_of(variation["id"]) == "staged"
        assert len(usage_svc.held_by(caller.tenant_id)) == 2

    async def test_many_at_a_time_each_have_their_own(
        self, caller: Caller, usage_svc: UsageService, rows: Rows
    ) -> None:
        project = await caller.project()
        answers = await asyncio.gather(*(caller.vary(project["id"]) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {202}
        assert len(usage_svc.held_by(caller.tenant_id)) == 9
        assert await rows.value("SELECT count(DISTINCT reservation_id) FROM projects") == 9

    async def test_last_of_the_quota_is_given_once(
        self, caller: Caller, usage_svc: UsageService
    ) -> None:
        project = await caller.project()
        usage_svc.limit = 3
        answers = await asyncio.gather(*(caller.vary(project["id"]) for _ in range(6)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [202, 202, 402, 402, 402, 402]
        assert len(usage_svc.held_by(caller.tenant_id)) == 3


class TestIdempotency:
    async def test_repetition_has_the_same_answer(
        self, caller: Caller, usage_svc: UsageService
    ) -> None:
        project = await caller.project()
        key = {"Idempotency-Key": "again"}
        first = await caller.vary(project["id"], headers=key)
        second = await caller.vary(project["id"], headers=key)
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert second.headers["idempotent-replayed"] == "true"
        assert len(usage_svc.held_by(caller.tenant_id)) == 2

    async def test_many_at_a_time_make_one(
        self, caller: Caller, usage_svc: UsageService, rows: Rows
    ) -> None:
        project = await caller.project()
        key = {"Idempotency-Key": "once"}
        answers = await asyncio.gather(
            *(caller.vary(project["id"], headers=key) for _ in range(10))
        )
        accepted = [answer for answer in answers if answer.status_code == 202]
        others = {code(answer) for answer in answers if answer.status_code != 202}
        assert len({answer.content for answer in accepted}) == 1
        assert others <= {(409, "idempotency_in_progress")}
        assert await rows.value("SELECT count(*) FROM projects") == 2
        # The reservation of one that came too late is taken by the next variation.
        await caller.variation(project["id"])
        assert len(usage_svc.held_by(caller.tenant_id)) == 3


class TestStorage:
    async def test_photo_is_stored_and_counted_once(
        self, caller: Caller, job_loop: JobLoop, keys: Keys, rows: Rows, published: Published
    ) -> None:
        project = await caller.project()
        await job_loop.run_next()
        variation = await caller.variation(project["id"], style="industrial")
        assert variation["original"] == (await caller.read(project["id"]))["original"]
        await job_loop.run_next()
        first, second = [await caller.read(each["id"]) for each in (project, variation)]
        assert second["status"] == "staged"
        assert second["original"] == first["original"]
        assert second["staged"]["sha256"] != first["staged"]["sha256"]
        # The upload, its cleaned derivative, and two results.
        assert await rows.value("SELECT count(*) FROM images") == 4
        assert len(keys(caller.tenant_id)) == await rows.value(OBJECTS)
        await check_storage(rows, published)

    async def test_two_jobs_that_check_a_photo_at_a_time_keep_one(
        self,
        caller: Caller,
        process: StagingProcess,
        engine: ScriptedEngine,
        rows: Rows,
        published: Published,
    ) -> None:
        project = await caller.project()
        variation = await caller.variation(project["id"], style="industrial")
        job_loop = process.loops[0]
        first = await job_loop._claim()
        second = await job_loop._claim()
        assert first is not None
        assert second is not None
        await asyncio.gather(job_loop._runner._attempt(first), job_loop._runner._attempt(second))
        for each in (project, variation):
            assert await caller.status_of(each["id"]) == "staged"
        assert await rows.value("SELECT count(*) FROM images WHERE kind = 'original'") == 1
        await check_storage(rows, published)

    async def test_photo_stays_until_its_last_project_is_deleted(
        self,
        caller: Caller,
        job_loop: JobLoop,
        runner: TaskRunner,
        keys: Keys,
        rows: Rows,
        published: Published,
    ) -> None:
        project = await caller.project()
        await job_loop.run_next()
        made = [await caller.variation(project["id"]) for _ in range(2)]
        for _ in made:
            await job_loop.run_next()
        original = (await caller.read(project["id"]))["original"]
        assert (await caller.trash(project["id"], permanently=True)).status_code == 204
        await runner.run_due()
        assert (await caller.get(f"/v1/projects/{project['id']}")).status_code == 404
        for each in made:
            assert (await caller.read(each["id"]))["original"] == original
        assert (await caller.get(original["url"])).status_code == 302
        assert await rows.value("SELECT count(*) FROM images") == 4
        assert len(keys(caller.tenant_id)) == await rows.value(OBJECTS)
        await check_storage(rows, published)
        # A variation of what is left of the photo.
        last = await caller.variation(made[0]["id"], style="industrial")
        await job_loop.run_next()
        assert await caller.status_of(last["id"]) == "staged"
        for each in (*made, last):
            assert (await caller.trash(each["id"], permanently=True)).status_code == 204
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        assert await check_storage(rows, published) == 0

    async def test_two_that_are_deleted_at_a_time_leave_nothing(
        self,
        caller: Caller,
        job_loop: JobLoop,
        runner: TaskRunner,
        keys: Keys,
        rows: Rows,
        published: Published,
    ) -> None:
        for _ in range(3):
            project = await caller.project()
            variations = [await caller.variation(project["id"]) for _ in range(2)]
            await job_loop.run_next()
            answers = await asyncio.gather(
                *(caller.trash(each["id"], permanently=True) for each in (project, *variations))
            )
            assert {answer.status_code for answer in answers} == {204}
        await runner.run_due()
        assert keys(caller.tenant_id) == set()
        assert await check_storage(rows, published) == 0

    async def test_useless_photo_fails_all_its_projects(
        self, caller: Caller, job_loop: JobLoop, rows: Rows, published: Published
    ) -> None:
        project = await caller.project(b"not a photo at all")
        variation = await caller.variation(project["id"])
        assert await job_loop.run_next()
        assert await job_loop.run_next()
        assert await caller.status_of(project["id"]) == "failed"
        assert await caller.status_of(variation["id"]) == "failed"
        assert await check_storage(rows, published) == 0
        said = outcomes(await published(caller.tenant_id))
        assert [*said.values()] == [{"given back"}] * 2

    async def test_photo_that_was_never_checked_is_counted_once(
        self, caller: Caller, job_loop: JobLoop, rows: Rows, published: Published
    ) -> None:
        project = await caller.project()
        variation = await caller.variation(project["id"])
        await caller.act(project["id"], "cancel")
        assert await check_storage(rows, published) == len(room_photo())
        await caller.act(variation["id"], "cancel")
        assert await check_storage(rows, published) == len(room_photo())
        await caller.act(variation["id"], "retry")
        await job_loop.run_next()
        assert await caller.status_of(variation["id"]) == "staged"
        assert await check_storage(rows, published) > len(room_photo())

    async def test_photo_that_is_found_useless_after_all_gives_back(
        self, caller: Caller, job_loop: JobLoop, rows: Rows, published: Published
    ) -> None:
        project = await caller.project(b"not a photo at all")
        await caller.act(project["id"], "cancel")
        await caller.act(project["id"], "retry")
        await job_loop.run_next()
        assert await caller.status_of(project["id"]) == "failed"
        assert await check_storage(rows, published) == 0


class TestChoose:
    async def test_viewer_may_not(self, caller: Caller) -> None:
        project = await caller.project()
        caller.permissions = frozenset({"projects:read"})
        assert code(await caller.act(project["id"], "choose")) == (403, "permission_denied")

    async def test_other_tenants_project_is_unknown(self, caller: Caller, other: Caller) -> None:
        project = await other.project()
        assert code(await caller.act(project["id"], "choose")) == (404, "project_not_found")

    async def test_what_is_not_staged_cannot_be_final(self, caller: Caller) -> None:
        project = await caller.project()
        assert code(await caller.act(project["id"], "choose")) == (409, "project_not_staged")

    async def test_one_of_a_photo_is_final(
        self, caller: Caller, job_loop: JobLoop, published: Published
    ) -> None:
        project = await caller.project()
        made = [project, *[await caller.variation(project["id"]) for _ in range(2)]]
        for _ in made:
            await job_loop.run_next()
        for chosen in (made[1], made[0], made[0]):
            answer = await caller.act(chosen["id"], "choose")
            assert (answer.status_code, answer.json()["is_final"]) == (200, True)
            final = [each["id"] for each in made if (await caller.read(each["id"]))["is_final"]]
            assert final == [chosen["id"]]
        told = of_type(await published(caller.tenant_id), ProjectChosen)
        assert [str(event.project_id) for event in told] == [made[1]["id"], made[0]["id"]]
        assert {str(event.photo_id) for event in told} == {project["id"]}

    async def test_two_at_a_time_leave_one(self, caller: Caller, job_loop: JobLoop) -> None:
        project = await caller.project()
        made = [project, *[await caller.variation(project["id"]) for _ in range(2)]]
        for _ in made:
            await job_loop.run_next()
        for _ in range(3):
            await asyncio.gather(*(caller.act(each["id"], "choose") for each in made))
            states = [await caller.read(each["id"]) for each in made]
            assert [state["is_final"] for state in states].count(True) == 1


class TestPhotoFilter:
    async def test_lists_all_projects_of_the_photo(self, caller: Caller, other: Caller) -> None:
        project = await caller.project()
        made = [await caller.variation(project["id"]) for _ in range(2)]
        await caller.project()
        query = {"photo_id": project["id"]}
        answer = await caller.get("/v1/projects", params=query)
        expected = [each["id"] for each in (project, *made)][::-1]
        assert [item["id"] for item in answer.json()["items"]] == expected
        assert (await other.get("/v1/projects", params=query)).json()["items"] == []


async def test_engines_refusal_of_one_variation_leaves_the_others(
    caller: Caller, job_loop: JobLoop, engine: ScriptedEngine, published: Published
) -> None:
    project = await caller.project()
    variation = await caller.variation(project["id"])
    engine.errors = [StagingRefusedError("cannot_place", "No room for furniture.")]
    await job_loop.run_next()
    await job_loop.run_next()
    assert await caller.status_of(project["id"]) == "failed"
    assert await caller.status_of(variation["id"]) == "staged"
    said = outcomes(await published(caller.tenant_id))
    assert sorted(map(sorted, said.values())) == [["given back"], ["used"]]
