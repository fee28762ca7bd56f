"""Passages beside the ends of walls."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from staging_engine.jambs import find_passages

Floats = NDArray[np.float64]
Wall = tuple[tuple[float, float], tuple[float, float]]
BOX: list[Wall] = [((-3, 0), (-3, 7)), ((3, 0), (3, 7)), ((-3, 7), (3, 7))]
COLUMNS = np.arange(320)


def feet(walls: list[Wall]) -> Floats:
    """Where the floor ends in each direction, by the walls alone: from left to right, as in a photo."""
    found = []
    for angle in np.linspace(-0.8, 0.8, len(COLUMNS)):
        ray = np.array([math.sin(angle), math.cos(angle)])
        away = [crossing(ray, np.array(a, float), np.array(b, float)) for a, b in walls]
        found.append(ray * min(away))
    return np.array(found)


def crossing(ray: Floats, a: Floats, b: Floats) -> float:
    system = np.column_stack([ray, a - b])
    if abs(np.linalg.det(system)) < 1e-9:
        return math.inf
    away, share = np.linalg.solve(system, a)
    return float(away) if away > 0 and 0 <= share <= 1 else math.inf


def passages(walls: list[Wall]) -> list[Floats]:
    return [ends[ends[:, 0].argsort()] for ends, _ in find_passages(feet(walls), COLUMNS)]


def test_a_gap_between_two_walls_is_a_passage() -> None:
    found = passages([*BOX, ((-3, 4), (-0.8, 4)), ((0.9, 4), (3, 4))])
    assert found
    for ends in found:
        assert ends[0] == pytest.approx([-0.8, 4], abs=0.1)
        assert ends[1] == pytest.approx([0.9, 4], abs=0.1)


def test_a_gap_beside_one_wall_reaches_to_the_next() -> None:
    (ends,) = passages([*BOX, ((-3, 4), (0.5, 4))])
    assert ends[0] == pytest.approx([0.5, 4], abs=0.1)
    # The last columns see too little of what is behind.
    assert ends[1] == pytest.approx([3.0, 4], abs=0.4)


def test_it_knows_which_columns_look_through() -> None:
    walls = [*BOX, ((-3, 4), (-0.8, 4)), ((0.9, 4), (3, 4))]
    behind = feet(walls)[:, 1] > 4.5
    for _, through in find_passages(feet(walls), COLUMNS):
        assert behind[through].all()
        assert behind.sum() - behind[through].sum() <= 6


@pytest.mark.parametrize(
    "walls",
    [
        pytest.param(BOX, id="an empty room"),
        pytest.param([*BOX, ((0.5, 4), (0.65, 4))], id="a post"),
        pytest.param([*BOX, ((-3, 6.8), (0.5, 6.8))], id="a shallow recess"),
        pytest.param([*BOX, ((-3, 4), (-2.4, 4))], id="the rest of a wide room"),
    ],
)
def test_nothing_else_is(walls: list[Wall]) -> None:
    assert not passages(walls)
