"""Openings that only their outline shows."""

import math

import cv2
import numpy as np
import pytest

from staging_engine.floor import FloorView
from staging_engine.frames import find_frames
from staging_engine.geometry import Camera
from staging_engine.room import RoomBox

WIDTH, HEIGHT, EYE, NEAR = 320, 240, 1.3, 1.0
Place = tuple[float, float, float, float]
CAMERA = Camera(WIDTH * 0.55, 0.0, math.radians(4), 0.0, WIDTH, HEIGHT)
# 5 m wide, 5.2 m deep and 2.6 m high.
ROOM = RoomBox(2.2 / EYE, 2.8 / EYE, 5.2 / EYE, 1.0, EYE, 1.0)


def seen(wall: str, *places: tuple[Place, int]) -> FloorView:
    """The room with things in one wall: along it and over the floor in metres, each in a shade of grey."""
    image = np.full((HEIGHT, WIDTH, 3), 225, np.uint8)
    x0, x1, y, top = -2.2, 2.8, 5.2, 2.6
    _paint(image, [(x0, NEAR, 0), (x0, y, 0), (x1, y, 0), (x1, NEAR, 0)], 110)
    _paint(image, [(x0, y, 0), (x1, y, 0), (x1, y, top), (x0, y, top)], 200)
    _paint(image, [(x0, NEAR, 0), (x0, y, 0), (x0, y, top), (x0, NEAR, top)], 185)
    _paint(image, [(x1, NEAR, 0), (x1, y, 0), (x1, y, top), (x1, NEAR, top)], 190)
    for (start, end, low, high), shade in places:
        corners = [(start, low), (end, low), (end, high), (start, high)]
        fixed = {"back": y, "left": x0, "right": x1}[wall]
        _paint(
            image, [(s, fixed, z) if wall == "back" else (fixed, s, z) for s, z in corners], shade
        )
    nothing = np.zeros((HEIGHT, WIDTH), np.bool_)
    return FloorView(image, 1.0, nothing, nothing, np.zeros((HEIGHT, WIDTH, 2)))


def _paint(
    image: cv2.typing.MatLike, corners: list[tuple[float, float, float]], shade: int
) -> None:
    points = np.array([(x, y, z - EYE) for x, y, z in corners]) / EYE
    pixels, _ = CAMERA.project(points)
    cv2.fillConvexPoly(image, np.round(pixels).astype(np.int32), (shade,) * 3)


@pytest.mark.parametrize("shade", [170, 235])
@pytest.mark.parametrize(
    ("wall", "start", "end"), [("back", -0.9, 0.5), ("left", 3.0, 4.2), ("right", 3.6, 4.7)]
)
def test_a_passage_as_white_as_the_wall_is_found_by_its_outline(
    wall: str, start: float, end: float, shade: int
) -> None:
    (frame,) = find_frames(seen(wall, ((start, end, 0.0, 2.1), shade)), CAMERA, ROOM)
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
    assert list(find_frames(seen("back", *places), CAMERA, ROOM)) == []


def test_among_bricks_no_outline_is_told() -> None:
    bricks: list[tuple[Place, int]] = [
        ((x, x + 0.07, z, z + 0.07), 120)
        for z in np.arange(0.05, 2.6, 0.14)
        for x in np.arange(-2.15, 2.7, 0.14)
    ]
    doors: list[tuple[Place, int]] = [((x, x + 0.8, 0.0, 2.1), 235) for x in (-1.4, 0.9)]
    assert list(find_frames(seen("back", *bricks, *doors), CAMERA, ROOM)) == []
    assert list(find_frames(seen("back", *doors), CAMERA, ROOM))
