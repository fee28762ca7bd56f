"""What the network sees in the demo rooms, and that odd pictures do no harm."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from staging_engine.labels import CLASSES, KINDS, Labels, read_labels
from staging_engine.photo import Pixels, read_photo

ROOMS = Path(__file__).resolve().parents[4] / "examples" / "rooms"
NAMES = ("room_a_living", "room_b_bedroom", "room_c_loft")


def demo_room(name: str) -> Pixels:
    return read_photo(ROOMS / f"{name}.jpg")


def label_at(labels: Labels, x: float, y: float) -> str:
    """The likeliest label at a place of the photo, from (0, 0) to (1, 1)."""
    _, rows, columns = labels.shares.shape
    column, row = min(int(x * columns), columns - 1), min(int(y * rows), rows - 1)
    return CLASSES[int(labels.shares[:, row, column].argmax())]


@pytest.mark.parametrize("name", NAMES)
def test_demo_rooms_are_empty_rooms(name: str) -> None:
    labels = read_labels(demo_room(name))
    assert labels.kinds["empty_room"] > 0.8
    assert label_at(labels, 0.5, 0.95) == "floor"
    assert label_at(labels, 0.5, 0.04) == "ceiling"
    assert label_at(labels, 0.5, 0.45) == "wall"
    assert (labels.shares.argmax(axis=0) == CLASSES.index("furniture")).mean() < 0.01


def test_windows_are_seen() -> None:
    labels = read_labels(demo_room("room_b_bedroom"))
    assert label_at(labels, 0.86, 0.42) == "window"


@pytest.mark.parametrize("name", NAMES)
def test_a_mirrored_photo_has_mirrored_labels(name: str) -> None:
    photo = demo_room(name)
    labels, mirrored = read_labels(photo), read_labels(np.ascontiguousarray(photo[:, ::-1]))
    np.testing.assert_allclose(labels.shares, mirrored.shares[:, :, ::-1], atol=0.02)


def test_the_same_photo_has_the_same_labels() -> None:
    photo = demo_room("room_a_living")
    first, again = read_labels(photo), read_labels(photo)
    assert np.array_equal(first.shares, again.shares)
    assert first.kinds == again.kinds


@pytest.mark.parametrize(
    "size", [(1600, 1067), (400, 400), (720, 1280), (3000, 400), (9, 7), (1, 1)]
)
def test_cells_lie_over_the_whole_photo(size: tuple[int, int]) -> None:
    width, height = size
    labels = read_labels(np.full((height, width, 3), 128, np.uint8))
    _, rows, columns = labels.shares.shape
    assert max(rows, columns) == 96
    assert (columns >= rows) == (width >= height)
    np.testing.assert_allclose(labels.shares.sum(axis=0), 1, atol=1e-4)
    assert tuple(labels.kinds) == KINDS
    assert sum(labels.kinds.values()) == pytest.approx(1, abs=1e-4)


def odd_pictures() -> dict[str, Pixels]:
    random = np.random.default_rng(1)
    plan = np.full((800, 1000, 3), 255, np.uint8)
    for left, top, right, bottom in (
        (100, 100, 500, 400),
        (500, 100, 900, 700),
        (100, 400, 500, 700),
    ):
        cv2.rectangle(plan, (left, top), (right, bottom), (0, 0, 0), 8)
    return {
        "noise": random.integers(0, 256, (600, 800, 3), np.uint8),
        "black": np.zeros((600, 800, 3), np.uint8),
        "white": np.full((600, 800, 3), 255, np.uint8),
        "red": np.full((600, 800, 3), (30, 30, 220), np.uint8),
        "plan": plan,
    }


@pytest.mark.parametrize("name", ["noise", "black", "white", "red", "plan"])
def test_no_room_is_seen_where_none_is(name: str) -> None:
    assert read_labels(odd_pictures()[name]).kinds["empty_room"] < 0.2
