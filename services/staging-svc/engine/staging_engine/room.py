"""The room as a box around the camera: left, right and back wall, floor and ceiling.

The box that contains most of the seen floor and whose edges lie on image edges wins. Everything is
in camera heights until `scale` says how many metres that is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from staging_engine.edges import Edges
from staging_engine.floor import FloorView
from staging_engine.geometry import Camera, Floats
from staging_engine.minimize import nelder_mead

_DEPTHS = np.geomspace(1.1, 12, 46)
_SIDES = np.geomspace(0.25, 8, 34)
_CANDIDATES = 500
_FLOOR_EDGE_WEIGHT = 0.02
_WALL_EDGE_WEIGHT = 0.005
_WALL_TOP = 1.2
# Until the scale is known: a 2.5 m ceiling seen from 1.25 m.
_TYPICAL_CEILING = 1.0
_TYPICAL_CAMERA_HEIGHT_M = 1.25
_FARTHEST = 1e6
_BEHIND = 1e-6


FLOOR, CEILING, LEFT, RIGHT, BACK = range(5)


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
    def width_m(self) -> float:
        """From wall to wall, in metres."""
        return self.right_m - self.left_m

    @property
    def area_m2(self) -> float:
        """The floor that may be in the photo, in square metres."""
        return self.width_m * self.depth_m

    @property
    def ceiling_m(self) -> float:
        """Height of the ceiling over the floor, in metres."""
        return (1 + self.ceiling) * self.camera_height_m


def find_room(view: FloorView, camera: Camera) -> RoomBox:
    """The box that explains the floor and the edges of the photo best, in a usual scale."""
    fit = _Fit(view, camera)
    logs, cost = nelder_mead(
        lambda point: -fit.score(*np.exp(point)),
        np.log(fit.best_of_grid()),
        np.full(3, np.log(1.06)),
        iterations=80,
    )
    left, right, depth = (float(value) for value in np.exp(logs))
    return RoomBox(left, right, depth, _TYPICAL_CEILING, _TYPICAL_CAMERA_HEIGHT_M, -cost)


def room_of(left: float, right: float, depth: float, view: FloorView, camera: Camera) -> RoomBox:
    """The box whose walls a person has shown, in a usual scale."""
    confidence = _Fit(view, camera).score(left, right, depth)
    return RoomBox(left, right, depth, _TYPICAL_CEILING, _TYPICAL_CAMERA_HEIGHT_M, confidence)


def surfaces(camera: Camera, room: RoomBox, pixels: Floats) -> NDArray[np.int8]:
    """Which surface of the box each pixel (…, 2) shows: FLOOR, CEILING, LEFT, RIGHT or BACK."""
    rays = camera.rays(pixels)
    distances = [
        _distance(-1.0, rays[..., 2]),
        _distance(room.ceiling, rays[..., 2]),
        _distance(-room.left, rays[..., 0]),
        _distance(room.right, rays[..., 0]),
        _distance(room.depth, rays[..., 1]),
    ]
    nearest: NDArray[np.int8] = np.argmin(np.stack(distances), axis=0).astype(np.int8)
    return nearest


def lowest_ceiling(room: RoomBox, rays: Floats) -> Floats:
    """How high over the eye each ray meets a wall: a lower ceiling would hide that; infinite for rays that
    do not go up."""
    walls = [
        _distance(-room.left, rays[..., 0]),
        _distance(room.right, rays[..., 0]),
        _distance(room.depth, rays[..., 1]),
    ]
    nearest = np.min(np.stack(walls), axis=0)
    return np.where(rays[..., 2] > _BEHIND, nearest * rays[..., 2], np.inf)


def _distance(offset: float, along: Floats) -> Floats:
    """How many ray lengths it is to a plane; very many where the ray never meets it."""
    moves = np.where(np.abs(along) < _BEHIND, _BEHIND, along)
    met = offset / moves
    return np.where((np.abs(along) < _BEHIND) | (met <= 0), _FARTHEST, met)


class _Fit:
    """How well a box fits one photo."""

    def __init__(self, view: FloorView, camera: Camera) -> None:
        self._x, self._y = view.points[view.below].T
        self._weights = np.where(view.mask[view.below], 1.0, -1.0)
        # A camera that looks up sees no floor.
        self._count = max(1, len(self._weights))
        self._edges = Edges(view, camera)

    def best_of_grid(self) -> Floats:
        """Of the boxes (left, right, depth) that contain most floor and least of anything else, the best one."""
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
        boxes = np.column_stack([_SIDES[left], _SIDES[right], _DEPTHS[depth]])
        agreement = inside[left, right, depth] / self._count
        found: Floats = boxes[np.argmax(agreement + self._edges_of(boxes))]
        return found

    def score(self, left: float, right: float, depth: float) -> float:
        """Share of floor pixels that agree, plus the edges along the box's lines."""
        inside = (self._x > -left) & (self._x < right) & (self._y < depth)
        agreement = float(self._weights[inside].sum()) / self._count
        return agreement + float(self._edges_of(np.array([[left, right, depth]]))[0])

    def _edges_of(self, boxes: Floats) -> Floats:
        left, right, depth = boxes.T
        far_left, near_left = _points(-left, depth, -1.0), _points(-left, 0.2, -1.0)
        far_right, near_right = _points(right, depth, -1.0), _points(right, 0.2, -1.0)
        high_left, high_right = _points(-left, depth, _WALL_TOP), _points(right, depth, _WALL_TOP)
        contrast = self._edges.contrast(
            np.stack([far_left, near_left, near_right, far_left, far_right]),
            np.stack([far_right, far_left, far_right, high_left, high_right]),
        )
        floor, walls = contrast[:3].sum(axis=0), contrast[3:].sum(axis=0)
        weighed: Floats = _FLOOR_EDGE_WEIGHT * floor + _WALL_EDGE_WEIGHT * walls
        return weighed


def _points(x: Floats, y: Floats | float, z: float) -> Floats:
    return np.stack(np.broadcast_arrays(x, y, z), axis=-1)
