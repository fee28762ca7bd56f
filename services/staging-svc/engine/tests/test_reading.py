"""What is read from a photo of which everything is known: openings, scale, and how steady the room is."""

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from staging_engine.camera import find_segments
from staging_engine.edges import Edges
from staging_engine.floor import FloorView, find_floor
from staging_engine.geometry import Camera, pixel_grid
from staging_engine.labels import CLASSES, Labels
from staging_engine.openings import Opening, door_heads, find_openings
from staging_engine.pipeline import Analysis
from staging_engine.reading import Told, alike, read_room, steadiness
from staging_engine.room import BACK, CEILING, FLOOR, LEFT, RIGHT, RoomBox, surfaces
from staging_engine.scale import Measured, door_clues, measure, told_door_clue
from staging_engine.verdict import judge, measure_signals

LEVEL = Camera(620.0, math.radians(-5), 0.0, 0.0, 960, 640)
TILTED = replace(LEVEL, pitch=math.radians(12))
ROOM = RoomBox(1.6, 1.9, 3.5, 1.1, 1.2, 1.0)
DOOR = Opening("door", "back", 0.3, 0.9, 0.0, 1.75, whole=True)
WINDOW = Opening("window", "left", 2.3, 3.0, 0.75, 1.6, whole=True)


def labels(camera: Camera, room: RoomBox, *openings: Opening) -> Labels:
    """What a network that errs nowhere says of a photo of this room."""
    rays = camera.rays(pixel_grid(192, 128, 0.2))
    shown = surfaces(camera, room, pixel_grid(192, 128, 0.2))
    classes = np.full(shown.shape, CLASSES.index("wall"))
    classes[shown == FLOOR] = CLASSES.index("floor")
    classes[shown == CEILING] = CLASSES.index("ceiling")
    walls = {
        "back": (BACK, 1, room.depth),
        "left": (LEFT, 0, -room.left),
        "right": (RIGHT, 0, room.right),
    }
    for opening in openings:
        surface, axis, distance = walls[opening.wall]
        points = rays * (distance / rays[..., axis])[..., None]
        along, height = points[..., 1 - axis], points[..., 2] + 1
        inside = (along > opening.start) & (along < opening.end)
        inside &= (height > opening.bottom) & (height < opening.top) & (shown == surface)
        classes[inside] = CLASSES.index(opening.kind)
    shares = (classes[None] == np.arange(len(CLASSES))[:, None, None]).astype(np.float32)
    cells = [cv2.resize(share, (96, 64), interpolation=cv2.INTER_AREA) for share in shares]
    return Labels(np.stack(cells), {})


class TestOpenings:
    def test_lie_where_they_are_painted(self) -> None:
        found = find_openings(labels(LEVEL, ROOM, DOOR, WINDOW), LEVEL, ROOM)
        assert [(each.kind, each.wall, each.whole) for each in found] == [
            ("door", "back", True),
            ("window", "left", True),
        ]
        for seen, painted in zip(found, (DOOR, WINDOW), strict=True):
            assert seen.start == pytest.approx(painted.start, abs=0.08)
            assert seen.end == pytest.approx(painted.end, abs=0.08)
            assert seen.bottom == pytest.approx(painted.bottom, abs=0.05)
            assert seen.top == pytest.approx(painted.top, abs=0.06)

    def test_head_of_a_door_is_its_height(self) -> None:
        found = find_openings(labels(LEVEL, ROOM, DOOR, WINDOW), LEVEL, ROOM)
        assert door_heads(found) == [pytest.approx(DOOR.top, abs=0.06)]

    @pytest.mark.parametrize(
        "odd",
        [
            pytest.param(replace(DOOR, start=-1.2, end=0.9), id="as wide as a passage"),
            pytest.param(replace(DOOR, start=0.3, end=0.6), id="as narrow as a pipe"),
            pytest.param(replace(DOOR, bottom=0.4), id="over the floor, as a hatch"),
            pytest.param(
                replace(DOOR, wall="left", start=1.3, end=2.2), id="cut off by the photo's edge"
            ),
        ],
    )
    def test_of_what_is_no_whole_door_nothing_is_concluded(self, odd: Opening) -> None:
        found = find_openings(labels(LEVEL, ROOM, odd), LEVEL, ROOM)
        assert [each.kind for each in found] == ["door"]
        assert door_heads(found) == []

    def test_specks_are_none(self) -> None:
        speck = replace(DOOR, start=0.3, end=0.5, top=0.5)
        assert find_openings(labels(LEVEL, ROOM, speck), LEVEL, ROOM) == ()

    def test_bare_walls_have_none(self) -> None:
        assert find_openings(labels(TILTED, ROOM), TILTED, ROOM) == ()


def blank(camera: Camera) -> FloorView:
    """A photo without any edge."""
    return find_floor(np.full((camera.height, camera.width, 3), 180, np.uint8), camera)


def scaled(camera: Camera, room: RoomBox = ROOM, **clues: object) -> Measured:
    return measure(room, camera, Edges(blank(camera), camera), **clues)  # type: ignore[arg-type]


class TestScale:
    @pytest.mark.parametrize(("camera", "height_m"), [(LEVEL, 1.14), (TILTED, 1.46)])
    def test_is_that_of_the_posture_where_nothing_else_is_known(
        self, camera: Camera, height_m: float
    ) -> None:
        assert scaled(camera).room.camera_height_m == pytest.approx(height_m, rel=0.06)

    @pytest.mark.parametrize("height_m", [1.0, 1.25, 1.6])
    def test_doors_tell_it(self, height_m: float) -> None:
        found = scaled(LEVEL, clues=door_clues([2.14 / height_m]))
        assert found.room.camera_height_m == pytest.approx(height_m, rel=0.08)

    def test_two_doors_outvote_a_third_that_is_none(self) -> None:
        heads = [2.14 / 1.3, 2.14 / 1.3, 2.14 / 0.8]
        assert scaled(LEVEL, clues=door_clues(heads)).room.camera_height_m == pytest.approx(
            1.3, rel=0.06
        )

    def test_marked_door_weighs_more_than_what_the_network_sees(self) -> None:
        clues = [told_door_clue(2.03 / 1.5), *door_clues([2.14 / 1.1])]
        assert scaled(LEVEL, clues=clues).room.camera_height_m == pytest.approx(1.5, rel=0.06)

    @pytest.mark.parametrize("ceiling_m", [2.4, 3.2])
    def test_told_ceiling_and_where_it_is_seen_give_it(self, ceiling_m: float) -> None:
        found = scaled(LEVEL, ceiling_height_m=ceiling_m, labels=labels(LEVEL, ROOM))
        assert found.room.ceiling == pytest.approx(ROOM.ceiling, rel=0.03)
        assert found.room.ceiling_m == pytest.approx(ceiling_m, rel=0.02)
        assert found.room.camera_height_m == pytest.approx(ceiling_m / 2.1, rel=0.03)

    def test_a_ceiling_that_is_seen_makes_it_surer(self) -> None:
        assert scaled(LEVEL, labels=labels(LEVEL, ROOM)).spread < 0.8 * scaled(LEVEL).spread

    def test_says_how_sure_it_is(self) -> None:
        known = scaled(LEVEL, clues=[told_door_clue(2.03 / 1.2)], labels=labels(LEVEL, ROOM))
        assert known.spread < 0.03
        assert scaled(LEVEL, clues=door_clues([2.14 / 1.14])).spread < scaled(LEVEL).spread
        # A door that no camera of this posture sees so high.
        assert scaled(LEVEL, clues=door_clues([2.14 / 1.6])).spread > 3 * known.spread


class TestSteadiness:
    def test_same_room_is_wholly_alike(self) -> None:
        assert alike(LEVEL, ROOM, LEVEL, ROOM) == 1.0

    def test_other_depth_is_less_alike_the_more_it_differs(self) -> None:
        shares = [
            alike(LEVEL, ROOM, LEVEL, replace(ROOM, depth=depth)) for depth in (3.4, 2.5, 1.5)
        ]
        assert 1.0 > shares[0] > shares[1] > shares[2]

    def test_side_walls_count_as_the_back_wall(self) -> None:
        """Which wall is called the back one depends on where somebody looks."""
        tall = replace(ROOM, ceiling=50.0)
        camera = replace(LEVEL, pitch=math.radians(-20))
        assert alike(camera, tall, camera, replace(tall, depth=3.0)) == pytest.approx(1.0, abs=0.05)

    @pytest.mark.parametrize("name", ["room_a_living", "room_b_bedroom"])
    def test_plain_room_is_steady(self, name: str, analyses: Callable[[str], Analysis]) -> None:
        analysis = analyses(name)
        told = Told()
        reading = read_room(analysis.photo, find_segments(analysis.photo), told, analysis.labels)
        assert steadiness(analysis.photo, reading, told) > 0.95

    def test_room_that_is_seen_only_in_one_light_is_not(
        self, analyses: Callable[[str], Analysis]
    ) -> None:
        analysis = analyses("room_a_living")
        reading = read_room(analysis.photo, find_segments(analysis.photo), Told(), analysis.labels)
        elsewhere = replace(reading, room=replace(reading.room, left=0.4, right=0.5, depth=1.4))
        assert steadiness(analysis.photo, elsewhere, Told()) < 0.8


def test_photo_that_is_taken_for_one_of_the_ceiling_shows_no_room(
    analyses: Callable[[str], Analysis], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo held askew may be; none of its pixels can be floor then."""
    analysis = analyses("room_a_living")
    height, width = analysis.photo.shape[:2]
    camera = Camera(float(width), 0.0, math.radians(-60), 0.0, width, height)
    monkeypatch.setattr("staging_engine.reading.estimate_camera", lambda *_, **__: camera)
    segments = find_segments(analysis.photo)
    reading = read_room(analysis.photo, segments, Told(), analysis.labels)
    assert not reading.view.below.any()
    refusal = judge(measure_signals(reading)).refusal
    assert refusal is not None
    assert refusal.code == "room_not_found"
