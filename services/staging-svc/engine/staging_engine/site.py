"""The room as the planner sees it: where there is floor, free wall, and what the camera sees."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.floor import FloorView
from staging_engine.geometry import Camera, Floats
from staging_engine.room import RoomBox

Cell = TypeVar("Cell", np.bool_, np.float64)
Wall = Literal["back", "left", "right"]
WALLS: tuple[Wall, ...] = ("back", "left", "right")

_CLIPPED = 238
_SKIRTING_GAP_M = 0.04
_IN_FRONT = 0.25
_WALL_SAMPLES = (16, 9)
_FEWEST_SAMPLES = 8


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

    def points(self, per_side: int, margin: float = 0.0) -> Floats:
        """A grid of points over the rectangle, (per_side², 2)."""
        steps = np.linspace(-0.5, 0.5, per_side)
        across, forward = np.meshgrid(
            steps * (self.width + 2 * margin), steps * (self.depth + 2 * margin)
        )
        x, y = self.at(0.0, 0.0)
        cos, sin = math.cos(self.rotation), math.sin(self.rotation)
        points = [x + across * cos + forward * sin, y + across * sin - forward * cos]
        return np.stack(points, axis=-1).reshape(-1, 2)

    def scaled(self, factor: float) -> Footprint:
        """The same place, larger or smaller."""
        return replace(self, width=self.width * factor, depth=self.depth * factor)


def overlap(first: Footprint, second: Footprint, gap: float = 0.0) -> bool:
    """Whether two rectangles come closer than `gap` (separating axes)."""
    a, b = first.points(2, gap), second.points(2)
    for rotation in (first.rotation, second.rotation):
        for angle in (rotation, rotation + math.pi / 2):
            axis = np.array([math.cos(angle), math.sin(angle)])
            on_a, on_b = a @ axis, b @ axis
            if on_a.max() <= on_b.min() or on_b.max() <= on_a.min():
                return False
    return True


@dataclass(frozen=True, slots=True)
class ScreenBox:
    """A rectangle in the photo as shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Its share of the photo."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def covers(self, other: ScreenBox) -> float:
        """The share of `other` that lies inside this one."""
        common = ScreenBox(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        wide, high = common.right - common.left, common.bottom - common.top
        return wide * high / max(other.area, 1e-9) if wide > 0 and high > 0 else 0.0


class Site:
    """Questions that a planner asks about a photo; lengths in metres, origin under the camera."""

    def __init__(self, camera: Camera, room: RoomBox, view: FloorView) -> None:
        self._camera, self._view = camera, view
        self.room = room
        self.left, self.right, self.depth = room.left_m, room.right_m, room.depth_m
        self.ceiling, self._eye = room.ceiling_m, room.camera_height_m
        grey = cv2.cvtColor(view.image, cv2.COLOR_BGR2GRAY)
        edges = cv2.dilate((cv2.Canny(grey, 40, 110) > 0).astype(np.float32), np.ones((3, 3)))
        self._busy = np.asarray(cv2.GaussianBlur(edges, (0, 0), 2), np.float64)
        self._clipped = (grey > _CLIPPED).astype(np.float64)

    def against(self, wall: Wall, along: float, width: float, depth: float) -> Footprint:
        """A rectangle with its back to a wall, its middle `along` it (x, or y on a side wall)."""
        away = depth / 2 + _SKIRTING_GAP_M
        x, y, rotation = {
            "back": (along, self.depth - away, 0.0),
            "left": (self.left + away, along, math.pi / 2),
            "right": (self.right - away, along, -math.pi / 2),
        }[wall]
        return Footprint(x, y, width, depth, rotation)

    def contains(self, place: Footprint, margin: float = 0.02) -> bool:
        """Whether the rectangle keeps off the walls by `margin`."""
        points = place.points(2)
        inside_x = (
            points[:, 0].min() > self.left + margin and points[:, 0].max() < self.right - margin
        )
        return bool(inside_x and points[:, 1].max() < self.depth - margin)

    def seen(self, place: Footprint) -> tuple[float, float]:
        """The shares of the rectangle inside the photo, and on what the photo shows as floor."""
        pixels, depth = self._pixels(_at_height(place.points(6), 0.0))
        width, height = self._camera.width, self._camera.height
        inside = (
            (depth > _IN_FRONT) & (pixels >= 0).all(axis=1) & (pixels < (width, height)).all(axis=1)
        )
        on_floor = inside & self._sample(self._view.mask, pixels)
        return float(inside.mean()), float(on_floor.mean())

    def nearest(self, place: Footprint) -> float:
        """How far before the camera, along its axis, the rectangle begins."""
        return float(self._pixels(_at_height(place.points(2), 0.0))[1].min())

    def screen_box(self, place: Footprint, low: float, high: float) -> ScreenBox:
        """The photo area of a block over the rectangle, cut at the photo's edges."""
        ground = place.points(2)
        block = np.concatenate([_at_height(ground, low), _at_height(ground, high)])
        pixels, depth = self._pixels(block)
        shares = pixels / (self._camera.width, self._camera.height)
        if (depth < _IN_FRONT).any():
            return ScreenBox(0.0, 0.0, 1.0, 1.0)
        (left, top), (right, bottom) = np.clip([shares.min(axis=0), shares.max(axis=0)], 0, 1)
        return ScreenBox(float(left), float(top), float(right), float(bottom))

    def fully_seen(self, place: Footprint, height: float) -> float:
        """The share of a block's corners inside the photo."""
        ground = place.points(2)
        block = np.concatenate([_at_height(ground, 0.0), _at_height(ground, height)])
        pixels, depth = self._pixels(block)
        inside = (pixels >= 0).all(axis=1) & (
            pixels <= (self._camera.width, self._camera.height)
        ).all(axis=1)
        return float((inside & (depth > _IN_FRONT)).mean())

    def clutter(
        self, wall: Wall, span: tuple[float, float], heights: tuple[float, float]
    ) -> tuple[float, float]:
        """How busy (doors, windows, radiators) a part of a wall is, and the share of it seen.

        A part that is hardly seen counts as not seen.
        """
        along, z = np.meshgrid(
            np.linspace(*span, _WALL_SAMPLES[0]), np.linspace(*heights, _WALL_SAMPLES[1])
        )
        same = np.zeros_like(along)
        points = {
            "back": (along, same + self.depth, z),
            "left": (same + self.left, along, z),
            "right": (same + self.right, along, z),
        }[wall]
        pixels, depth = self._pixels(np.stack(points, axis=-1).reshape(-1, 3))
        size = (self._camera.width, self._camera.height)
        inside = (depth > 0.1) & (pixels >= 0).all(axis=1) & (pixels < size).all(axis=1)
        if inside.sum() < _FEWEST_SAMPLES:
            return 1.0, 0.0
        busy = self._sample(self._busy, pixels[inside]) + self._sample(
            self._clipped, pixels[inside]
        )
        return float(busy.mean()), float(inside.mean())

    def _pixels(self, points: Floats) -> tuple[Floats, Floats]:
        heights = np.array([0.0, 0.0, self._eye])
        pixels, depth = self._camera.project((points - heights) / self._eye)
        return pixels, depth * self._eye

    def _sample(self, small: NDArray[Cell], pixels: Floats) -> NDArray[Cell]:
        height, width = small.shape[:2]
        finite = np.nan_to_num(np.clip(pixels, -1e6, 1e6)) * self._view.scale
        x, y = np.clip(finite.astype(int), 0, (width - 1, height - 1)).T
        sampled: NDArray[Cell] = small[y, x]
        return sampled


def _at_height(ground: Floats, height: float) -> Floats:
    return np.column_stack([ground, np.full(len(ground), height)])
