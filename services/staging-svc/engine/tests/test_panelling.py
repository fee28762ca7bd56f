"""Walls with panels, which the network takes for doors."""

import numpy as np
import pytest

from rooms_testing import WHITE, WHITE_CAMERA, WIDTH, Place, white_room
from staging_engine.labels import CLASSES, Labels
from staging_engine.openings import find_openings, wall_grid
from staging_engine.panelling import without_panelling

# A rail at 0.9 m from wall to wall, and two panels below it.
RAIL: list[tuple[Place, int]] = [((-2.2, 2.8, 0.86, 0.94), 150)]
PANELS: list[tuple[Place, int]] = [((x, x + 0.7, 0.2, 0.75), 170) for x in (-0.5, 0.4)]
LEAVES: list[tuple[Place, int]] = [((0.33, 0.37, 0.0, 2.1), 90)]


def labelled(start: float, end: float, top: float = 2.1) -> Labels:
    """Everything is wall, but for a door in the back wall."""
    shares = np.zeros((len(CLASSES), 72, 96), np.float32)
    shares[CLASSES.index("wall")] = 1
    eye = WHITE.camera_height_m
    along, heights, pixels, _ = wall_grid(WHITE_CAMERA, WHITE, "back")
    inside = np.outer(heights * eye < top, (along * eye > start) & (along * eye < end))
    x, y = (pixels[inside] / (WIDTH, 240) * (96, 72)).astype(int).T
    shares[CLASSES.index("door"), y, x] = 0.9
    shares[CLASSES.index("wall"), y, x] = 0.1
    return Labels(shares, {})


def doors(
    labels: Labels, *things: tuple[Place, int], floor_behind: bool = False
) -> list[tuple[float, float]]:
    """Where doors are left in the back wall."""
    view = white_room("back", *things)
    floor = np.full(view.mask.shape, floor_behind)
    seen = without_panelling(labels, view, WHITE_CAMERA, WHITE, floor)
    np.testing.assert_allclose(seen.shares.sum(axis=0), 1, atol=1e-6)
    eye = WHITE.camera_height_m
    return [
        (round(each.start * eye, 1), round(each.end * eye, 1))
        for each in find_openings(seen, WHITE_CAMERA, WHITE)
        if each.kind == "door"
    ]


def test_panels_below_a_rail_are_wall() -> None:
    labels = labelled(-0.6, 1.3)
    assert doors(labels, *RAIL, *PANELS) == []
    assert find_openings(labels, WHITE_CAMERA, WHITE)


@pytest.mark.parametrize(
    ("end", "things", "floor_behind"),
    [
        pytest.param(1.3, [*RAIL, *PANELS, *LEAVES], False, id="two leaves"),
        pytest.param(0.3, [*RAIL, *PANELS], False, id="no wider than one leaf"),
        pytest.param(1.3, [*RAIL, *PANELS], True, id="floor is seen behind it"),
    ],
)
def test_doors_stay(end: float, things: list[tuple[Place, int]], floor_behind: bool) -> None:
    assert len(doors(labelled(-0.6, end), *things, floor_behind=floor_behind)) == 1
