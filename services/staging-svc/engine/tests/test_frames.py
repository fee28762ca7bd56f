"""Openings that only their outline shows."""

import numpy as np
import pytest

from rooms_testing import WHITE, WHITE_CAMERA, Place, white_room
from staging_engine.frames import find_frames

EYE = WHITE.camera_height_m


@pytest.mark.parametrize("shade", [170, 235])
@pytest.mark.parametrize(
    ("wall", "start", "end"), [("back", -0.9, 0.5), ("left", 3.0, 4.2), ("right", 3.6, 4.7)]
)
def test_a_passage_as_white_as_the_wall_is_found_by_its_outline(
    wall: str, start: float, end: float, shade: int
) -> None:
    (frame,) = find_frames(white_room(wall, ((start, end, 0.0, 2.1), shade)), WHITE_CAMERA, WHITE)
    assert (frame.wall, frame.kind) == (wall, "door")
    found = np.array([frame.start, frame.end, frame.top]) * EYE
    assert found == pytest.approx([start, end, 2.1], abs=0.15)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param([], id="nothing"),
        pytest.param([((-0.9, 0.5, 0.45, 2.1), 235)], id="a window with a low sill"),
        pytest.param([((-0.9, 0.5, 0.0, 1.2), 80)], id="a fireplace"),
        pytest.param([((-0.9, 0.5, 0.0, 2.6), 170)], id="a chimney breast up to the ceiling"),
        pytest.param([((-0.3, 0.1, 0.0, 2.1), 170)], id="a panel, too narrow to walk through"),
        pytest.param([((-0.9, 0.5, 1.3, 2.2), 60)], id="a picture"),
    ],
)
def test_nothing_else_is_one(places: list[tuple[Place, int]]) -> None:
    assert list(find_frames(white_room("back", *places), WHITE_CAMERA, WHITE)) == []


def test_among_bricks_no_outline_is_told() -> None:
    bricks: list[tuple[Place, int]] = [
        ((x, x + 0.07, z, z + 0.07), 120)
        for z in np.arange(0.05, 2.6, 0.14)
        for x in np.arange(-2.15, 2.7, 0.14)
    ]
    doors: list[tuple[Place, int]] = [((x, x + 0.8, 0.0, 2.1), 235) for x in (-1.4, 0.9)]
    assert list(find_frames(white_room("back", *bricks, *doors), WHITE_CAMERA, WHITE)) == []
    assert list(find_frames(white_room("back", *doors), WHITE_CAMERA, WHITE))
