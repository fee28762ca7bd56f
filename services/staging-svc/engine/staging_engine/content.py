"""What a photo shows, as far as its colours tell that for sure: a drawing, the outdoors.

These are refused before the room is looked for. The limits keep clear of every photo of an empty room
that we know, so a house under a grey sky and a drawing on grey paper still pass here.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.floor import FloorView
from staging_engine.labels import Labels
from staging_engine.photo import Pixels
from staging_engine.port import Check, StagingRefusedError
from staging_engine.room import RoomBox

_WIDTH = 320
# Paper is white without any grain; lenses and light leave none of that in a photo.
_PAPER = 250
_GRAIN = 1.0
_MOST_PAPER = 0.45
# In OpenCV's units: hue 0 to 179, the others 0 to 255.
_SKY_LOW, _SKY_HIGH = (95, 70, 130), (125, 255, 255)
_LEAF_LOW, _LEAF_HIGH = (30, 60, 30), (85, 255, 255)
_TOP = 0.12
_MOST_SKY = 0.25
_SKY_NEEDS_LEAVES = 0.025
_MOST_LEAVES = 0.25
_LEAF_TEXTURE = 12.0
# Shares of the floor inside the room box, away from the walls.
_INNER_FLOOR = 0.92
_COLOUR_STEP = 14.0
_LIGHT_STEP = 70.0
_SPECK = np.ones((5, 5), np.uint8)
_SURELY_WALL = 0.5


def check_content(photo: Pixels) -> None:
    """Refuse what is certainly no photo of a room's inside."""
    height, width = photo.shape[:2]
    size = (_WIDTH, max(1, round(_WIDTH * height / width)))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    if _paper(grey) > _MOST_PAPER:
        raise _refused("This looks like a plan or a drawing. Use a photo of an empty room.")
    colours = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
    leaves = cv2.inRange(colours, _LEAF_LOW, _LEAF_HIGH) > 0
    sky = cv2.inRange(colours[: max(1, round(size[1] * _TOP))], _SKY_LOW, _SKY_HIGH) > 0
    is_under_the_sky = sky.mean() > _MOST_SKY and leaves.mean() > _SKY_NEEDS_LEAVES
    if is_under_the_sky or (leaves & (_texture(grey) > _LEAF_TEXTURE)).mean() > _MOST_LEAVES:
        raise _refused(
            "This looks like a photo of the outdoors. Use a photo of an empty room, taken inside."
        )


def floor_cover(
    view: FloorView, room: RoomBox, labels: Labels | None = None
) -> tuple[float, float]:
    """Of the floor inside the box: the share in other colours than the floor's, and the share of the
    largest spot that does not belong to the floor's area."""
    x, y = view.points[..., 0], view.points[..., 1]
    below = view.below if labels is None else view.below & ~_wall_in_front(view, labels)
    whole = below & (x > -room.left) & (x < room.right) & (y < room.depth)
    left, right, depth = (side * _INNER_FLOOR for side in (room.left, room.right, room.depth))
    inner = below & (x > -left) & (x < right) & (y < depth)
    if not (view.mask & inner).any():
        return 0.0, 0.0
    smooth = np.asarray(cv2.medianBlur(view.image, 5), np.uint8)
    lab = cv2.cvtColor(smooth, cv2.COLOR_BGR2LAB).astype(np.float64)
    away = np.abs(lab - np.median(lab[view.mask & inner], axis=0))
    is_other = (np.hypot(away[..., 1], away[..., 2]) > _COLOUR_STEP) | (away[..., 0] > _LIGHT_STEP)
    covered = _without_specks(inner & is_other).sum() / inner.sum()
    count, _, stats, _ = cv2.connectedComponentsWithStats(_without_specks(whole & ~view.mask))
    areas = np.asarray(stats)[1:count, cv2.CC_STAT_AREA]
    return float(covered), float(areas.max(initial=0) / whole.sum())


def _wall_in_front(view: FloorView, labels: Labels) -> NDArray[np.bool_]:
    """What is wall down to the lower edge of the photo: the end of a wall nearer than those of the box, and no thing
    that stands on the floor."""
    height, width = view.mask.shape
    wall = labels.share_at("wall", (width, height))
    is_lowest = ~np.logical_or.accumulate(view.mask[::-1], axis=0)[::-1]
    return np.asarray((wall > _SURELY_WALL) & is_lowest, np.bool_)


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _SPECK)
    return np.asarray(opened, np.uint8)


def _paper(grey: cv2.typing.MatLike) -> float:
    grain = np.abs(np.asarray(cv2.Laplacian(grey, cv2.CV_32F)))
    return float(((grain <= _GRAIN) & (np.asarray(grey) >= _PAPER)).mean())


def _texture(grey: cv2.typing.MatLike) -> NDArray[np.float64]:
    """The spread of the light around each pixel."""
    light = np.asarray(grey, np.float64)
    mean, square = cv2.blur(light, (7, 7)), cv2.blur(light * light, (7, 7))
    return np.sqrt(np.maximum(square - mean * mean, 0.0))


def _refused(message: str) -> StagingRefusedError:
    return StagingRefusedError("not_a_room", message, checks=(Check("shows_room", False, message),))
