"""The description of a scene that the Blender child renders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from staging_engine.geometry import Camera
from staging_engine.light import RoomLight
from staging_engine.planner import Placement
from staging_engine.port import JsonValue, Quality, StagingRequest
from staging_engine.room import RoomBox
from staging_engine.surfaces import FRONT_M

# Photos are rendered at this size at most; what is larger is enlarged from it.
_RENDERED_SIDE = 1600
_FLOOR_ROUGHNESS = 0.35
_FLOOR_SPECULAR = 0.2
_WALL_ALBEDO = 0.6


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """What a quality means to the renderer."""

    samples: int
    shadow_samples: int
    scale: float
    most_pixels: int
    bounces: int


SETTINGS: dict[Quality, RenderSettings] = {
    "draft": RenderSettings(samples=4, shadow_samples=4, scale=0.5, most_pixels=600_000, bounces=1),
    "standard": RenderSettings(
        samples=8, shadow_samples=10, scale=1.0, most_pixels=900_000, bounces=2
    ),
    "high": RenderSettings(
        samples=48, shadow_samples=48, scale=1.0, most_pixels=2_000_000, bounces=3
    ),
}


def describe_scene(
    request: StagingRequest,
    camera: Camera,
    room: RoomBox,
    placements: list[Placement],
    light: RoomLight,
    *,
    library: Path,
    scratch: Path,
    threads: int,
) -> dict[str, JsonValue]:
    """Everything the child needs; the light of the walls is written to a file in `scratch`."""
    surfaces = scratch / "surfaces.npz"
    np.savez(surfaces, allow_pickle=False, **light.surfaces)
    settings = SETTINGS[request.quality]
    scale = settings.scale * min(1.0, _RENDERED_SIDE / max(camera.width, camera.height))
    return {
        "camera": {
            "focal": camera.focal,
            "width": camera.width,
            "height": camera.height,
            "matrix": camera.matrix.tolist(),
            "height_m": room.camera_height_m,
            "scale": scale,
            "most_pixels": settings.most_pixels,
        },
        "room": {
            "left": room.left_m,
            "right": room.right_m,
            "front": FRONT_M,
            "depth": room.depth_m,
            "ceiling": room.ceiling_m,
        },
        "surfaces": str(surfaces),
        "windows": [
            {
                "center": list(window.center),
                "normal": list(window.normal),
                "size": list(window.size),
                "radiance": list(window.radiance),
            }
            for window in light.windows
        ],
        "floor": {
            "albedo": list(light.floor_albedo),
            "roughness": _FLOOR_ROUGHNESS,
            "specular": _FLOOR_SPECULAR,
        },
        "wall": {"albedo": [_WALL_ALBEDO] * 3, "roughness": 1.0, "specular": 0.0},
        "furniture": str(library),
        "items": [
            {
                "asset": placement.asset,
                "position": list(placement.position),
                "rotation": placement.rotation,
                "scale": list(placement.scale),
            }
            for placement in placements
        ],
        "quality": {
            "samples": settings.samples,
            "shadow_samples": settings.shadow_samples,
            "bounces": settings.bounces,
        },
        "seed": request.seed,
        "threads": threads,
        "output": str(scratch / "rendered.npz"),
    }
