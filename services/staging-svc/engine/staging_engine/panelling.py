"""Walls with panels and rails, which the network takes for doors.

A door wider than one leaf has two, whose edges go up, or is an opening, behind which floor and other things are seen.
A wall with panels below a rail has nothing upright over the rail.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.edges import edges_of, look_up
from staging_engine.floor import FloorView
from staging_engine.geometry import Camera
from staging_engine.labels import CLASSES, Labels
from staging_engine.openings import Opening, find_openings, shows_floor_behind, wall_grid
from staging_engine.room import RoomBox

_ONE_LEAF_M = 1.25
# Over rails, below lintels; and off the ends, where a door beside it has its frame.
_FROM_M, _TO_M, _OFF_ENDS_M = 1.1, 1.8, 0.2
# A leaf's edge is seen over as much of that height.
_LEAF = 0.6
_FEWEST_COLUMNS, _LEAST_SEEN = 5, 0.6


def without_panelling(
    labels: Labels, view: FloorView, camera: Camera, room: RoomBox, floor: NDArray[np.bool_]
) -> Labels:
    """The labels with wall where they say door and panels are; `floor` is what the photo shows of the floor."""
    panels = [
        opening
        for opening in find_openings(labels, camera, room)
        if opening.kind == "door"
        and (opening.end - opening.start) * room.camera_height_m > _ONE_LEAF_M
        and not shows_floor_behind(opening, camera, room, view, floor)
        and _is_blank(opening, view, camera, room)
    ]
    if not panels:
        return labels
    shares = labels.shares.copy()
    door, wall = shares[CLASSES.index("door")], shares[CLASSES.index("wall")]
    for opening in panels:
        cells = _cells(opening, camera, room, door.shape)
        wall[cells] += door[cells]
        door[cells] = 0
    return replace(labels, shares=shares)


def _is_blank(opening: Opening, view: FloorView, camera: Camera, room: RoomBox) -> bool:
    """Whether nothing upright shows between its ends over the height of a rail."""
    along, heights, pixels, seen = wall_grid(camera, room, opening.wall)
    eye = room.camera_height_m
    off = _OFF_ENDS_M / eye
    columns = np.flatnonzero((along > opening.start + off) & (along < opening.end - off))
    rows = np.flatnonzero((heights * eye >= _FROM_M) & (heights * eye <= _TO_M))
    part = np.ix_(rows, columns)
    if len(columns) < _FEWEST_COLUMNS or seen[part].mean() < _LEAST_SEEN:
        return False
    upright, _ = edges_of(view.image)
    edges = look_up(upright, pixels[part] * view.scale) & seen[part]
    return bool(edges.mean(axis=0).max() < _LEAF)


def _cells(
    opening: Opening, camera: Camera, room: RoomBox, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """The cells of the labels that show it."""
    along, heights, pixels, seen = wall_grid(camera, room, opening.wall)
    inside = seen & np.outer(
        (heights >= opening.bottom) & (heights <= opening.top),
        (along >= opening.start) & (along <= opening.end),
    )
    rows, columns = shape
    shown = pixels[inside] / (camera.width, camera.height) * (columns, rows)
    marked = np.zeros(shape, np.uint8)
    x, y = shown.astype(int).T
    marked[y, x] = 1
    # What the grid leaves out between its points.
    return np.asarray(cv2.morphologyEx(marked, cv2.MORPH_CLOSE, np.ones((3, 3)))) > 0
