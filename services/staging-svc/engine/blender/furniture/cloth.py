"""Soft things: pillows, and duvets and throws whose folds come from Blender's cloth simulation."""

from __future__ import annotations

import bpy
import numpy as np

from .shapes import Array, Faces, Mesh, Vector, grid_faces, weld

_PILLOW_CELLS = 28
_DRAPE_FRAMES = 60


def pillow(width: float, height: float, thickness: float) -> Mesh:
    """A stuffed pillow lying in the xy plane, centred on the origin: full, its corners a little drawn out."""
    side = np.sin(np.linspace(-1, 1, _PILLOW_CELLS) * np.pi / 2)
    u, v = np.meshgrid(side, side)
    # The seam between two corners is drawn in, and the corners themselves are round.
    corner = 1 - 0.05 * np.abs(u * v) ** 5
    x = u * (1 - 0.035 * (1 - v**2) * u**2) * corner
    y = v * (1 - 0.035 * (1 - u**2) * v**2) * corner
    full = ((1 - np.abs(u) ** 2.6) * (1 - np.abs(v) ** 2.6)).clip(0) ** 0.52
    creases = 0.05 * np.sin(9 * np.arctan2(v, u)) * (np.hypot(u, v) / 1.41) ** 3 * full
    bulge = full + creases - 0.05 * np.exp(-((u**2 + v**2) / 0.08))
    sheets = [
        np.stack([x * width, y * height, sign * bulge * thickness], axis=-1).reshape(-1, 3) / 2
        for sign in (-1, 1)
    ]
    quads = grid_faces(_PILLOW_CELLS, _PILLOW_CELLS)
    faces: Faces = [quad[::-1] for quad in quads]
    faces += [tuple(i + _PILLOW_CELLS**2 for i in quad) for quad in quads]
    return weld((np.concatenate(sheets), faces))


def drape(
    size: tuple[float, float],
    at: Vector,
    onto: list[Mesh],
    *,
    cells: int,
    thickness: float,
    stiffness: float,
) -> Mesh:
    """A sheet of `size` dropped at `at` onto solid meshes, then given `thickness`."""
    aspect = size[1] / size[0]
    columns, rows = cells, max(8, round(cells * aspect))
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, columns), np.linspace(-0.5, 0.5, rows))
    sheet = np.stack([x * size[0] + at[0], y * size[1] + at[1], np.full_like(x, at[2])], axis=-1)
    solids = [_solid(mesh, thickness / 2) for mesh in onto]
    thing = _object("drape", (sheet.reshape(-1, 3), grid_faces(rows, columns)))
    settings = _cloth(thing, frames=_DRAPE_FRAMES)
    settings.mass = 0.4
    settings.bending_stiffness = stiffness
    settings.tension_stiffness = settings.compression_stiffness = 25
    settings.air_damping = 2.0
    collision = thing.modifiers["cloth"].collision_settings
    collision.distance_min = 0.008
    collision.use_self_collision = True
    collision.self_distance_min = 0.01
    _thicken(thing, thickness)
    mesh = _simulated(thing, _DRAPE_FRAMES)
    for solid in solids:
        bpy.data.objects.remove(solid)
    return mesh


def _object(name: str, mesh: Mesh) -> bpy.types.Object:
    data = bpy.data.meshes.new(name)
    data.from_pydata(mesh[0].tolist(), [], mesh[1])
    data.update()
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def _cloth(thing: bpy.types.Object, *, frames: int) -> bpy.types.ClothSettings:
    modifier = thing.modifiers.new("cloth", "CLOTH")
    modifier.point_cache.frame_start = 1
    modifier.point_cache.frame_end = frames
    modifier.settings.quality = 8
    modifier.collision_settings.collision_quality = 4
    return modifier.settings


def _solid(mesh: Mesh, margin: float) -> bpy.types.Object:
    solid = _object("solid", mesh)
    solid.modifiers.new("collision", "COLLISION")
    solid.collision.thickness_outer = max(0.006, margin)
    solid.collision.cloth_friction = 12
    return solid


def _thicken(thing: bpy.types.Object, thickness: float) -> None:
    solidify = thing.modifiers.new("solidify", "SOLIDIFY")
    solidify.thickness = thickness
    solidify.offset = 0
    smooth = thing.modifiers.new("smooth", "SMOOTH")
    smooth.factor, smooth.iterations = 0.4, 3


def _simulated(thing: bpy.types.Object, frames: int) -> Mesh:
    """Run the clock and take the mesh as it then is."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, frames
    for frame in range(1, frames + 1):
        scene.frame_set(frame)
    evaluated = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    data = evaluated.to_mesh()
    flat = np.zeros(len(data.vertices) * 3)
    data.vertices.foreach_get("co", flat)
    faces: Faces = [tuple(polygon.vertices) for polygon in data.polygons]
    evaluated.to_mesh_clear()
    bpy.data.objects.remove(thing)
    scene.frame_set(1)
    points: Array = flat.reshape(-1, 3)
    return points, faces
