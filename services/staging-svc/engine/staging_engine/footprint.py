"""Rectangles on the floor, in metres."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from staging_engine.geometry import Floats


@dataclass(frozen=True, slots=True)
class Footprint:
    """A rectangle on the floor in metres; its front looks along (sin r, -cos r)."""

    x: float
    y: float
    width: float
    depth: float
    rotation: float

    def at(self, across: float, forward: float) -> tuple[float, float]:
        """The point `across` to the piece's own right and `forward` of its middle."""
        cos, sin = math.cos(self.rotation), math.sin(self.rotation)
        return self.x + across * cos + forward * sin, self.y + across * sin - forward * cos

    def inside(self, points: Floats) -> tuple[Floats, Floats]:
        """How far points (…, 2) lie across and forward of the middle: `at` the other way round."""
        cos, sin = math.cos(self.rotation), math.sin(self.rotation)
        x, y = points[..., 0] - self.x, points[..., 1] - self.y
        return x * cos + y * sin, x * sin - y * cos

    def points(self, per_side: int, margin: float = 0.0) -> Floats:
        """A grid of points over the rectangle, (per_side², 2)."""
        cos, sin = math.cos(self.rotation), math.sin(self.rotation)
        wide, deep = self.width + 2 * margin, self.depth + 2 * margin
        spread = np.array([[wide * cos, wide * sin], [deep * sin, -deep * cos]])
        points: Floats = _grid(per_side) @ spread + (self.x, self.y)
        return points

    def outline(self, per_side: int) -> Floats:
        """Points along the four sides."""
        grid = self.points(per_side).reshape(per_side, per_side, 2)
        return np.concatenate([grid[0], grid[-1], grid[:, 0], grid[:, -1]])

    def scaled(self, factor: float) -> Footprint:
        """The same place, larger or smaller."""
        return replace(self, width=self.width * factor, depth=self.depth * factor)


@cache
def _grid(per_side: int) -> Floats:
    """A grid over the square from -1/2 to 1/2, (per_side², 2)."""
    steps = np.linspace(-0.5, 0.5, per_side)
    return np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)


def _radius(place: Footprint) -> float:
    return math.hypot(place.width, place.depth) / 2


def overlap(first: Footprint, second: Footprint, gap: float = 0.0) -> bool:
    """Whether two rectangles come closer than `gap` (separating axes)."""
    reach = _radius(first) + _radius(second) + 2 * gap
    if math.hypot(first.x - second.x, first.y - second.y) > reach:
        return False
    a, b = first.points(2, gap), second.points(2)
    for rotation in (first.rotation, second.rotation):
        for angle in (rotation, rotation + math.pi / 2):
            axis = np.array([math.cos(angle), math.sin(angle)])
            on_a, on_b = a @ axis, b @ axis
            if on_a.max() <= on_b.min() or on_b.max() <= on_a.min():
                return False
    return True
