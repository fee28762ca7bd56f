"""Where a camera stands, and the box around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from staging_engine.geometry import FULL_FRAME_DIAGONAL_MM, Camera

from .stage import Random, Set


@dataclass(frozen=True, slots=True)
class Box:
    """The room around the camera, in metres from it; the floor is at z = 0."""

    left: float
    right: float
    depth: float
    behind: float
    ceiling: float


@dataclass(slots=True)
class Shot:
    """A scene with its camera, ready to be rendered."""

    set: Set
    camera: Camera
    place: tuple[float, float, float]
    kind: str
    box: Box | None = None
    bend: float = 0.0


def make_camera(
    random: Random, width: int, height: int, yaw: float, *, listing: bool
) -> tuple[Camera, float]:
    """Camera and its height: level and low for listings, tilted and at the eyes for phones."""
    if listing:
        f35, pitch, up = random.uniform(14, 24), random.normal(0.5, 1.3), random.uniform(1.0, 1.25)
        roll = random.normal(0, 0.3)
    else:
        f35, pitch, up = random.uniform(22, 28), random.normal(8, 6), random.uniform(1.3, 1.62)
        if random.random() < 0.2:
            f35 = random.uniform(13, 17)
        roll = random.normal(0, 1.3)
    focal = f35 / FULL_FRAME_DIAGONAL_MM * math.hypot(width, height)
    camera = Camera(focal, yaw, math.radians(pitch), math.radians(roll), width, height)
    return camera, float(up)
