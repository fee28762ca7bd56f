"""The room as a box around the camera: left, right and back wall, floor and ceiling.

The box that contains most of the seen floor and whose edges lie on image edges wins. Everything is
in camera heights until the ceiling gives the scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from staging_engine.floor import FloorView
from staging_engine.geometry import Camera, Floats
from staging_engine.minimize import nelder_mead

_DEPTHS = np.geomspace(1.1, 9, 44)
_SIDES = np.geomspace(0.25, 8, 34)
_CANDIDATES = 500
_EDGE_SAMPLES = 60
_EDGE_LIMIT = 12.0
_FLOOR_EDGE_WEIGHT = 0.02
_WALL_EDGE_WEIGHT = 0.005
_WALL_TOP = 1.2
# A 2.6 m ceiling seen from 1.4 m: 0.86 camera heights above the eye.
_TYPICAL_CEILING_M = 2.6
_TYPICAL_CEILING = 0.86
_CEILING_SPREAD = 0.35
_CEILING_PRIOR_WEIGHT = 1.2
_CEILINGS = np.linspace(0.35, 1.9, 80)
_CLEAR_CEILING_EDGE = 1.0
_CAMERA_HEIGHTS_M = (1.05, 1.65)
_TYPICAL_CAMERA_HEIGHT_M = 1.42


@dataclass(frozen=True, slots=True)
class RoomBox:
    """Distances from the camera to the walls, in camera heights, and the scale."""

    left: float
    right: float
    depth: float
    ceiling: float
    camera_height_m: float
    confidence: float

    @property
    def left_m(self) -> float:
        """X of the left wall, in metres (negative)."""
        return -self.left * self.camera_height_m

    @property
    def right_m(self) -> float:
        """X of the right wall, in metres."""
        return self.right * self.camera_height_m

    @property
    def depth_m(self) -> float:
        """Y of the back wall, in metres."""
        return self.depth * self.camera_height_m

    @property
    def ceiling_m(self) -> float:
        """Height of the ceiling over the floor, in metres."""
        return (1 + self.ceiling) * self.camera_height_m


def find_room(view: FloorView, camera: Camera) -> RoomBox:
    """The box that explains the floor and the edges of the photo best."""
    fit = _Fit(view, camera)
    start = max((fit.score(*box), *box) for box in fit.candidates())
    logs, cost = nelder_mead(
        lambda point: -fit.score(*np.exp(point)),
        np.log(start[1:]),
        np.full(3, np.log(1.06)),
        iterations=80,
    )
    left, right, depth = (float(value) for value in np.exp(logs))
    ceiling, edge = fit.ceiling(left, right, depth)
    return RoomBox(left, right, depth, ceiling, _camera_height(ceiling, edge), confidence=-cost)


def _camera_height(ceiling: float, edge: float) -> float:
    """The scale: both a usual ceiling and a usual eye height are guesses, so take their middle."""
    if edge < _CLEAR_CEILING_EDGE:
        return _TYPICAL_CAMERA_HEIGHT_M
    from_ceiling = _TYPICAL_CEILING_M / (1 + ceiling)
    middle = math.sqrt(from_ceiling * _TYPICAL_CAMERA_HEIGHT_M)
    return float(np.clip(middle, *_CAMERA_HEIGHTS_M))


class _Fit:
    """How well a box fits one photo."""

    def __init__(self, view: FloorView, camera: Camera) -> None:
        self._camera = camera
        self._scale = view.scale
        self._x, self._y = view.points[view.below].T
        self._weights = np.where(view.mask[view.below], 1.0, -1.0)
        grey = cv2.cvtColor(view.image, cv2.COLOR_BGR2LAB)[..., 0]
        smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
        self._gradient_x = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), np.float64) / 8
        self._gradient_y = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1), np.float64) / 8

    def candidates(self) -> list[tuple[float, float, float]]:
        """The (left, right, depth) that contain most floor and least of anything else."""
        x_edges = np.concatenate([[-1e3], -_SIDES[::-1], _SIDES, [1e3]])
        y_edges = np.concatenate([[-1e3], _DEPTHS, [1e3]])
        histogram = np.histogram2d(self._x, self._y, [x_edges, y_edges], weights=self._weights)[0]
        summed = np.zeros((histogram.shape[0] + 1, histogram.shape[1]))
        summed[1:] = histogram.cumsum(axis=0).cumsum(axis=1)
        sides = len(_SIDES)
        upto_right = summed[sides + 1 : 2 * sides + 1, : len(_DEPTHS)]
        upto_left = summed[sides:0:-1, : len(_DEPTHS)]
        inside = upto_right[None] - upto_left[:, None]
        best = np.argsort(-inside, axis=None, kind="stable")[:_CANDIDATES]
        left, right, depth = np.unravel_index(best, inside.shape)
        return list(zip(_SIDES[left], _SIDES[right], _DEPTHS[depth], strict=True))

    def score(self, left: float, right: float, depth: float) -> float:
        """Share of floor pixels that agree, plus the edges along the box's lines."""
        inside = (self._x > -left) & (self._x < right) & (self._y < depth)
        agreement = float(self._weights[inside].sum()) / len(self._weights)
        floor = (
            self._edge((-left, depth, -1), (right, depth, -1)),
            self._edge((-left, 0.2, -1), (-left, depth, -1)),
            self._edge((right, 0.2, -1), (right, depth, -1)),
        )
        walls = (
            self._edge((-left, depth, -1), (-left, depth, _WALL_TOP)),
            self._edge((right, depth, -1), (right, depth, _WALL_TOP)),
        )
        return agreement + _FLOOR_EDGE_WEIGHT * sum(floor) + _WALL_EDGE_WEIGHT * sum(walls)

    def ceiling(self, left: float, right: float, depth: float) -> tuple[float, float]:
        """The ceiling's height over the eye and the score of its edge."""
        scored = []
        for height in _CEILINGS:
            edge = self._edge((-left, depth, height), (right, depth, height))
            surprise = ((height - _TYPICAL_CEILING) / _CEILING_SPREAD) ** 2
            scored.append((edge - _CEILING_PRIOR_WEIGHT * surprise, float(height)))
        score, height = max(scored)
        return (height, score) if score > 0 else (_TYPICAL_CEILING, score)

    def _edge(self, start: tuple[float, ...], end: tuple[float, ...]) -> float:
        """Mean contrast across the projected line; less when little of it is in the photo."""
        steps = np.linspace(0, 1, _EDGE_SAMPLES)[:, None]
        pixels, depths = self._camera.project(np.array(start) * (1 - steps) + np.array(end) * steps)
        line: Floats = pixels[depths > 0.05] * self._scale
        if len(line) < 2:
            return 0.0
        height, width = self._gradient_x.shape
        inside = (line > 1).all(axis=1) & (line < (width - 2, height - 2)).all(axis=1)
        seen = int(inside.sum())
        if seen < 6:
            return 0.0
        direction = line[-1] - line[0]
        direction /= np.hypot(*direction) + 1e-9
        x, y = line[inside].astype(int).T
        across = self._gradient_y[y, x] * direction[0] - self._gradient_x[y, x] * direction[1]
        return float(np.minimum(np.abs(across), _EDGE_LIMIT).mean()) * min(1.0, seen / 15)
