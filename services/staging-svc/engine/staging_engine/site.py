"""The room as the planner sees it: where there is floor, free wall, and what the camera sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.floor import FloorView
from staging_engine.footprint import Footprint, overlap
from staging_engine.geometry import Camera, Floats
from staging_engine.labels import CLASSES, Labels
from staging_engine.panelling import without_panelling
from staging_engine.passages import Passages
from staging_engine.room import RoomBox, lowest_ceiling
from staging_engine.zones import WAYS, Zone, find_zones, seen_floor

Cell = TypeVar("Cell", np.bool_, np.float64)
Wall = Literal["back", "left", "right"]
WALLS: tuple[Wall, ...] = ("back", "left", "right")

_CLIPPED = 238
_SKIRTING_GAP_M = 0.04
_IN_FRONT = 0.25
_WALL_SAMPLES = (16, 9)
_FEWEST_SAMPLES = 8

_LIKELY = 0.5
# What is seen of a thing from this height on hangs from the ceiling, if it is not just a speck.
_LAMP_FROM_M, _FEWEST_CELLS = 1.9, 3
# A piece stands on floor that is seen as floor, and nothing else is seen before its foot: that would stand
# in front of it.
ON_FLOOR = 0.8
# Of a smaller piece, a wall that is found a little too far away takes more.
_SMALL_M, _SMALL_ON_FLOOR = 0.55, 0.9
# Of what is far away and covers hardly more rows, too.
_FEW_ROWS = 9
_SIDES_M, _FLOOR_WITHIN = 0.12, 0.97
_MOST_IN_FRONT = 0.1
# Of the photo's height: a few pixels at the lower edge say nothing.
_SHORTEST_STRIP = 0.12
# Where the floor goes on behind a wall of the box, there is no wall.
_BEHIND_WALL_M = (0.2, 0.5)
_MOST_BEHIND = 0.35


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

    def __init__(
        self,
        camera: Camera,
        room: RoomBox,
        view: FloorView,
        *,
        labels: Labels | None = None,
        zones: Sequence[Zone] = (),
    ) -> None:
        self._camera, self._view = camera, view
        self._floor = seen_floor(view, labels)
        if labels is not None:
            labels = without_panelling(labels, view, camera, room, self._floor)
        self.room = room
        self.left, self.right, self.depth = room.left_m, room.right_m, room.depth_m
        self.ceiling, self._eye = room.ceiling_m, room.camera_height_m
        grey = cv2.cvtColor(view.image, cv2.COLOR_BGR2GRAY)
        edges = cv2.dilate((cv2.Canny(grey, 40, 110) > 0).astype(np.float32), np.ones((3, 3)))
        self._busy = np.asarray(cv2.GaussianBlur(edges, (0, 0), 2), np.float64)
        dazzling = grey > _CLIPPED
        self._glass = np.zeros(grey.shape)
        if labels is None:
            self._busy += dazzling
            self._blocked = self._busy
        else:
            shares = {
                name: np.asarray(cv2.resize(share, grey.shape[::-1]), np.float64)
                for name, share in zip(CLASSES, labels.shares, strict=True)
            }
            self._glass += shares["window"] > _LIKELY
            things = shares["door"] + shares["furniture"] + shares["other"] > _LIKELY
            self._busy += things | (dazzling & (shares["wall"] < _LIKELY))
            # Bricks and stripes are busy, but nothing stands there.
            self._blocked = things.astype(np.float64)
        self.has_lamp = labels is not None and _hangs_something(camera, room, labels)
        """Whether a lamp or a fan hangs from the ceiling already."""
        self._sure_floor = _without_edge(self._floor)
        self._surest_floor = _without_edge(self._sure_floor)
        # How many pixels from here down to the lower edge show no floor.
        self._not_floor = np.cumsum((~self._floor)[::-1], axis=0)[::-1].astype(np.float64)
        self.zones = (*zones, *find_zones(camera, room, view, self._floor, labels))
        """What no piece may stand in."""
        doors = [(zone.place.x, zone.place.y) for zone in self.zones if zone.kind in WAYS]
        self._passages = Passages(self.left, self.right, self.depth, doors)

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

    def seen(self, place: Footprint) -> float:
        """The share of the rectangle that is inside the photo."""
        return float(self._ground(place)[1].mean())

    def on_floor(self, place: Footprint) -> float:
        """The share of the seen part of the rectangle that the photo shows as floor."""
        pixels, inside = self._ground(place)
        if not inside.any():
            return 0.0
        rows = np.ptp(pixels[inside][:, 1]) * self._view.scale
        is_sure = not _is_small(place) and rows > _FEW_ROWS
        floor = self._sure_floor if is_sure else self._surest_floor
        return float(self._sample(floor, pixels[inside]).mean())

    def stands(self, place: Footprint, on_floor: float = ON_FLOOR) -> bool:
        """Whether a piece there stands on floor, behind nothing, and keeps clear what must stay clear."""
        least = max(on_floor, _SMALL_ON_FLOOR) if _is_small(place) else on_floor
        return (
            self.is_clear(place)
            and self.on_floor(place) >= least
            and self._is_floor_within(place)
            and self.hidden(place) <= _MOST_IN_FRONT
        )

    def _is_floor_within(self, place: Footprint) -> bool:
        """Whether no pillar stands in the middle of it; at its sides the walls of the box may be off a little."""
        wide, deep = place.width - 2 * _SIDES_M, place.depth - 2 * _SIDES_M
        if min(wide, deep) <= 0:
            return True
        pixels, inside = self._ground(replace(place, width=wide, depth=deep), per_side=12)
        if not inside.any():
            return True
        return float(self._sample(self._floor, pixels[inside]).mean()) >= _FLOOR_WITHIN

    def is_clear(self, place: Footprint) -> bool:
        """Whether the rectangle keeps out of doors, fireplaces and the like."""
        return not any(overlap(place, zone.place) for zone in self.zones)

    def hidden(self, place: Footprint) -> float:
        """How much of what the photo shows below the rectangle's foot is not floor."""
        pixels, depth = self._pixels(_at_height(place.outline(12), 0.0))
        if (depth < _IN_FRONT).any():
            return 0.0
        height, width = self._floor.shape
        u, v = (pixels * self._view.scale).astype(int).T
        inside = (u >= 0) & (u < width)
        foot = np.full(width, -1)
        np.maximum.at(foot, u[inside], v[inside])
        columns = np.flatnonzero((foot >= 0) & (foot < height - 1))
        if not len(columns):
            return 0.0
        below = foot[columns] + 1
        strip = np.maximum(height - below, _SHORTEST_STRIP * height)
        return float(self._not_floor[below, columns].sum() / strip.sum())

    def is_backed(self, place: Footprint) -> bool:
        """Whether there is really a wall behind a rectangle that leans on one of the box."""
        near, far = _BEHIND_WALL_M
        away = -place.depth / 2 - (near + far) / 2
        behind = Footprint(*place.at(0.0, away), place.width, far - near, place.rotation)
        return self.on_floor(behind) <= _MOST_BEHIND

    def passable(self, standing: Sequence[Footprint]) -> bool:
        """Whether people can still walk to every door."""
        return self._passages.are_open(standing)

    def nearest(self, place: Footprint) -> float:
        """How far before the camera, along its axis, the rectangle begins."""
        return float(self._pixels(_at_height(place.points(2), 0.0))[1].min())

    def screen_box(self, place: Footprint, low: float, high: float) -> ScreenBox:
        """The photo area of a block over the rectangle, cut at the photo's edges."""
        bounds = self._bounds(place, low, high)
        if bounds is None:
            return ScreenBox(0.0, 0.0, 1.0, 1.0)
        (left, top), (right, bottom) = np.clip(bounds, 0, 1)
        return ScreenBox(float(left), float(top), float(right), float(bottom))

    def cut(self, place: Footprint, height: float) -> float:
        """How much of a block over the rectangle the photo's edges cut away."""
        bounds = self._bounds(place, 0.0, height)
        if bounds is None:
            return 1.0
        seen, whole = (np.prod(high - low) for low, high in (np.clip(bounds, 0, 1), bounds))
        return 1.0 - float(seen) / max(float(whole), 1e-9)

    def fully_seen(self, place: Footprint, height: float) -> float:
        """The share of a block's corners inside the photo."""
        pixels, depth = self._corners(place, 0.0, height)
        inside = (pixels >= 0).all(axis=1) & (
            pixels <= (self._camera.width, self._camera.height)
        ).all(axis=1)
        return float((inside & (depth > _IN_FRONT)).mean())

    def clutter(
        self,
        wall: Wall,
        span: tuple[float, float],
        heights: tuple[float, float],
    ) -> tuple[float, float]:
        """How busy (doors, windows, radiators, patterns) a part of a wall is, and the share of it seen.

        A part that is hardly seen counts as not seen.
        """
        return self._on_wall(self._busy + self._glass, wall, span, heights)

    def unrest(
        self, wall: Wall, span: tuple[float, float], heights: tuple[float, float]
    ) -> tuple[float, float]:
        """Behind a large piece, where windows do not matter: how busy a part of a wall is, and how much of it is a
        door or a thing. Both are 1 where little of it is seen."""
        busy, _ = self._on_wall(self._busy, wall, span, heights)
        return busy, self._on_wall(self._blocked, wall, span, heights)[0]

    def _on_wall(
        self,
        picture: Floats,
        wall: Wall,
        span: tuple[float, float],
        heights: tuple[float, float],
    ) -> tuple[float, float]:
        """The mean of a picture over a part of a wall, and the share of that part in the photo."""
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
        return float(self._sample(picture, pixels[inside]).mean()), float(inside.mean())

    def _ground(self, place: Footprint, per_side: int = 6) -> tuple[Floats, NDArray[np.bool_]]:
        """The pixels of points all over the rectangle, and which of them are in the photo."""
        pixels, depth = self._pixels(_at_height(place.points(per_side), 0.0))
        size = (self._camera.width, self._camera.height)
        return pixels, (depth > _IN_FRONT) & ((pixels >= 0) & (pixels < size)).all(axis=1)

    def _bounds(self, place: Footprint, low: float, high: float) -> Floats | None:
        """The upper left and the lower right corner around a block over the rectangle, as shares of the photo, also
        outside of it; None if the block is not all in front of the camera."""
        pixels, depth = self._corners(place, low, high)
        if (depth < _IN_FRONT).any():
            return None
        shares = pixels / (self._camera.width, self._camera.height)
        return np.stack([shares.min(axis=0), shares.max(axis=0)])

    def _corners(self, place: Footprint, low: float, high: float) -> tuple[Floats, Floats]:
        ground = place.points(2)
        return self._pixels(np.concatenate([_at_height(ground, low), _at_height(ground, high)]))

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


def _hangs_something(camera: Camera, room: RoomBox, labels: Labels) -> bool:
    """Whether the labels see a thing high over the floor."""
    rows, columns = labels.shares.shape[1:]
    rays = camera.rays(camera.cells(columns, rows))
    over_eye = lowest_ceiling(room, rays) * room.camera_height_m
    is_high = (rays[..., 2] > 0) & (over_eye > _LAMP_FROM_M - room.camera_height_m)
    things = labels.share("furniture") + labels.share("other")
    return bool((is_high & (things > _LIKELY)).sum() >= _FEWEST_CELLS)


def _is_small(place: Footprint) -> bool:
    return max(place.width, place.depth) < _SMALL_M


def _without_edge(floor: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The floor without its last pixel before the walls: where exactly it ends is not known better than that."""
    return floor & np.roll(floor, 1, axis=0)


def _at_height(ground: Floats, height: float) -> Floats:
    return np.column_stack([ground, np.full(len(ground), height)])
