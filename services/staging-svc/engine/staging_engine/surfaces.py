"""The faces of the room as the photo shows them: their colours, and the windows in them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.geometry import Camera, Floats
from staging_engine.labels import Labels
from staging_engine.photo import Linear, Pixels, to_linear
from staging_engine.room import RoomBox

Mask = NDArray[np.bool_]

FRONT_M = -2.0
"""Where the unseen wall behind the camera is assumed."""

_PHOTO_WIDTH = 800
_TEXELS_PER_M = 20.0
_GLOW_SIZE = (24, 16)
_CLIPPED = 0.78
_SURELY_WALL = 0.6
_SMALLEST_WINDOW_M2 = 0.15
_MOST_WINDOWS = 4
_SAMPLES = (10, 7)


@dataclass(frozen=True, slots=True)
class Face:
    """A face of the room: its corner, its two edges and its inward normal, in metres."""

    name: str
    corner: Floats
    across: Floats
    up: Floats
    normal: Floats

    def points(self, columns: int, rows: int) -> Floats:
        """The middles of a grid of cells, (rows, columns, 3); row 0 is at the corner."""
        u = (np.arange(columns) + 0.5) / columns
        v = (np.arange(rows) + 0.5) / rows
        return self.corner + u[None, :, None] * self.across + v[:, None, None] * self.up

    @property
    def size(self) -> tuple[float, float]:
        """The lengths of the edges."""
        return float(np.linalg.norm(self.across)), float(np.linalg.norm(self.up))


@dataclass(frozen=True, slots=True)
class Window:
    """A bright rectangle on a wall."""

    wall: str
    center: tuple[float, float, float]
    normal: tuple[float, float, float]
    size: tuple[float, float]
    radiance: tuple[float, float, float]


def room_faces(room: RoomBox) -> dict[str, Face]:
    """The six faces, with the edges in the order the renderer uses."""
    left, right, depth, top = room.left_m, room.right_m, room.depth_m, room.ceiling_m
    long, wide, high = depth - FRONT_M, right - left, top
    x, y, z = np.eye(3)
    faces = (
        ("floor", (left, FRONT_M, 0), x * wide, y * long, z),
        ("ceiling", (left, FRONT_M, top), x * wide, y * long, -z),
        ("back", (left, depth, 0), x * wide, z * high, -y),
        ("front", (left, FRONT_M, 0), x * wide, z * high, y),
        ("left", (left, FRONT_M, 0), y * long, z * high, x),
        ("right", (right, FRONT_M, 0), y * long, z * high, -x),
    )
    return {
        name: Face(name, np.array(corner, dtype=np.float64), across, up, normal)
        for name, corner, across, up, normal in faces
    }


class SeenFaces:
    """Looks the photo up at points of the room."""

    def __init__(
        self, photo: Pixels, camera: Camera, room: RoomBox, labels: Labels | None = None
    ) -> None:
        scale = min(1.0, _PHOTO_WIDTH / camera.width)
        small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        self._linear = to_linear(small.astype(np.uint8))
        self._clipped = _clipped(self._linear, labels)
        self._scale, self._camera, self._eye = scale, camera, room.camera_height_m

    def look(self, points: Floats) -> tuple[Linear, Mask]:
        """Radiance at `points`, and which of them the photo shows."""
        radiance, shown = self._sampled(self._linear, points)
        return radiance.reshape(*points.shape[:-1], 3), shown

    def _shines(self, points: Floats) -> Mask:
        """Where the photo is clipped, but not because of white paint."""
        shares, shown = self._sampled(self._clipped, points)
        return shown & (shares > 0.5)

    def _sampled(self, image: Linear, points: Floats) -> tuple[Linear, Mask]:
        eye = np.array([0.0, 0.0, self._eye])
        pixels, depth = self._camera.project(points - eye)
        height, width = image.shape[:2]
        u, v = (pixels[..., 0] * self._scale, pixels[..., 1] * self._scale)
        shown = (depth > 0.2) & (u >= 1) & (v >= 1) & (u < width - 1) & (v < height - 1)
        x = np.where(shown, u, 0).astype(np.float32)
        y = np.where(shown, v, 0).astype(np.float32)
        seen = cv2.remap(image, x - 0.5, y - 0.5, cv2.INTER_LINEAR)
        return np.asarray(seen, np.float32), shown

    def glow(self, face: Face) -> tuple[Linear, bool]:
        """The face's radiance as a small smooth picture, and whether any of it was seen."""
        columns, rows = _GLOW_SIZE
        fine, shown = self.look(face.points(columns * 4, rows * 4))
        weight = shown.astype(np.float32)
        if weight.mean() < 0.03:
            return np.zeros((rows, columns, 3), np.float32), False
        total, share = fine * weight[..., None], weight
        filled = np.zeros_like(total)
        missing = np.ones_like(weight)
        # Nearby colours where there are any, else those from further away.
        for spread in (2.0, 8.0, 30.0, 90.0):
            blurred = cv2.GaussianBlur(share, (0, 0), spread)
            colour = cv2.GaussianBlur(total, (0, 0), spread) / np.maximum(blurred, 1e-6)[..., None]
            certain = missing * np.clip(blurred * 4, 0, 1)
            filled += colour * certain[..., None]
            missing = missing - certain
        filled /= np.maximum(1 - missing, 1e-3)[..., None]
        small = cv2.resize(filled, (columns, rows), interpolation=cv2.INTER_AREA)
        return np.minimum(small, 1.0).astype(np.float32), True

    def windows(self, faces: dict[str, Face]) -> list[Window]:
        """The largest clipped rectangles of the walls, not yet with a radiance."""
        found = [
            opening for name in ("back", "left", "right") for opening in self._openings(faces[name])
        ]
        largest = sorted(found, key=lambda window: -window.size[0] * window.size[1])
        return largest[:_MOST_WINDOWS]

    def _openings(self, face: Face) -> list[Window]:
        width, height = face.size
        columns, rows = max(8, int(width * _TEXELS_PER_M)), max(8, int(height * _TEXELS_PER_M))
        bright = self._shines(face.points(columns, rows)).astype(np.uint8)
        bright = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)).astype(
            np.uint8
        )
        count, _, stats, _ = cv2.connectedComponentsWithStats(bright)
        cell = (width / columns) * (height / rows)
        windows = []
        for x, y, w, h, area in np.asarray(stats)[1:count].tolist():
            # Daylight enters between knee and ceiling; sun spots lie lower.
            middle = (y + h / 2) / rows * height
            if area * cell < _SMALLEST_WINDOW_M2 or area < 0.5 * w * h or middle < 0.7:
                continue
            center = (
                face.corner + (x + w / 2) / columns * face.across + (y + h / 2) / rows * face.up
            )
            size = (w / columns * width, h / rows * height)
            windows.append(Window(face.name, triple(center), triple(face.normal), size, (1, 1, 1)))
        return windows

    def samples(self, faces: dict[str, Face]) -> tuple[Floats, Floats, Linear]:
        """Seen points of walls and ceiling, their normals and radiances; clipped ones left out."""
        points, normals, radiances = [], [], []
        for name in ("ceiling", "back", "left", "right"):
            grid = faces[name].points(*_SAMPLES)
            radiance, shown = self.look(grid)
            good = shown & ~self._shines(grid)
            points.append(grid[good])
            normals.append(np.broadcast_to(faces[name].normal, grid.shape)[good])
            radiances.append(radiance[good])
        return np.concatenate(points), np.concatenate(normals), np.concatenate(radiances)


def _clipped(linear: Linear, labels: Labels | None) -> Linear:
    """1 where the photo is as bright as it can be and the network does not call it wall, else 0.

    A white wall in a bright photo is clipped as well; taken for a window, it would light the room.
    """
    clipped = linear.min(axis=-1) > _CLIPPED
    if labels is not None:
        height, width = linear.shape[:2]
        clipped &= labels.share_at("wall", (width, height)) < _SURELY_WALL
    return np.asarray(clipped, np.float32)


def triple(values: Floats) -> tuple[float, float, float]:
    """Three plain numbers of an array."""
    x, y, z = (float(value) for value in values)
    return x, y, z
