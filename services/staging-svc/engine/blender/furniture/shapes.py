"""Meshes as numpy arrays: rounded boxes, cushions, turned and bent parts.

A model is in metres, stands on z = 0, is centred on x = y = 0 and faces -Y.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Vector = tuple[float, float, float]
Faces = list[tuple[int, ...]]
Mesh = tuple[Array, Faces]

_SEAM = 1e-5


def turn(angle: float, axis: str = "z") -> Array:
    """The rotation matrix by `angle` radians around an axis."""
    c, s = math.cos(angle), math.sin(angle)
    rows = {
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }
    return np.array(rows[axis], dtype=np.float64)


def grid_faces(rows: int, columns: int, *, closed: bool = False) -> Faces:
    """Quads of a grid of vertices in row order; `closed` joins the last column to the first."""
    last = columns if closed else columns - 1
    return [
        (
            row * columns + column,
            row * columns + (column + 1) % columns,
            (row + 1) * columns + (column + 1) % columns,
            (row + 1) * columns + column,
        )
        for row in range(rows - 1)
        for column in range(last)
    ]


def _axis_steps(half: float, radius: float, inner: int, arc: int) -> Array:
    """Positions along one side: dense in the rounded corners, `inner` steps between."""
    angles = np.linspace(0, math.pi / 2, arc + 1)[1:]
    corner = half - radius + radius * np.sin(angles)
    middle = np.linspace(-(half - radius), half - radius, inner + 1)
    support = (half - radius) * 0.985
    flat = np.unique(np.concatenate([middle, [-support, support]]))
    return np.concatenate([-corner[::-1], flat, corner])


def rounded_box(size: Vector, radius: float, *, inner: int = 1, arc: int = 2) -> Mesh:
    """A box with rounded edges and corners, centred on the origin."""
    half = np.array(size, dtype=np.float64) / 2
    radius = min(radius, float(half.min()) * 0.999)
    steps = [_axis_steps(float(side), radius, inner, arc) for side in half]
    points: list[Array] = []
    faces: Faces = []
    for axis, sign in ((a, s) for a in range(3) for s in (-1.0, 1.0)):
        first, second = steps[(axis + 1) % 3], steps[(axis + 2) % 3]
        side = np.empty((len(first), len(second), 3))
        side[..., axis] = sign * half[axis]
        side[..., (axis + 1) % 3] = first[:, None]
        side[..., (axis + 2) % 3] = second[None, :]
        offset = sum(len(p) for p in points)
        quads = grid_faces(len(first), len(second))
        faces += [tuple(offset + i for i in (quad if sign < 0 else quad[::-1])) for quad in quads]
        points.append(side.reshape(-1, 3))
    outer = np.concatenate(points)
    core = np.clip(outer, -(half - radius), half - radius)
    away = outer - core
    away /= np.linalg.norm(away, axis=1, keepdims=True) + 1e-12
    return weld((core + radius * away, faces))


def weld(mesh: Mesh) -> Mesh:
    """The same mesh with coinciding vertices joined, so that shading is smooth over seams."""
    points, faces = mesh
    keys = np.round(points / _SEAM).astype(np.int64)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    joined = inverse.reshape(-1)
    kept = [tuple(dict.fromkeys(int(joined[i]) for i in face)) for face in faces]
    return points[first], [face for face in kept if len(face) > 2]


def wrinkles(points: Array, amount: float, length: float, seed: int) -> Array:
    """Smooth noise (n): a few plane waves of random direction; deterministic in `seed`."""
    random = np.random.default_rng(seed)
    total = np.zeros(len(points))
    for octave in range(7):
        direction = random.normal(size=3)
        direction /= np.linalg.norm(direction)
        wave = 2 * math.pi / (length * random.uniform(0.6, 1.8))
        bend = 0.8 * np.sin(points @ random.normal(size=3) * wave * 0.4 + octave)
        total += np.sin(points @ direction * wave + random.uniform(0, 6.28) + bend)
    return total * amount / 3.5


def cushion(size: Vector, *, radius: float = 0.06, puff: float = 0.03, seed: int = 0) -> Mesh:
    """An upholstered block: rounded, crowned on its large faces, a little creased."""
    points, faces = rounded_box(size, radius, inner=10, arc=4)
    half = np.array(size) / 2
    unit = np.clip(points / half, -1, 1)
    thin = int(np.argmin(size))
    others = [axis for axis in range(3) if axis != thin]
    crown = np.prod([1 - np.abs(unit[:, axis]) ** 2.6 for axis in others], axis=0)
    points = points.copy()
    points[:, thin] += np.sign(unit[:, thin]) * np.abs(unit[:, thin]) * crown * puff
    points[:, thin] += wrinkles(points, 0.004, 0.28, seed) * np.abs(unit[:, thin])
    for axis in others:
        points[:, axis] += unit[:, axis] * wrinkles(points, 0.003, 0.3, seed + axis + 1)
    return points, faces


def lathe(profile: Sequence[tuple[float, float]], *, around: int = 40) -> Mesh:
    """The profile (radius, height) turned around the z axis; open ends stay open."""
    angles = np.linspace(0, 2 * math.pi, around, endpoint=False)
    rings = [
        np.stack([r * np.cos(angles), r * np.sin(angles), np.full(around, z)], axis=1)
        for r, z in profile
    ]
    return np.concatenate(rings), grid_faces(len(profile), around, closed=True)


def tube(path: ArrayLike, radius: float | Sequence[float], *, around: int = 14) -> Mesh:
    """A round bar along a polyline, closed at both ends; `radius` may change along it."""
    line = np.asarray(path, dtype=np.float64)
    radii = np.broadcast_to(np.asarray(radius, dtype=np.float64), (len(line),))
    tangents = np.gradient(line, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True) + 1e-12
    reference = np.array([0.0, 0.0, 1.0]) if abs(tangents[0, 2]) < 0.9 else np.array([1.0, 0, 0])
    angles = np.linspace(0, 2 * math.pi, around, endpoint=False)
    rings = []
    for point, tangent, r in zip(line, tangents, radii, strict=True):
        side = np.cross(tangent, reference)
        side /= np.linalg.norm(side) + 1e-12
        reference = np.cross(side, tangent)
        rings.append(
            point + r * (np.outer(np.cos(angles), side) + np.outer(np.sin(angles), reference))
        )
    faces = grid_faces(len(line), around, closed=True)
    last = (len(line) - 1) * around
    faces += [tuple(range(around))[::-1], tuple(range(last, last + around))]
    return np.concatenate(rings), faces


def curve(points: ArrayLike, steps: int = 24) -> Array:
    """A smooth line through the points (Catmull-Rom)."""
    p = np.asarray(points, dtype=np.float64)
    padded = np.concatenate([[2 * p[0] - p[1]], p, [2 * p[-1] - p[-2]]])
    position = np.linspace(0, len(p) - 1, steps)
    index = np.minimum(position.astype(int), len(p) - 2)
    t = (position - index)[:, None]
    a, b, c, d = (padded[index + k] for k in range(4))
    smooth: Array = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return smooth


class Model:
    """Parts of one piece of furniture, joined into one object at the end."""

    def __init__(self) -> None:
        self._points: list[Array] = []
        self._faces: Faces = []
        self._slots: list[int] = []
        self._smooth: list[bool] = []
        self._materials: list[str] = []
        self._count = 0

    def add(
        self,
        mesh: Mesh,
        material: str,
        at: Vector = (0.0, 0.0, 0.0),
        rotation: Array | None = None,
        *,
        smooth: bool = True,
    ) -> None:
        """Place a mesh: first turned by `rotation`, then moved to `at`."""
        points, faces = mesh
        placed = points if rotation is None else points @ rotation.T
        self._points.append(placed + np.array(at))
        if material not in self._materials:
            self._materials.append(material)
        self._faces += [tuple(index + self._count for index in face) for face in faces]
        self._slots += [self._materials.index(material)] * len(faces)
        self._smooth += [smooth] * len(faces)
        self._count += len(points)

    def box(
        self,
        size: Vector,
        at: Vector,
        material: str,
        *,
        radius: float = 0.006,
        rotation: Array | None = None,
    ) -> None:
        """A block with softly broken edges, its centre at `at`."""
        self.add(rounded_box(size, radius), material, at, rotation)

    def bars(self, paths: Iterable[ArrayLike], radius: float, material: str) -> None:
        """Round bars along polylines."""
        for path in paths:
            self.add(tube(path, radius), material)

    def legs(self, x: float, y: float, height: float, material: str, **shape: float) -> None:
        """Four tapered round legs at (±x, ±y), splayed outwards by `splay` metres."""
        top, foot, splay = (
            shape.get("top", 0.022),
            shape.get("foot", 0.013),
            shape.get("splay", 0.0),
        )
        for sx in (-1, 1):
            for sy in (-1, 1):
                ends = [(sx * (x + splay), sy * (y + splay), 0), (sx * x, sy * y, height)]
                self.add(tube(ends, [foot, top]), material)

    def transform(self, change: Callable[[Array], Array]) -> None:
        """Move all points so far by `change`."""
        self._points = [change(points) for points in self._points]

    def to_object(self, name: str, materials: dict[str, bpy.types.Material]) -> bpy.types.Object:
        """The Blender object of all parts, in the current scene."""
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(np.concatenate(self._points).tolist(), [], self._faces)
        for slot in self._materials:
            mesh.materials.append(materials[slot])
        mesh.polygons.foreach_set("material_index", self._slots)
        mesh.polygons.foreach_set("use_smooth", self._smooth)
        mesh.update()
        result = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(result)
        return result
