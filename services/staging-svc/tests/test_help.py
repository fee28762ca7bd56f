"""A person helps: they say where the floor is and how high the room. The engine says how sure it is, and
what it saw."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from stagify.events.staging import ProjectStaged, StagingFailed
from staging_engine.port import LayoutHint
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.projects import rules
from staging_testing import (
    Caller,
    Published,
    Rows,
    ScriptedEngine,
    UsageService,
    encoded,
    of_type,
    outcomes,
)

VECTORS = json.loads(
    (Path(__file__).parents[3] / "web/src/features/photo/layout.vectors.json").read_text()
)


def spot(pair: list[float]) -> dict[str, float]:
    return {"x": pair[0], "y": pair[1]}


LAYOUT = {"floor_corners": [spot(each) for each in VECTORS["floors"][1]["corners"]]}
WITH_DOOR = {**LAYOUT, "door": {"foot": spot([0.9, 0.7]), "head": spot([0.9, 0.3])}}
HINT = LayoutHint(((-0.4, 1.3), (0.3, 0.6), (0.7, 0.62), (1.5, 1.4)))
# As the fast engine sees them: one shows nothing, one hardly anything.
BLANK = encoded(Image.new("RGB", (800, 600), (214, 208, 198)))


def pale() -> bytes:
    picture = Image.new("RGB", (800, 600), (214, 208, 198))
    picture.paste((204, 198, 188), (0, 400, 800, 600))
    return encoded(picture)


def refusals(answer: httpx.Response) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid_request"
    return [(each["field"], each["message"]) for each in answer.json()["errors"]]


async def refused_project(caller: Caller, job_loop: JobLoop) -> str:
    """A project whose room was not recognised."""
    project = await caller.project(BLANK)
    await job_loop.run_next()
    assert await caller.status_of(project["id"]) == "failed"
    return str(project["id"])


class TestRules:
    def test_floors_and_doors_are_judged_as_by_the_web_app(self) -> None:
        for floor in VECTORS["floors"]:
            corners = [(x, y) for x, y in floor["corners"]]
            assert rules.fault_of_floor(corners) == floor["message"], corners
        for door in VECTORS["doors"]:
            assert rules.fault_of_door(door["foot"], door["head"]) == door["message"], door

    def test_only_what_is_staged_is_to_be_looked_at(self) -> None:
        below = rules.SURE - 0.01
        assert rules.needs_look("staged", below)
        assert not rules.needs_look("staged", rules.SURE)
        # Those of earlier releases.
        assert not rules.needs_look("staged", None)
        assert not rules.needs_look("processing", below)


class TestWhatIsTaken:
    async def test_it_is_kept_and_reaches_the_engine(
        self, caller: Caller, job_loop: JobLoop, engine: ScriptedEngine
    ) -> None:
        options = {"layout": WITH_DOOR, "ceiling_height_m": 2.75}
        project = await caller.project(options=options)
        assert project["options"] == {"quality": "standard", "seed": 0, "label": True, **options}
        await job_loop.run_next()
        [request] = engine.requests
        assert request.layout == LayoutHint(
            HINT.floor_corners, door_height=((0.9, 0.7), (0.9, 0.3))
        )
        assert request.ceiling_height_m == 2.75

    async def test_nothing_is_given_to_the_engine_if_nobody_says_anything(
        self, caller: Caller, job_loop: JobLoop, engine: ScriptedEngine
    ) -> None:
        project = await caller.project(options={"layout": None, "ceiling_height_m": None})
        assert set(project["options"]) == {"quality", "seed", "label"}
        await job_loop.run_next()
        [request] = engine.requests
        assert (request.layout, request.ceiling_height_m, request.focal_35mm) == (None, None, None)

    @pytest.mark.parametrize("number", range(len(VECTORS["floors"])))
    async def test_floor_is_refused_with_the_reason(self, caller: Caller, number: int) -> None:
        floor = VECTORS["floors"][number]
        layout = {"floor_corners": [spot(each) for each in floor["corners"]]}
        answer = await caller.create(await caller.upload(BLANK), options={"layout": layout})
        if floor["message"] is None:
            assert answer.status_code == 202
        else:
            place = "body.options.layout.floor_corners"
            assert refusals(answer) == [(place, floor["message"])]

    @pytest.mark.parametrize("number", range(len(VECTORS["doors"])))
    async def test_door_is_refused_with_the_reason(self, caller: Caller, number: int) -> None:
        door = VECTORS["doors"][number]
        marked = {"foot": spot(door["foot"]), "head": spot(door["head"])}
        layout = {**LAYOUT, "door": marked}
        answer = await caller.create(await caller.upload(BLANK), options={"layout": layout})
        if door["message"] is None:
            assert answer.status_code == 202
        else:
            assert refusals(answer) == [("body.options.layout.door", door["message"])]

    @pytest.mark.parametrize(
        ("options", "place"),
        [
            ({"ceiling_height_m": 1.99}, "body.options.ceiling_height_m"),
            ({"ceiling_height_m": 6.01}, "body.options.ceiling_height_m"),
            ({"ceiling_height_m": True}, "body.options.ceiling_height_m"),
            ({"ceiling_height_m": "2.5"}, "body.options.ceiling_height_m"),
            ({"ceiling_height_m": 10**400}, "body.options.ceiling_height_m"),
            ({"layout": {}}, "body.options.layout.floor_corners"),
            ({"layout": []}, "body.options.layout"),
            ({"layout": {**LAYOUT, "windows": 2}}, "body.options.layout.windows"),
            (
                {"layout": {"floor_corners": LAYOUT["floor_corners"][:3]}},
                "body.options.layout.floor_corners",
            ),
            (
                {"layout": {"floor_corners": [*LAYOUT["floor_corners"], spot([0.5, 0.5])]}},
                "body.options.layout.floor_corners",
            ),
            (
                {"layout": {"floor_corners": [spot([-1.01, 1]), *LAYOUT["floor_corners"][1:]]}},
                "body.options.layout.floor_corners.0.x",
            ),
            (
                {"layout": {"floor_corners": [spot([0, 2.01]), *LAYOUT["floor_corners"][1:]]}},
                "body.options.layout.floor_corners.0.y",
            ),
            (
                {"layout": {**LAYOUT, "door": {"foot": spot([0.5, 1.2]), "head": spot([0.5, 0])}}},
                "body.options.layout.door.foot.y",
            ),
            (
                {"layout": {**LAYOUT, "door": {"foot": spot([0.5, 1])}}},
                "body.options.layout.door.head",
            ),
        ],
    )
    async def test_other_values_are_refused_at_their_place(
        self, caller: Caller, options: dict[str, Any], place: str
    ) -> None:
        answer = await caller.create(await caller.upload(BLANK), options=options)
        assert [field for field, _ in refusals(answer)] == [place]

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
    async def test_what_is_no_number_is_refused(self, caller: Caller, number: str) -> None:
        body = (
            f'{{"upload_id": "{await caller.upload(BLANK)}", "room_type": "bedroom",'
            f' "style": "modern", "options": {{"ceiling_height_m": {number}}}}}'
        )
        headers = {"Content-Type": "application/json"}
        answer = await caller.post("/v1/projects", content=body, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["code"] in ("malformed_json", "invalid_request")

    async def test_numbers_come_back_equal(self, caller: Caller) -> None:
        corners = [spot([-0.0, 1 / 3 + 0.5]), spot([1e-9, 0.1]), spot([1, 5e-324]), spot([1, 2])]
        project = await caller.project(options={"layout": {"floor_corners": corners}})
        assert project["options"]["layout"]["floor_corners"] == corners
        assert (await caller.read(project["id"]))["options"] == project["options"]


class TestRetry:
    async def test_marking_the_floor_saves_a_photo_that_was_refused(
        self,
        caller: Caller,
        job_loop: JobLoop,
        engine: ScriptedEngine,
        published: Published,
        usage_svc: UsageService,
    ) -> None:
        project_id = await refused_project(caller, job_loop)
        answer = await caller.act(project_id, "retry", json={"options": {"layout": LAYOUT}})
        assert answer.status_code == 202
        waiting = answer.json()
        assert waiting["options"]["layout"] == LAYOUT
        assert (waiting["failure"], waiting["checks"], waiting["confidence"]) == (None, [], None)
        await job_loop.run_next()
        staged = await caller.read(project_id)
        assert (staged["status"], staged["needs_look"]) == ("staged", False)
        assert engine.requests[-1].layout == HINT
        # The refusal was free, and nothing was uploaded again.
        said = outcomes(await published(caller.tenant_id))
        assert sorted(map(sorted, said.values())) == [["given back"], ["used"]]
        assert said.keys() == usage_svc.held_by(caller.tenant_id)

    async def test_help_adds_up_and_can_be_taken_back(
        self, caller: Caller, job_loop: JobLoop
    ) -> None:
        project_id = await refused_project(caller, job_loop)
        steps: list[tuple[dict[str, Any] | None, dict[str, Any]]] = [
            ({"options": {"ceiling_height_m": 2.5}}, {"ceiling_height_m": 2.5}),
            ({"options": {"layout": LAYOUT}}, {"layout": LAYOUT, "ceiling_height_m": 2.5}),
            (None, {"layout": LAYOUT, "ceiling_height_m": 2.5}),
            ({"options": {"layout": None}}, {"ceiling_height_m": 2.5}),
            ({"options": None}, {"ceiling_height_m": 2.5}),
            ({"options": {"ceiling_height_m": None}}, {}),
        ]
        for body, expected in steps:
            sent = {} if body is None else {"json": body}
            answer = await caller.act(project_id, "retry", **sent)
            assert answer.status_code == 202, answer.text
            help_given = answer.json()["options"]
            for name in ("quality", "seed", "label"):
                del help_given[name]
            assert help_given == expected
            await caller.act(project_id, "cancel")

    async def test_refused_help_changes_nothing(
        self, caller: Caller, job_loop: JobLoop, usage_svc: UsageService
    ) -> None:
        project_id = await refused_project(caller, job_loop)
        before = await caller.read(project_id)
        crossed = {"floor_corners": LAYOUT["floor_corners"][::-1]}
        answer = await caller.act(project_id, "retry", json={"options": {"layout": crossed}})
        [(place, _)] = refusals(answer)
        assert place == "body.options.layout.floor_corners"
        unknown = await caller.act(project_id, "retry", json={"options": {"style": "modern"}})
        assert refusals(unknown)[0][0] == "body.options.style"
        assert await caller.read(project_id) == before
        assert len(usage_svc.held_by(caller.tenant_id)) == 1

    async def test_repetition_has_the_same_answer_and_other_help_is_another_request(
        self, caller: Caller, job_loop: JobLoop
    ) -> None:
        project_id = await refused_project(caller, job_loop)
        key = {"Idempotency-Key": "helped"}
        body = {"options": {"layout": LAYOUT}}
        first = await caller.act(project_id, "retry", json=body, headers=key)
        second = await caller.act(project_id, "retry", json=body, headers=key)
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert second.headers["idempotent-replayed"] == "true"
        other = await caller.act(
            project_id, "retry", json={"options": {"layout": WITH_DOOR}}, headers=key
        )
        assert other.json()["code"] == "idempotency_key_reused"


class TestVariation:
    async def test_it_has_the_same_help_unless_told_otherwise(self, caller: Caller) -> None:
        options = {"layout": LAYOUT, "ceiling_height_m": 2.4}
        project = await caller.project(options=options)
        same = await caller.variation(project["id"], style="industrial")
        assert same["options"].items() >= options.items()
        none = await caller.variation(project["id"], options={"layout": None})
        assert "layout" not in none["options"]
        # Help is a difference, so it needs no other seed.
        assert none["options"]["seed"] == 0
        marked = await caller.variation(none["id"], options={"layout": WITH_DOOR})
        assert marked["options"]["layout"] == WITH_DOOR


class TestConfidence:
    async def test_clear_photo_is_told_with_its_checks(
        self, caller: Caller, job_loop: JobLoop, published: Published
    ) -> None:
        accepted = await caller.project()
        assert (accepted["confidence"], accepted["needs_look"], accepted["checks"]) == (
            None,
            False,
            [],
        )
        await job_loop.run_next()
        project = await caller.read(accepted["id"])
        assert (project["confidence"], project["needs_look"]) == (1.0, False)
        [check] = project["checks"]
        assert (check["code"], check["passed"]) == ("room_shape", True)
        [event] = of_type(await published(caller.tenant_id), ProjectStaged)
        assert (event.confidence, event.failed_checks) == (1.0, [])

    async def test_doubtful_one_asks_for_a_look(
        self, caller: Caller, job_loop: JobLoop, published: Published
    ) -> None:
        accepted = await caller.project(pale())
        await job_loop.run_next()
        project = await caller.read(accepted["id"])
        assert project["needs_look"] is True
        assert 0 < project["confidence"] < rules.SURE
        assert [check["passed"] for check in project["checks"]] == [False]
        [event] = of_type(await published(caller.tenant_id), ProjectStaged)
        assert event.failed_checks == ["room_shape"]

    async def test_refusal_tells_what_was_seen(
        self, caller: Caller, job_loop: JobLoop, published: Published
    ) -> None:
        project = await caller.read(await refused_project(caller, job_loop))
        assert project["failure"]["code"] == "room_not_found"
        assert (project["confidence"], project["needs_look"]) == (None, False)
        [check] = project["checks"]
        assert "hardly stand out" in check["message"]
        [event] = of_type(await published(caller.tenant_id), StagingFailed)
        assert event.failed_checks == ["room_shape"]

    async def test_nobody_else_sees_it(self, caller: Caller, other: Caller) -> None:
        project = await caller.project(options={"layout": LAYOUT})
        body = {"options": {"layout": LAYOUT}}
        for what in ("retry", "variations"):
            answer = await other.act(project["id"], what, json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "project_not_found")


class TestFocalLength:
    async def test_number_is_kept_and_nothing_else(
        self, caller: Caller, job_loop: JobLoop, engine: ScriptedEngine, rows: Rows
    ) -> None:
        exif = Image.Exif()
        exif[0x010F] = "A camera of mine"
        exif.get_ifd(0x8769)[0xA405] = 24
        picture = Image.new("RGB", (800, 600), (214, 208, 198))
        picture.paste((139, 101, 66), (0, 400, 800, 600))
        project = await caller.project(encoded(picture, exif=exif))
        await job_loop.run_next()
        assert engine.requests[0].focal_35mm == 24
        kept = "SELECT focal_35mm FROM images WHERE kind = '{}'"
        assert await rows.value(kept.format("original")) == 24
        assert await rows.value(kept.format("source")) is None
        # A variation has the same photo.
        await caller.variation(project["id"])
        await job_loop.run_next()
        assert engine.requests[1].focal_35mm == 24
        original = (await caller.read(project["id"]))["original"]
        link = await caller.get(original["url"])
        async with httpx.AsyncClient() as store:
            served = await store.get(link.headers["location"])
        assert b"A camera of mine" not in served.content
        assert not Image.open(io.BytesIO(served.content)).getexif()
