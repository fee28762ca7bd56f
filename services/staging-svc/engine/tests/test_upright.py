"""Photos that are upside down, and upright ones that only look like it."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from staging_engine.labels import CLASSES, Labels, read_labels
from staging_engine.pipeline import Analysis
from staging_engine.port import StagingRefusedError
from staging_engine.upright import check_upright, compared, evidence

Picture = NDArray[np.uint8]
NAMES = ("room_a_living", "room_b_bedroom", "room_c_loft")


def turned(photo: Picture) -> Picture:
    return np.asarray(cv2.rotate(photo, cv2.ROTATE_180), np.uint8)


def refusal(photo: Picture) -> str:
    with pytest.raises(StagingRefusedError) as refused:
        check_upright(photo, read_labels(photo))
    assert refused.value.code == "room_not_found"
    return refused.value.message


@pytest.mark.parametrize("name", NAMES)
def test_upside_down_photo_is_refused_with_the_remedy(
    name: str, analyses: Callable[[str], Analysis]
) -> None:
    analysis = analyses(name)
    assert analysis.labels is not None
    check_upright(analysis.photo, analysis.labels)
    assert "turn it" in refusal(turned(analysis.photo))


@pytest.mark.parametrize("name", NAMES)
def test_wooden_ceiling_over_a_white_floor_is_not_taken_for_a_room_upside_down(
    name: str, analyses: Callable[[str], Analysis]
) -> None:
    """Its colours alone say that it is."""
    photo = with_ceiling_and_floor(analyses(name), ceiling=(60, 90, 130), floor=(225, 225, 225))
    check_upright(photo, read_labels(photo))


def test_lamps_do_not_make_a_ceiling_uneven() -> None:
    """As in a white hall, in which nothing else tells floor from ceiling."""
    photo = np.full((72, 96, 3), 190, np.uint8)
    photo[:24] += np.random.default_rng(1).integers(0, 6, (24, 96, 1), np.uint8)
    best = np.full((72, 96), CLASSES.index("wall"))
    best[:24], best[48:] = CLASSES.index("ceiling"), CLASSES.index("floor")
    dark = evidence(photo, labels_of(best))
    photo[6:10, 20:40] = photo[6:10, 60:80] = 255
    assert evidence(photo, labels_of(best)) == pytest.approx(dark, abs=0.05)


def with_ceiling_and_floor(
    analysis: Analysis, ceiling: tuple[int, int, int], floor: tuple[int, int, int]
) -> Picture:
    """The photo as if both were painted in these colours, with half of their own light and shade."""
    assert analysis.labels is not None
    height, width = analysis.photo.shape[:2]
    picture = analysis.photo.astype(np.float64)
    for name, colour in (("ceiling", ceiling), ("floor", floor)):
        share = analysis.labels.shares[CLASSES.index(name)]
        paint = np.clip(cv2.resize(share, (width, height)) * 4 - 2, 0, 1)[..., None]
        grey = picture.mean(axis=2, keepdims=True)
        shade = 0.5 + 0.5 * grey / grey[paint[..., 0] > 0.5].mean()
        picture = picture * (1 - paint) + np.array(colour) * shade * paint
    return picture.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("thing", "says"), [("door", 1), ("other", 1), ("wall", 0)])
def test_things_stand_on_the_floor_and_do_not_hang(thing: str, says: int) -> None:
    """A thing between ceiling and floor that touches only the floor."""
    photo = np.full((72, 96, 3), 128, np.uint8)
    best = np.full((72, 96), CLASSES.index("wall"))
    best[:20], best[50:] = CLASSES.index("ceiling"), CLASSES.index("floor")
    best[32:50, 40:60] = CLASSES.index(thing)
    stands, hangs = (evidence(photo, labels_of(each)) for each in (best, best[::-1]))
    # The rest of the wall touches both.
    assert (compared(stands, stands), np.sign(compared(stands, swapped(hangs)))) == (0, says)


def swapped(seen: dict[str, float]) -> dict[str, float]:
    """What hangs below a ceiling that the network takes for floor: as the turned photo shows it."""
    return {name: value if name == "doubt" else -value for name, value in seen.items()}


def labels_of(best: NDArray[np.intp]) -> Labels:
    shares = np.full((len(CLASSES), *best.shape), 0.01, np.float32)
    np.put_along_axis(shares, best[None], 0.94, axis=0)
    return Labels(shares, {"empty_room": 1.0})
