"""The edges of a photo: along the lines of a room, and where there are any."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from staging_engine.floor import FloorView
from staging_engine.geometry import Camera, Floats

_SAMPLES = 60
_MOST_CONTRAST = 12.0
_FEWEST_SEEN = 6
_ENOUGH_SEEN = 15
_IN_FRONT = 0.05
# The light changes by so many levels from one pixel to the next.
_EDGE = 5.0

Mask = NDArray[np.bool_]


class Edges:
    """How much contrast there is across a line of the room; lines are given in camera heights."""

    def __init__(self, view: FloorView, camera: Camera) -> None:
        self._camera = camera
        self._scale = view.scale
        grey = cv2.cvtColor(view.image, cv2.COLOR_BGR2LAB)[..., 0]
        smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
        self._gradient_x = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), np.float64) / 8
        self._gradient_y = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1), np.float64) / 8

    def contrast(self, starts: ArrayLike, ends: ArrayLike) -> Floats:
        """Mean contrast across each of the projected lines; less when little of it is in the photo."""
        steps = np.linspace(0, 1, _SAMPLES)[:, None]
        first, last = (np.asarray(end, np.float64)[..., None, :] for end in (starts, ends))
        pixels, depths = self._camera.project(first * (1 - steps) + last * steps)
        lines = pixels * self._scale
        in_front = depths > _IN_FRONT
        height, width = self._gradient_x.shape
        inside = (
            in_front & (lines > 1).all(axis=-1) & (lines < (width - 2, height - 2)).all(axis=-1)
        )
        seen = inside.sum(axis=-1)
        direction = _first(lines[..., ::-1, :], in_front[..., ::-1]) - _first(lines, in_front)
        direction /= np.hypot(direction[..., 0], direction[..., 1])[..., None] + 1e-9
        x, y = np.moveaxis(np.where(inside[..., None], lines, 1.0).astype(int), -1, 0)
        across = (
            self._gradient_y[y, x] * direction[..., None, 0]
            - self._gradient_x[y, x] * direction[..., None, 1]
        )
        summed = np.where(inside, np.minimum(np.abs(across), _MOST_CONTRAST), 0.0).sum(axis=-1)
        contrast: Floats = summed / np.maximum(seen, 1) * np.minimum(1.0, seen / _ENOUGH_SEEN)
        return np.where(seen < _FEWEST_SEEN, 0.0, contrast)


def _first(lines: Floats, is_counted: NDArray[np.bool_]) -> Floats:
    """Of each line (…, points, 2) the first point that counts."""
    first = is_counted.argmax(axis=-1)[..., None, None]
    return np.take_along_axis(lines, first, axis=-2)[..., 0, :]


def edges_of(image: NDArray[np.uint8]) -> tuple[Mask, Mask]:
    """Where the colour changes from left to right, and from above to below; a pixel wider than it does."""
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB).astype(np.float32)
    found = []
    for right, below, wide in ((1, 0, (1, 3)), (0, 1, (3, 1))):
        change = np.abs(cv2.Sobel(lab, cv2.CV_32F, right, below, ksize=3)).max(axis=2) / 8
        widened = cv2.dilate((change > _EDGE).astype(np.uint8), np.ones(wide, np.uint8))
        found.append(np.asarray(widened) > 0)
    return found[0], found[1]


def look_up(picture: Mask, pixels: Floats) -> Mask:
    """What a picture holds at these pixels (…, 2) of it; at its edge for those outside."""
    height, width = picture.shape
    x, y = np.moveaxis(np.nan_to_num(pixels, nan=-1.0, posinf=-1.0, neginf=-1.0), -1, 0)
    column = np.clip(x, 0, width - 1).astype(int)
    row = np.clip(y, 0, height - 1).astype(int)
    found: Mask = picture[row, column]
    return found
