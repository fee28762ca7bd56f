"""The camera of the photo, and the part of the picture that has to be rendered."""

from __future__ import annotations

import itertools
import math
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

_SENSOR_MM = 36.0
_NEAR = 0.05
# Shadows reach beyond the furniture that casts them.
_MARGIN = 0.06


def add_camera(scene: bpy.types.Scene, camera: dict[str, Any]) -> bpy.types.Object:
    """The photo's camera; its matrix turns room axes into right, down, forward."""
    data = bpy.data.cameras.new("camera")
    data.sensor_fit, data.sensor_width = "HORIZONTAL", _SENSOR_MM
    data.lens = camera["focal"] / camera["width"] * _SENSOR_MM
    data.clip_start = _NEAR
    right, down, forward = np.array(camera["matrix"])
    placed = np.eye(4)
    placed[:3, 0], placed[:3, 1], placed[:3, 2] = right, -down, -forward
    placed[2, 3] = camera["height_m"]
    thing = bpy.data.objects.new("camera", data)
    thing.matrix_world = Matrix(placed.tolist())
    scene.collection.objects.link(thing)
    scene.camera = thing
    scene.render.resolution_x, scene.render.resolution_y = camera["width"], camera["height"]
    return thing


def crop_to(
    scene: bpy.types.Scene,
    eye: bpy.types.Object,
    furniture: list[bpy.types.Object],
    camera: dict[str, Any],
) -> list[int]:
    """Render only around the furniture, and a large part not as fine: time and memory go by the pixels.
    The part is [left, top, right, bottom] in photo pixels."""
    corners = [thing.matrix_world @ Vector(c) for thing in furniture for c in thing.bound_box]
    seen = np.array([list(eye.matrix_world.inverted() @ corner) for corner in corners])
    depth = np.maximum(-seen[:, 2], 4 * _NEAR)
    width, height = camera["width"], camera["height"]
    u, v = _pixels(seen, depth, camera)
    margin = _MARGIN * width
    left, right = max(0, int(u.min() - margin)), min(width, int(u.max() + margin))
    top, bottom = max(0, int(v.min() - margin)), min(height, int(v.max() + margin))
    if right - left < 2 or bottom - top < 2:
        raise ValueError("no furniture is in the picture")
    scene.render.use_border = scene.render.use_crop_to_border = True
    scene.render.border_min_x, scene.render.border_max_x = left / width, right / width
    scene.render.border_min_y, scene.render.border_max_y = 1 - bottom / height, 1 - top / height
    share = camera["most_pixels"] / ((right - left) * (bottom - top))
    scale = min(camera["scale"], math.sqrt(share))
    scene.render.resolution_percentage = round(100 * scale)
    return [left, top, right, bottom]


def outline_of(
    furniture: list[bpy.types.Object],
    eye: bpy.types.Object,
    camera: dict[str, Any],
    crop: list[int],
) -> NDArray[np.float32]:
    """The triangles of the furniture as the camera sees them, (n, 3, 2), in pixels from the crop's corner.

    Drawn one over the other they are its outline, finer than many samples could draw it.
    """
    seen = np.concatenate([_triangles(thing, eye) for thing in furniture])
    is_behind = seen[..., 2] > -_NEAR
    cut = seen[is_behind.any(axis=1) & ~is_behind.all(axis=1)]
    seen = np.concatenate([seen[~is_behind.any(axis=1)], *[_in_front(each) for each in cut]])
    left, top, right, bottom = crop
    u, v = _pixels(seen, -seen[..., 2], camera)
    u, v = u - left, v - top
    is_shown = (u.max(axis=1) > 0) & (u.min(axis=1) < right - left)
    is_shown &= (v.max(axis=1) > 0) & (v.min(axis=1) < bottom - top)
    outline: NDArray[np.float32] = np.stack([u, v], axis=-1)[is_shown].astype(np.float32)
    return outline


def _pixels(
    seen: NDArray[np.float64], depth: NDArray[np.float64], camera: dict[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the photo shows points (…, 3) of the camera's axes."""
    u = camera["focal"] * seen[..., 0] / depth + camera["width"] / 2
    v = -camera["focal"] * seen[..., 1] / depth + camera["height"] / 2
    return u, v


def _triangles(thing: bpy.types.Object, eye: bpy.types.Object) -> NDArray[np.float64]:
    """The triangles of an object in the camera's axes, (n, 3, 3)."""
    mesh = thing.data
    mesh.calc_loop_triangles()
    points = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", points)
    corners = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("vertices", corners)
    change = np.array(eye.matrix_world.inverted() @ thing.matrix_world)
    seen: NDArray[np.float64] = points.reshape(-1, 3) @ change[:3, :3].T + change[:3, 3]
    return seen[corners].reshape(-1, 3, 3)


def _in_front(triangle: NDArray[np.float64]) -> NDArray[np.float64]:
    """What of a triangle lies before the camera, as one or two triangles."""
    kept = []
    for here, there in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
        if here[2] <= -_NEAR:
            kept.append(here)
        if (here[2] <= -_NEAR) != (there[2] <= -_NEAR):
            kept.append(here + (there - here) * (-_NEAR - here[2]) / (there[2] - here[2]))
    return np.array([[kept[0], *pair] for pair in itertools.pairwise(kept[1:])])
