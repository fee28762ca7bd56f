"""The edges of a photo along the lines of a room."""

from __future__ import annotations

import cv2
import numpy as np

from staging_engine.floor import FloorView
from staging_engine.geometry import Camera, Floats

Point = tuple[float, float, float]

_SAMPLES = 60
_MOST_CONTRAST = 12.0
_FEWEST_SEEN = 6
_ENOUGH_SEEN = 15
_IN_FRONT = 0.05


class Edges:
    """How much contrast there is across a line of the room; lines are given in camera heights."""

    def __init__(self, view: FloorView, camera: Camera) -> None:
        self._camera = camera
        self._scale = view.scale
        grey = cv2.cvtColor(view.image, cv2.COLOR_BGR2LAB)[..., 0]
        smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
        self._gradient_x = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), np.float64) / 8
        self._gradient_y = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1), np.float64) / 8

    def contrast(self, start: Point, end: Point) -> float:
        """Mean contrast across the projected line; less when little of it is in the photo."""
        steps = np.linspace(0, 1, _SAMPLES)[:, None]
        pixels, depths = self._camera.project(np.array(start) * (1 - steps) + np.array(end) * steps)
        line: Floats = pixels[depths > _IN_FRONT] * self._scale
        if len(line) < 2:
            return 0.0
        height, width = self._gradient_x.shape
        inside = (line > 1).all(axis=1) & (line < (width - 2, height - 2)).all(axis=1)
        seen = int(inside.sum())
        if seen < _FEWEST_SEEN:
            return 0.0
        direction = line[-1] - line[0]
        direction /= np.hypot(*direction) + 1e-9
        x, y = line[inside].astype(int).T
        across = self._gradient_y[y, x] * direction[0] - self._gradient_x[y, x] * direction[1]
        contrast = float(np.minimum(np.abs(across), _MOST_CONTRAST).mean())
        return contrast * min(1.0, seen / _ENOUGH_SEEN)
