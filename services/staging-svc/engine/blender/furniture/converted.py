"""Public-domain (CC0) models of Sweet Home 3D's BlendSwap library, brought to our conventions."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix


@dataclass(frozen=True, slots=True)
class SourceModel:
    """A model of the library: its path, its real size in metres and its new material."""

    path: str
    size: tuple[float, float, float]
    material: str


SOURCES = {
    "dining_chair_scandinavian": SourceModel(
        "blendswap-cc-0/osakaChair/osakaChair.obj", (0.475, 0.525, 0.79), "scandinavian.wood_z"
    ),
    "dining_chair_industrial": SourceModel(
        "blendswap-cc-0/thonet/thonet.obj", (0.547, 0.577, 0.77), "black_metal"
    ),
}


def convert(
    library: Path, name: str, scratch: Path, materials: dict[str, bpy.types.Material]
) -> bpy.types.Object:
    """The model as one object named `name`, in metres, standing on z = 0, facing -Y."""
    source = SOURCES[name]
    folder = source.path.rsplit("/", 1)[0] + "/"
    with zipfile.ZipFile(library) as archive:
        archive.extractall(scratch, [n for n in archive.namelist() if n.startswith(folder)])
    before = set(bpy.data.objects)
    bpy.ops.wm.obj_import(
        filepath=str(scratch / source.path), forward_axis="NEGATIVE_Z", up_axis="Y"
    )
    parts = [thing for thing in bpy.data.objects if thing not in before]
    joined = _join(parts)
    _fit(joined, source.size)
    joined.name = joined.data.name = name
    joined.data.materials.clear()
    joined.data.materials.append(materials[source.material])
    joined.data.polygons.foreach_set("material_index", [0] * len(joined.data.polygons))
    return joined


def _join(parts: list[bpy.types.Object]) -> bpy.types.Object:
    bpy.ops.object.select_all(action="DESELECT")
    for part in parts:
        part.select_set(True)
    bpy.context.view_layer.objects.active = parts[0]
    bpy.ops.object.join()
    return bpy.context.view_layer.objects.active


def _fit(thing: bpy.types.Object, size: tuple[float, float, float]) -> None:
    """Scale to `size`, centre on the origin, stand on the floor; applied to the mesh."""
    mesh = thing.data
    mesh.transform(thing.matrix_world)
    thing.matrix_world = Matrix.Identity(4)
    flat = np.zeros(len(mesh.vertices) * 3)
    mesh.vertices.foreach_get("co", flat)
    points = flat.reshape(-1, 3)
    low, high = points.min(axis=0), points.max(axis=0)
    middle = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    placed = (points - middle) * (np.array(size) / (high - low))
    mesh.vertices.foreach_set("co", placed.reshape(-1))
    mesh.update()
