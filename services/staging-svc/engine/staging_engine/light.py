"""The light of the room, estimated from the photo.

The photo shows how bright walls and ceiling are: each becomes a dim lamp of that brightness. Clipped
areas are windows; how much brighter than white they are follows from the brightness of the walls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from staging_engine.floor import FloorView
from staging_engine.geometry import Camera, Floats
from staging_engine.labels import Labels
from staging_engine.photo import Linear, Pixels, to_linear
from staging_engine.room import RoomBox
from staging_engine.surfaces import Face, Mask, SeenFaces, Window, room_faces, triple

_WHITE_WALL = 0.70
_BRIGHT_SHARE = 70
_WINDOW_RADIANCE = (1.0, 30.0)
_GAIN = (1.0, 2.6)
_UNSEEN_DIMMER = 0.85
_FLOOR_ALBEDO = (0.03, 0.7)
_DAYLIGHT = 0.5
_PATCHES = (10, 7)


@dataclass(frozen=True, slots=True)
class RoomLight:
    """Everything the renderer needs to light the furniture as the room is lit."""

    surfaces: dict[str, Linear]
    windows: tuple[Window, ...]
    floor_albedo: tuple[float, float, float]
    gain: float


def estimate_light(
    photo: Pixels, camera: Camera, room: RoomBox, view: FloorView, labels: Labels | None = None
) -> RoomLight:
    """Radiance of the faces, windows and the floor's colour."""
    seen = SeenFaces(photo, camera, room, labels)
    faces = room_faces(room)
    glow = {name: seen.glow(face) for name, face in faces.items()}
    fallback = np.mean([g.reshape(-1, 3).mean(axis=0) for g, ok in glow.values() if ok], axis=0)
    surfaces = {
        name: radiance if ok else np.broadcast_to(fallback * _UNSEEN_DIMMER, radiance.shape).copy()
        for name, (radiance, ok) in glow.items()
    }
    openings = seen.windows(faces)
    patches = _Patches(faces, surfaces)
    walls = seen.samples(faces)
    power = _window_power(patches, openings, walls)
    gain = _gain(patches, walls) if not openings else 1.0
    tint = _daylight(fallback)
    windows = tuple(_with_radiance(opening, power * tint) for opening in openings)
    surfaces = {name: (radiance * gain).astype(np.float32) for name, radiance in surfaces.items()}
    albedo = _floor_albedo(photo, view, patches, openings, power, gain)
    del surfaces["floor"]
    return RoomLight(surfaces, windows, albedo, gain)


class _Patches:
    """The glowing faces as a few hundred small flat lamps."""

    def __init__(self, faces: dict[str, Face], surfaces: dict[str, Linear]) -> None:
        columns, rows = _PATCHES
        points, normals, areas, radiances = [], [], [], []
        for name, face in faces.items():
            points.append(face.points(columns, rows).reshape(-1, 3))
            normals.append(np.broadcast_to(face.normal, (columns * rows, 3)))
            area = face.size[0] * face.size[1] / (columns * rows)
            areas.append(np.full(columns * rows, area))
            shrunk = cv2.resize(surfaces[name], (columns, rows), interpolation=cv2.INTER_AREA)
            radiances.append(shrunk.reshape(-1, 3))
        self._points, self._normals = np.concatenate(points), np.concatenate(normals)
        self._areas, self._radiance = np.concatenate(areas), np.concatenate(radiances)

    def irradiance(self, points: Floats, normals: Floats) -> Floats:
        """Light arriving at each point from all faces, (n, 3)."""
        factors = _form_factors(points, normals, self._points, self._normals, self._areas)
        arriving: Floats = factors @ self._radiance
        return arriving


def _form_factors(
    points: Floats, normals: Floats, lamps: Floats, lamp_normals: Floats, areas: Floats
) -> Floats:
    """Irradiance at each point per unit of radiance of each small lamp, (points, lamps)."""
    ray = lamps[None] - points[:, None]
    squared = (ray**2).sum(axis=-1)
    leaving = -(ray * lamp_normals[None]).sum(axis=-1)
    arriving = (ray * normals[:, None]).sum(axis=-1)
    # A patch's own size bounds how close it can seem.
    nearest = areas[None] / math.pi
    cosines: Floats = np.clip(leaving, 0, None) * np.clip(arriving, 0, None)
    factors: Floats = cosines / np.maximum(squared, nearest) ** 2 * areas[None]
    return factors


def _window_irradiance(windows: list[Window], points: Floats, normals: Floats) -> Floats:
    """Irradiance at each point if every window had radiance 1."""
    total = np.zeros(len(points))
    for window in windows:
        side = np.cross([0.0, 0.0, 1.0], window.normal)
        steps = (np.arange(4) + 0.5) / 4 - 0.5
        u, v = np.meshgrid(steps * window.size[0], steps * window.size[1])
        lamps = np.array(window.center) + u.reshape(-1, 1) * side + v.reshape(-1, 1) * [0, 0, 1]
        area = np.full(len(lamps), window.size[0] * window.size[1] / len(lamps))
        facing = np.broadcast_to(np.array(window.normal), lamps.shape)
        total += _form_factors(points, normals, lamps, facing, area).sum(axis=1)
    return total


def _wanted(samples: tuple[Floats, Floats, Linear]) -> tuple[Mask, Floats]:
    """The brightest seen walls, taken for white paint, and the irradiance they must receive."""
    radiance = samples[2].mean(axis=-1)
    white = radiance >= np.percentile(radiance, _BRIGHT_SHARE)
    return white, math.pi * radiance[white] / _WHITE_WALL


def _window_power(
    patches: _Patches, windows: list[Window], samples: tuple[Floats, Floats, Linear]
) -> float:
    """The radiance windows need so that white walls become as bright as in the photo."""
    if not windows or not len(samples[0]):
        return 0.0
    white, wanted = _wanted(samples)
    points, normals = samples[0][white], samples[1][white]
    missing = wanted - patches.irradiance(points, normals).mean(axis=-1)
    per_unit = _window_irradiance(windows, points, normals)
    # A weighted mean: points that hardly see a window say little about it.
    power = float((missing * per_unit).sum() / max(float((per_unit**2).sum()), 1e-9))
    return float(np.clip(power, *_WINDOW_RADIANCE))


def _gain(patches: _Patches, samples: tuple[Floats, Floats, Linear]) -> float:
    """Without windows in sight the lamps are unseen: raise all surfaces instead."""
    if not len(samples[0]):
        return 1.0
    white, wanted = _wanted(samples)
    arriving = patches.irradiance(samples[0][white], samples[1][white]).mean(axis=-1)
    return float(np.clip(np.median(wanted / np.maximum(arriving, 1e-6)), *_GAIN))


def _daylight(average: Floats) -> Floats:
    """The windows' colour: half white, half the room's cast, of mean 1."""
    cast = average / max(float(average.mean()), 1e-6)
    tint = _DAYLIGHT + (1 - _DAYLIGHT) * cast
    neutral: Floats = tint / tint.mean()
    return neutral


def _with_radiance(window: Window, radiance: Floats) -> Window:
    return Window(window.wall, window.center, window.normal, window.size, triple(radiance))


def _floor_albedo(
    photo: Pixels,
    view: FloorView,
    patches: _Patches,
    windows: list[Window],
    power: float,
    gain: float,
) -> tuple[float, float, float]:
    """What share of the light the floor throws back, by colour."""
    ground = view.points[view.mask]
    if not len(ground):
        return (0.4, 0.35, 0.3)
    seen = np.median(to_linear(view.image)[view.mask], axis=0)
    middle = np.array([[*np.median(ground, axis=0), 0.0]])
    up = np.array([[0.0, 0.0, 1.0]])
    arriving = gain * patches.irradiance(middle, up)[0]
    arriving = arriving + power * _window_irradiance(windows, middle, up)[0]
    albedo = np.clip(math.pi * seen / np.maximum(arriving, 1e-6), *_FLOOR_ALBEDO)
    return triple(albedo)
