"""Soft things: pillows, and duvets and throws whose folds come from Blender's cloth simulation."""

from __future__ import annotations

import bpy
import numpy as np

from .shapes import Array, Faces, Mesh, Vector, grid_faces, weld, wrinkles

_PILLOW_CELLS = 28
_DRAPE_FRAMES = 60
# With a half, a corner would be an arc, its cells squeezed flat: they would tie themselves in knots.
_BLUNT = 0.3


def pillow(width: float, height: float, thickness: float, *, seed: int = 0) -> Mesh:
    """A stuffed pillow lying in the xy plane, centred on the origin, its lower edge towards -y: fuller
    below, dented above, its corners a little drawn out."""
    random = np.random.default_rng(seed)
    side = np.sin(np.linspace(-1, 1, _PILLOW_CELLS) * np.pi / 2)
    u, v = np.meshgrid(side, side)
    # The seam between two corners is drawn in, and the corners themselves are round.
    corner = 1 - 0.04 * np.abs(u * v) ** 6
    x = u * (1 - random.uniform(0.05, 0.07) * (1 - v**2) * u**2) * corner
    y = v * (1 - random.uniform(0.05, 0.07) * (1 - u**2) * v**2) * corner
    dent = random.uniform(-0.25, 0.25)
    y -= random.uniform(0.04, 0.1) * np.exp(-(((u - dent) / 0.4) ** 2)) * v.clip(0) ** 2
    full = ((1 - np.abs(u) ** 2.2) * (1 - np.abs(v) ** 2.2)).clip(0) ** 0.58
    full *= 1 - 0.16 * v + random.uniform(-0.06, 0.06) * u
    creases = (
        0.05 * np.sin(9 * np.arctan2(v, u) + random.uniform(0, 6)) * (np.hypot(u, v) / 1.41) ** 3
    )
    bulge = full * (1 + creases)
    # It gives way where it leans: the middle hangs back, the edges come forward.
    slump = random.uniform(0.06, 0.1) * height * (u**2 * 0.6 + v**2) / 2
    sheets = [
        np.stack(
            [x * width / 2, y * height / 2, sign * bulge * thickness / 2 + slump], axis=-1
        ).reshape(-1, 3)
        for sign in (-1, 1)
    ]
    loose = [sheet + _creased(sheet, thickness, seed) for sheet in sheets]
    quads = grid_faces(_PILLOW_CELLS, _PILLOW_CELLS)
    faces: Faces = [quad[::-1] for quad in quads]
    faces += [tuple(i + _PILLOW_CELLS**2 for i in quad) for quad in quads]
    return weld((np.concatenate(loose), faces))


def _creased(points: Array, thickness: float, seed: int) -> Array:
    """Soft folds across the thickness of a pillow."""
    folds = wrinkles(points, 0.025 * thickness, 0.22, seed)
    return np.stack([np.zeros_like(folds), np.zeros_like(folds), folds], axis=-1)


def drape(
    size: tuple[float, float],
    at: Vector,
    onto: list[Mesh],
    *,
    cells: int,
    corner: float,
    thickness: float,
    stiffness: float,
) -> Mesh:
    """A sheet of `size`, its corners round, dropped at `at` onto solid meshes, then given `thickness`."""
    aspect = size[1] / size[0]
    columns, rows = cells, max(8, round(cells * aspect))
    x, y = _round_sheet(size, columns, rows, corner)
    sheet = np.stack([x + at[0], y + at[1], np.full_like(x, at[2])], axis=-1)
    solids = [_solid(mesh, thickness / 2) for mesh in onto]
    thing = _object("drape", (sheet.reshape(-1, 3), grid_faces(rows, columns)))
    settings = _cloth(thing, frames=_DRAPE_FRAMES)
    settings.mass = 0.4
    settings.bending_stiffness = stiffness
    settings.tension_stiffness = settings.compression_stiffness = 25
    settings.air_damping = 2.0
    collision = thing.modifiers["cloth"].collision_settings
    collision.distance_min = 0.008
    collision.friction = 40
    collision.use_self_collision = True
    collision.self_distance_min = 0.01
    _thicken(thing, thickness)
    mesh = _simulated(thing, _DRAPE_FRAMES)
    for solid in solids:
        bpy.data.objects.remove(solid)
    return mesh


def _round_sheet(
    size: tuple[float, float], columns: int, rows: int, corner: float
) -> tuple[Array, Array]:
    """A grid over a sheet whose square corners, which would hang down as points, are blunted."""
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, columns), np.linspace(-0.5, 0.5, rows))
    x, y = x * size[0], y * size[1]
    a = (np.abs(x) - size[0] / 2 + corner).clip(0) / corner
    b = (np.abs(y) - size[1] / 2 + corner).clip(0) / corner
    x = x - np.sign(x) * corner * a * (1 - np.sqrt(1 - _BLUNT * b**2))
    y = y - np.sign(y) * corner * b * (1 - np.sqrt(1 - _BLUNT * a**2))
    return x, y


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
    solid.collision.cloth_friction = 60
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
