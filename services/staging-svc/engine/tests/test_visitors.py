"""People and animals that take little of the photo."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from staging_engine import visitors
from staging_engine.labels import CLASSES, KINDS, Closeup, Labels
from staging_engine.pipeline import Analysis
from staging_engine.port import StagingRefusedError
from staging_engine.visitors import check_visitors

Picture = NDArray[np.uint8]
NAMES = ("room_a_living", "room_b_bedroom", "room_c_loft")
# Of the photo: a thing in the middle of the floor, its middle and its size.
MIDDLE, SIZE = (0.5, 0.8), (0.04, 0.08)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_in_an_empty_room(name: str, analyses: Callable[[str], Analysis]) -> None:
    analysis = analyses(name)
    assert analysis.labels is not None
    check_visitors(analysis.photo, analysis.labels)


@pytest.mark.parametrize("thing", ["other", "furniture", None])
@pytest.mark.parametrize(
    "seen",
    [Closeup(person=0.5, animal=0.0), Closeup(person=0.0, animal=0.4), Closeup(0.25, 0.25)],
)
def test_what_stands_on_the_floor_is_looked_at_by_itself(
    thing: str | None, seen: Closeup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or makes a hole in it that the network gives to nothing."""
    photo, labels = room_with(thing)
    monkeypatch.setattr(visitors, "look_closer", sees_red(seen))
    with pytest.raises(StagingRefusedError, match="somebody or an animal") as refused:
        check_visitors(photo, labels)
    assert refused.value.code == "not_a_room"
    assert [(check.code, check.passed) for check in refused.value.checks] == [("shows_room", False)]


@pytest.mark.parametrize("seen", [Closeup(0.4, 0.1), Closeup(0.1, 0.3), Closeup(0.0, 0.0)])
def test_little_likeness_is_a_fireplace_or_a_lamp(
    seen: Closeup, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, labels = room_with("other")
    monkeypatch.setattr(visitors, "look_closer", sees_red(seen))
    check_visitors(photo, labels)


def test_what_hangs_on_the_wall_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    photo, labels = room_with("other")
    monkeypatch.setattr(visitors, "look_closer", sees_red(Closeup(1.0, 1.0)))
    check_visitors(photo[::-1].copy(), replace(labels, shares=wall_below(labels.shares)))


def wall_below(shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same thing, with wall instead of floor all around it."""
    changed = shares.copy()
    floor, wall = CLASSES.index("floor"), CLASSES.index("wall")
    changed[wall] += changed[floor]
    changed[floor] = 0.0
    return changed[:, ::-1].copy()


def room_with(thing: str | None) -> tuple[Picture, Labels]:
    """Floor below a wall, and something red on it that is called so, or nothing with certainty."""
    photo = np.full((600, 900, 3), 200, np.uint8)
    shares = np.zeros((len(CLASSES), 64, 96), np.float32)
    shares[CLASSES.index("wall"), :32] = shares[CLASSES.index("floor"), 32:] = 1.0
    photo[part(600, 900)] = (0, 0, 255)
    rows, columns = part(64, 96)
    shares[:, rows, columns] = 0.2 if thing is None else 0.05
    shares[CLASSES.index("furniture" if thing is None else thing), rows, columns] = (
        0.02 if thing is None else 0.7
    )
    return photo, Labels(shares, dict.fromkeys(KINDS, 0.1))


def part(height: int, width: int) -> tuple[slice, slice]:
    """Where the thing is in a picture of this size."""
    (x, y), (wide, high) = MIDDLE, SIZE
    rows = slice(round((y - high / 2) * height), round((y + high / 2) * height))
    return rows, slice(round((x - wide / 2) * width), round((x + wide / 2) * width))


def sees_red(seen: Closeup) -> Callable[[Picture], Closeup]:
    """A network that sees this in a square with all of the red thing in it, and nothing elsewhere."""

    def look_closer(crop: Picture) -> Closeup:
        assert crop.shape[0] == crop.shape[1]
        red = int((crop == (0, 0, 255)).all(axis=2).sum())
        rows, columns = part(600, 900)
        whole = (rows.stop - rows.start) * (columns.stop - columns.start)
        return seen if red == whole and crop.size < 900 * 600 / 4 else Closeup(0.0, 0.0)

    return look_closer
