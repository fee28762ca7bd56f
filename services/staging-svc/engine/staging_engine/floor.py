"""Which pixels of the photo show the floor.

Watershed from two markers: what the network is sure of, or else the bottom centre as floor; and everything
above the horizon as not floor. A median filter first removes grout and board lines, where the flood would
otherwise stop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.geometry import Camera, Floats, pixel_grid
from staging_engine.labels import Labels

_LANDSCAPE_WIDTH = 320
_PORTRAIT_WIDTH = 240
_LOWEST_RAY = -0.06
_SEED_TOP = 0.72
_SEED_SIDES = (0.3, 0.7)
_FLOOR, _NOT_FLOOR = 1, 2
# Of the network's share of floor. Less of the photo than this is no floor to start from.
_SURE, _SURELY_NOT = 0.8, 0.2
_LEAST_SURE = 0.02
# Of the floor that a person marked.
_BELIEVABLE = 0.6


@dataclass(frozen=True, slots=True)
class FloorView:
    """A small version of the photo with what is known of its floor."""

    image: NDArray[np.uint8]
    """The photo scaled down, BGR."""
    scale: float
    """Small pixels per photo pixel."""
    mask: NDArray[np.bool_]
    """Where the floor is seen."""
    below: NDArray[np.bool_]
    """Where rays meet the floor plane at all."""
    points: Floats
    """Where they meet it (height, width, 2), in camera heights; meaningless outside `below`."""


def find_floor(
    image: cv2.typing.MatLike, camera: Camera, labels: Labels | None = None
) -> FloorView:
    """Segment the floor of a BGR photo taken by `camera`."""
    width = _LANDSCAPE_WIDTH if camera.width >= camera.height else _PORTRAIT_WIDTH
    scale = width / camera.width
    height = max(2, round(camera.height * scale))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
    rays = camera.rays(pixel_grid(width, height, scale))
    below = rays[..., 2] < _LOWEST_RAY
    points = -rays[..., :2] / np.minimum(rays[..., 2:], _LOWEST_RAY)
    mask = _flood(small, _markers(below, labels))
    return FloorView(small, scale, mask & below, below, points)


def within(view: FloorView, left: float, right: float, depth: float) -> FloorView:
    """The view with the floor between walls that a person marked: what is seen of it as far as that is
    believable, else all of it."""
    x, y = view.points[..., 0], view.points[..., 1]
    marked = view.below & (x > -left) & (x < right) & (y < depth)
    seen = view.mask & marked
    return replace(view, mask=seen if seen.sum() > _BELIEVABLE * marked.sum() else marked)


def _markers(below: NDArray[np.bool_], labels: Labels | None) -> NDArray[np.int32]:
    markers = np.zeros(below.shape, np.int32)
    sure = None
    if labels is not None:
        height, width = below.shape
        floor = labels.share_at("floor", (width, height))
        markers[floor < _SURELY_NOT] = _NOT_FLOOR
        sure = (floor > _SURE) & below
    markers[sure if sure is not None and sure.mean() > _LEAST_SURE else _seed(below)] = _FLOOR
    markers[_above_horizon(below)] = _NOT_FLOOR
    return markers


def _flood(small: NDArray[np.uint8], markers: NDArray[np.int32]) -> NDArray[np.bool_]:
    smooth = cv2.medianBlur(cv2.medianBlur(small, 5), 5)
    cv2.watershed(smooth, markers)
    flooded = (markers == _FLOOR).astype(np.uint8)
    return np.asarray(cv2.medianBlur(flooded, 5), np.uint8) > 0


def _seed(below: NDArray[np.bool_]) -> NDArray[np.bool_]:
    height, width = below.shape
    column = below[:, width // 2]
    horizon = int(np.argmax(column)) if column.any() else height // 2
    seed = np.zeros_like(below)
    top = int(horizon + (height - horizon) * _SEED_TOP)
    left, right = (int(width * side) for side in _SEED_SIDES)
    seed[top:, left:right] = True
    return seed & below


def _above_horizon(below: NDArray[np.bool_]) -> NDArray[np.bool_]:
    # Four rows clear of the horizon: far floor is close to it and must stay undecided.
    shifted = np.zeros_like(below)
    shifted[:-4] = ~below[4:]
    return ~below & shifted
