"""Doors and windows on the walls, from what the network says of each pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.floor import FloorView
from staging_engine.geometry import Camera, Floats
from staging_engine.labels import CLASSES, Labels
from staging_engine.room import RoomBox

Wall = Literal["back", "left", "right"]
Kind = Literal["door", "window"]

_KINDS: tuple[Kind, ...] = ("door", "window")
# In camera heights: a grid of about 4 cm over each wall.
STEP = 0.03
_NEAREST = 0.3
_HIGHEST = 2.6
_IN_FRONT = 0.1
_SMALLEST = {"door": 0.25, "window": 0.08}
_DOOR_STANDS_WITHIN = 0.12
_DOOR_WIDTH_TO_HEIGHT = (0.25, 0.75)
# In camera heights behind a wall, and how much of it is floor where one looks into another room.
_BEHIND_WALL = (0.1, 0.25)
_FLOOR_BEHIND = 0.3


@dataclass(frozen=True, slots=True)
class Opening:
    """A door or a window as part of a wall, in camera heights: along it (x on the back wall, y on a side
    wall) and over the floor."""

    kind: Kind
    wall: Wall
    start: float
    end: float
    bottom: float
    top: float
    whole: bool
    """Whether all of it is in the photo."""


def find_openings(labels: Labels, camera: Camera, room: RoomBox) -> tuple[Opening, ...]:
    """The doors and windows of the back and side walls."""
    return tuple(
        opening
        for wall in ("back", "left", "right")
        for opening in _on_wall(labels, camera, room, wall)
    )


def door_heads(openings: tuple[Opening, ...]) -> list[float]:
    """How high over the floor doors reach, in camera heights: of those that are seen whole and look like one."""
    narrow, wide = _DOOR_WIDTH_TO_HEIGHT
    return [
        door.top
        for door in openings
        if door.kind == "door"
        and door.whole
        and door.bottom < _DOOR_STANDS_WITHIN
        and narrow < (door.end - door.start) / door.top < wide
    ]


def wall_grid(
    camera: Camera, room: RoomBox, wall: Wall
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """A grid over a wall of the box: where its columns and rows lie along the wall and over the floor, in camera
    heights, the pixels (rows, columns, 2) of its points, and which of them are in the photo."""
    low, high = {
        "back": (-room.left, room.right),
        "left": (_NEAREST, room.depth),
        "right": (_NEAREST, room.depth),
    }[wall]
    along = np.arange(low, high, STEP)
    heights = np.arange(0.0, _HIGHEST, STEP)
    pixels, depth = camera.project(_points(room, wall, along, heights))
    size = np.array([camera.width, camera.height])
    seen = (depth > _IN_FRONT) & (pixels >= 0).all(axis=-1) & (pixels < size).all(axis=-1)
    return along, heights, pixels, seen


def shows_floor_behind(
    opening: Opening, camera: Camera, room: RoomBox, view: FloorView, floor: NDArray[np.bool_]
) -> bool:
    """Whether the photo shows floor behind an opening in a wall."""
    along, behind = np.meshgrid(np.linspace(opening.start, opening.end, 12), _BEHIND_WALL)
    fixed = {"back": room.depth, "left": -room.left, "right": room.right}[opening.wall]
    away = fixed + np.copysign(behind, fixed)
    ground = [along, away] if opening.wall == "back" else [away, along]
    pixels, depth = camera.project(np.stack([*ground, np.full_like(along, -1.0)], axis=-1))
    height, width = floor.shape
    x, y = np.moveaxis(np.nan_to_num(pixels * view.scale, nan=-1.0), -1, 0)
    inside = (depth > 0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    if not inside.any():
        return False
    return bool(floor[y[inside].astype(int), x[inside].astype(int)].mean() > _FLOOR_BEHIND)


def _on_wall(labels: Labels, camera: Camera, room: RoomBox, wall: Wall) -> Iterator[Opening]:
    along, heights, pixels, seen = wall_grid(camera, room, wall)
    if len(along) < 2:
        return
    best = _shares(labels, camera, pixels).argmax(axis=-1)
    for kind in _KINDS:
        named = seen & (best == CLASSES.index(kind))
        count, _, stats, _ = cv2.connectedComponentsWithStats(named.astype(np.uint8))
        for left, top, width, height, area in np.asarray(stats)[1:count]:
            if area * STEP**2 < _SMALLEST[kind]:
                continue
            right, bottom = left + width, top + height
            around = seen[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1]
            yield Opening(
                kind,
                wall,
                start=float(along[left]),
                end=float(along[right - 1] + STEP),
                bottom=float(heights[top]),
                top=float(heights[bottom - 1] + STEP),
                whole=bool(around.all()),
            )


def _points(room: RoomBox, wall: Wall, along: Floats, heights: Floats) -> Floats:
    x, z = np.meshgrid(along, heights - 1)
    fixed = np.full_like(x, {"back": room.depth, "left": -room.left, "right": room.right}[wall])
    return np.stack([x, fixed, z] if wall == "back" else [fixed, x, z], axis=-1)


def _shares(labels: Labels, camera: Camera, pixels: Floats) -> Floats:
    """The shares (…, classes) of the labels at these pixels of the photo."""
    rows, columns = labels.shares.shape[1:]
    size = np.array([camera.width, camera.height])
    cells = np.nan_to_num(np.clip(pixels / size, 0, 1 - 1e-9)) * (columns, rows)
    column, row = cells[..., 0].astype(int), cells[..., 1].astype(int)
    return np.moveaxis(labels.shares[:, row, column], 0, -1).astype(np.float64)
