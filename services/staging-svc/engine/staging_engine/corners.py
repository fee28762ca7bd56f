"""The floor as a person marked it: four corners, and perhaps a door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from staging_engine.geometry import Camera, Floats
from staging_engine.port import LayoutHint


@dataclass(frozen=True, slots=True)
class Corners:
    """The corners of the floor in pixels of the photo; the near ones may be outside."""

    near_left: Floats
    far_left: Floats
    far_right: Floats
    near_right: Floats

    @classmethod
    def of(cls, hint: LayoutHint, width: int, height: int) -> Corners:
        """The corners of a hint, for a photo of this size."""
        return cls(*(np.array([x * width, y * height]) for x, y in hint.floor_corners))

    @property
    def lines(self) -> Floats:
        """The floor's left, far and right line: (3, 2 ends, 2)."""
        return np.array(
            [
                [self.near_left, self.far_left],
                [self.far_left, self.far_right],
                [self.near_right, self.far_right],
            ]
        )

    def walls(self, camera: Camera) -> tuple[float, float, float] | None:
        """Distances to the left, right and back wall in camera heights, if this camera sees all four corners
        on the floor and the walls around it."""
        rays = camera.rays(np.stack([*self.lines[0], *self.lines[2]]))
        if (rays[:, 2] >= 0).any():
            return None
        x, y = (-rays[:, :2] / rays[:, 2:]).T
        # The near end of a wall is rarely marked exactly; the far one is where two walls meet.
        left, right = -(x[0] + 3 * x[1]) / 4, (x[2] + 3 * x[3]) / 4
        depth = (y[1] + y[3]) / 2
        return (left, right, depth) if min(left, right, depth) > 0 else None

    def distance(self, camera: Camera, walls: tuple[float, float, float]) -> float:
        """How far the marked lines are from those of the room, at most, as a share of the photo's diagonal."""
        left, right, depth = walls
        corners = np.array([[-left, depth, -1.0], [right, depth, -1.0]])
        (far_left, far_right), _ = camera.project(corners)
        away = [
            _length(self.far_left - far_left),
            _length(self.far_right - far_right),
            _from_wall(self.near_left, far_left, camera),
            _from_wall(self.near_right, far_right, camera),
        ]
        return max(away) / float(np.hypot(camera.width, camera.height))


def head_height(hint: LayoutHint, camera: Camera) -> float | None:
    """The height of the marked door in camera heights, if its foot is on the floor."""
    if hint.door_height is None:
        return None
    foot, head = camera.rays(np.array(hint.door_height) * (camera.width, camera.height))
    if foot[2] >= 0:
        return None
    place = -foot[:2] / foot[2]
    towards = head[:2] @ place
    if towards <= 0:
        return None
    height = 1 + head[2] * (place @ place) / towards
    return float(height) if height > 0 else None


def _from_wall(point: Floats, corner: Floats, camera: Camera) -> float:
    """How far a point is from the line that runs through a far corner along the room, in pixels."""
    center = np.array(camera.center)
    towards = camera.matrix[:, 1] * (camera.focal, camera.focal, 1.0)
    line = np.cross([*(corner - center), 1.0], towards)
    return float(abs(line @ [*(point - center), 1.0]) / max(_length(line[:2]), 1e-9))


def _length(vector: Floats) -> float:
    return float(np.hypot(vector[0], vector[1]))
