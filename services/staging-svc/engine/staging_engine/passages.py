"""Whether people can still walk: from the camera to each door, as wide as a person needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.footprint import Footprint

WIDTH_M = 0.75
_CELL_M = 0.1
_NEAREST_CELL_M = 0.5

Mask = NDArray[np.bool_]


class Passages:
    """A grid over the floor on which the middle of a person moves."""

    def __init__(
        self, left: float, right: float, depth: float, doors: Iterable[tuple[float, float]]
    ) -> None:
        half = WIDTH_M / 2
        x = np.arange(left + half, right - half + 1e-9, _CELL_M)
        y = np.arange(0.0, depth - half + 1e-9, _CELL_M)
        self._points = np.stack(np.meshgrid(x, y), axis=-1)
        self._ends = [
            end for point in [(0.0, 0.3), *doors] if (end := self._cell(point)) is not None
        ]

    def are_open(self, standing: Sequence[Footprint]) -> bool:
        """Whether the camera and all doors can still reach each other."""
        if len(self._ends) < 2:
            return True
        free = np.ones(self._points.shape[:2], bool)
        for place in standing:
            free &= ~_within(self._points, place, WIDTH_M / 2)
        _, parts = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
        reached = {int(np.asarray(parts)[end]) for end in self._ends}
        return len(reached) == 1 and 0 not in reached

    def _cell(self, point: tuple[float, float]) -> tuple[int, int] | None:
        """The cell nearest to a point; None for a door outside of the room."""
        if not self._points.size:
            return None
        away = np.hypot(*np.moveaxis(self._points - np.array(point), -1, 0))
        row, column = np.unravel_index(int(np.argmin(away)), away.shape)
        return (int(row), int(column)) if away.min() < _NEAREST_CELL_M else None


def _within(points: NDArray[np.float64], place: Footprint, reach: float) -> Mask:
    """Which points lie in the rectangle or closer to it than `reach`."""
    across, forward = place.inside(points)
    away_x = np.maximum(np.abs(across) - place.width / 2, 0)
    away_y = np.maximum(np.abs(forward) - place.depth / 2, 0)
    near: Mask = np.hypot(away_x, away_y) < reach
    return near
