"""The pinhole camera and the room's axes.

Room axes: X to the right, Y away from the camera along the room, Z up. The camera stands at the
origin. Until the scale is known, lengths are in camera heights, so the floor is the plane z = -1.
Image coordinates: u to the right, v down, in pixels; camera axes: x right, y down, z forward.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# The diagonal of a 36 x 24 mm frame: how photographers compare focal lengths.
FULL_FRAME_DIAGONAL_MM = 43.27
_BEHIND_CAMERA = 1e-6


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """Room axes → camera axes; a positive pitch looks down, a positive yaw looks to the right."""
    cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
    cos_pitch, sin_pitch = math.cos(pitch), math.sin(pitch)
    cos_roll, sin_roll = math.cos(roll), math.sin(roll)
    level = np.array([[cos_yaw, -sin_yaw, 0.0], [0.0, 0.0, -1.0], [sin_yaw, cos_yaw, 0.0]])
    tilt = np.array([[1.0, 0.0, 0.0], [0.0, cos_pitch, -sin_pitch], [0.0, sin_pitch, cos_pitch]])
    turn = np.array([[cos_roll, -sin_roll, 0.0], [sin_roll, cos_roll, 0.0], [0.0, 0.0, 1.0]])
    product: Floats = turn @ tilt @ level
    return product


@dataclass(frozen=True, slots=True)
class Camera:
    """A level-ish pinhole camera in a room with right angles."""

    focal: float
    yaw: float
    pitch: float
    roll: float
    width: int
    height: int
    score: float = 0.0

    @property
    def center(self) -> tuple[float, float]:
        """The principal point: the middle of the photo."""
        return self.width / 2, self.height / 2

    @property
    def matrix(self) -> Floats:
        """The rotation from room axes to camera axes."""
        return rotation(self.yaw, self.pitch, self.roll)

    @property
    def focal_35mm(self) -> float:
        """The focal length as on a 36 x 24 mm frame, in millimetres."""
        return self.focal / math.hypot(self.width, self.height) * FULL_FRAME_DIAGONAL_MM

    def project(self, points: ArrayLike) -> tuple[Floats, Floats]:
        """Pixels (…, 2) and depths (…) of points (…, 3); pixels mean nothing where depth ≤ 0."""
        in_camera = np.asarray(points, dtype=np.float64) @ self.matrix.T
        depth = in_camera[..., 2]
        safe = np.where(np.abs(depth) < _BEHIND_CAMERA, _BEHIND_CAMERA, depth)
        cx, cy = self.center
        u = self.focal * in_camera[..., 0] / safe + cx
        v = self.focal * in_camera[..., 1] / safe + cy
        return np.stack([u, v], axis=-1), depth

    def rays(self, pixels: ArrayLike) -> Floats:
        """Directions in room axes of the rays through `pixels` (…, 2); not normalised."""
        uv = np.asarray(pixels, dtype=np.float64)
        cx, cy = self.center
        x = (uv[..., 0] - cx) / self.focal
        y = (uv[..., 1] - cy) / self.focal
        directions: Floats = np.stack([x, y, np.ones_like(x)], axis=-1) @ self.matrix
        return directions

    def cells(self, columns: int, rows: int) -> Floats:
        """The centres (rows, columns, 2) of cells that lie over the whole photo, in its pixels."""
        return pixel_grid(columns, rows) * (self.width / columns, self.height / rows)


def pixel_grid(width: int, height: int, scale: float = 1.0) -> Floats:
    """The centres (height, width, 2) of a grid's cells, in pixels of the photo `scale` times it."""
    u, v = np.meshgrid((np.arange(width) + 0.5) / scale, (np.arange(height) + 0.5) / scale)
    return np.stack([u, v], axis=-1)
