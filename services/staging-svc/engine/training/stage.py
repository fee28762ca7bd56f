"""A scene in the making: triangles with materials, labels and ids.

Axes are the room's: the camera stands at (0, 0, height), x points right, y away from it, z up; metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .models import Model
from .tracer import Colour, Material, Mesh

FLOOR, WALL, CEILING, DOOR, WINDOW, FURNITURE, OTHER = range(7)


Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Zone:
    """Floor that must stay clear, and why."""

    kind: str
    low: tuple[float, float]
    high: tuple[float, float]


@dataclass(slots=True)
class Set:
    """A scene in the making."""

    random: Random
    mesh: Mesh = field(default_factory=Mesh)
    zones: list[Zone] = field(default_factory=list)
    things: list[str] = field(default_factory=lambda: ["shell"])
    solids: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Floor plan of what stands there: x0, y0, x1, y1."""
    facts: dict[str, float | bool | str] = field(default_factory=dict)

    def thing(self, name: str) -> int:
        """A new id, as in the picture of ids."""
        self.things.append(name)
        return len(self.things) - 1

    def material(self, a: Colour, label: int, **more: object) -> int:
        """Its index."""
        self.mesh.materials.append(Material(a, label, **more))  # type: ignore[arg-type]
        return len(self.mesh.materials) - 1

    def relabelled(self, material: int, label: int) -> int:
        """The same look with another label."""
        old = self.mesh.materials[material]
        values = {name: getattr(old, name) for name in Material.__slots__}
        self.mesh.materials.append(Material(**(values | {"label": label})))
        return len(self.mesh.materials) - 1

    def box(
        self,
        low: tuple[float, float, float],
        high: tuple[float, float, float],
        material: int,
        thing: int = 0,
        turn: float = 0.0,
    ) -> None:
        """An upright box, turned about its middle."""
        x0, y0, z0 = low
        x1, y1, z1 = high
        corner = np.array(
            [[x, y, z] for z in (z0, z1) for y in (y0, y1) for x in (x0, x1)], np.float64
        )
        if turn:
            middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2, 0.0])
            corner = (corner - middle) @ _about_z(turn).T + middle
        self.mesh.add(corner[_BOX], material, thing)

    def quad(
        self, corner: NDArray[Any], u: NDArray[Any], v: NDArray[Any], material: int, thing: int = 0
    ) -> None:
        """A parallelogram."""
        a, u, v = (np.asarray(p, np.float64) for p in (corner, u, v))
        self.mesh.add(np.array([[a, a + u, a + u + v], [a, a + u + v, a + v]]), material, thing)

    def lamp(self, corner: NDArray[Any], u: NDArray[Any], v: NDArray[Any], colour: Colour) -> None:
        """A rectangle that lights the scene; its look is made apart."""
        self.mesh.lights.append([*corner, *u, *v, *colour, 0.0])

    def portal(self, corner: NDArray[Any], u: NDArray[Any], v: NDArray[Any]) -> None:
        """A hole through which the sky lights the scene."""
        self.mesh.lights.append([*corner, *u, *v, 0.0, 0.0, 0.0, 1.0])

    def ball(
        self,
        middle: tuple[float, float, float],
        radii: tuple[float, float, float],
        material: int,
        thing: int = 0,
        rings: int = 8,
        lumps: float = 0.0,
    ) -> None:
        """An ellipsoid, dented by `lumps`."""
        around = np.linspace(0, 2 * math.pi, 2 * rings + 1)[:-1]
        down = np.linspace(0, math.pi, rings + 1)
        a, b = np.meshgrid(around, down)
        unit = np.stack([np.sin(b) * np.cos(a), np.sin(b) * np.sin(a), np.cos(b)], axis=-1)
        dents = 1 + lumps * self.random.normal(size=(rings + 1, 2 * rings, 1))
        dents[0], dents[-1] = dents[0].mean(), dents[-1].mean()
        points = unit * dents * np.array(radii) + np.array(middle)
        n = 2 * rings
        i = np.arange(rings)[:, None] * n + np.arange(n)[None]
        j = np.arange(rings)[:, None] * n + (np.arange(n)[None] + 1) % n
        faces = np.concatenate(
            [
                np.stack([i, i + n, j], -1).reshape(-1, 3),
                np.stack([j, i + n, j + n], -1).reshape(-1, 3),
            ]
        )
        flat, smooth = points.reshape(-1, 3), unit.reshape(-1, 3)
        self.mesh.add(flat[faces], material, thing, None if lumps > 0.02 else smooth[faces])

    def model(
        self,
        model: Model,
        at: tuple[float, float, float],
        turn: float,
        label: int,
        *,
        scale: float = 1.0,
        tint: Colour | None = None,
        solid: bool = True,
    ) -> int:
        """A model at its place; its colours are pulled towards `tint`."""
        thing = self.thing(model.name)
        points = model.points.astype(np.float64) * scale @ _about_z(turn).T + np.array(at)
        colours, inverse = np.unique(model.colours, axis=0, return_inverse=True)
        first = len(self.mesh.materials)
        for colour in colours:
            shown = (
                colour
                if tint is None
                else 0.35 * colour + 0.65 * np.array(tint) * (0.4 + colour.mean())
            )
            gloss = float(self.random.choice([0.0, 0.0, 0.03, 0.06]))
            patterned = self.random.random() < 0.35
            self.material(
                as_colour(np.clip(shown, 0.01, 0.9)),
                label,
                b=as_colour(np.clip(shown * self.random.uniform(0.5, 0.9), 0.01, 0.9)),
                pattern=str(
                    self.random.choice(["carpet", "concrete", "picture"], p=[0.5, 0.4, 0.1])
                )
                if patterned
                else "plain",
                scale=float(self.random.uniform(0.03, 0.3)),
                gloss=gloss,
                rough=0.2,
                seed=int(self.random.integers(1 << 20)),
            )
        corners = points[model.faces]
        self.mesh.add(corners, inverse.reshape(-1) + first, thing, _smooth(points, model.faces))
        if solid:
            low, high = points.min(axis=0), points.max(axis=0)
            self.solids.append((low[0], low[1], high[0], high[1]))
        return thing

    def zone(self, kind: str, low: tuple[float, float], high: tuple[float, float]) -> None:
        """Keep this floor clear."""
        x = sorted((low[0], high[0]))
        y = sorted((low[1], high[1]))
        self.zones.append(Zone(kind, (x[0], y[0]), (x[1], y[1])))


_BOX = np.array(
    [
        [0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4],
        [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5],
    ]
)  # fmt: skip


def _about_z(turn: float) -> NDArray[np.float64]:
    c, s = math.cos(turn), math.sin(turn)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def as_colour(values: NDArray[Any]) -> Colour:
    return float(values[0]), float(values[1]), float(values[2])


def _smooth(points: NDArray[Any], faces: NDArray[Any]) -> NDArray[Any]:
    """Normals of the corners: the mean around a point where that is nearly flat, else the face's."""
    corners = points[faces]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    mean = np.zeros_like(points)
    for corner in range(3):
        np.add.at(mean, faces[:, corner], face)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True) + 1e-12
    flat = face / (np.linalg.norm(face, axis=1, keepdims=True) + 1e-12)
    around = mean[faces]
    is_flat = (around * flat[:, None]).sum(axis=2, keepdims=True) > 0.75
    chosen: NDArray[np.float64] = np.where(is_flat, around, flat[:, None])
    return chosen


def grey(value: float) -> Colour:
    """A neutral colour."""
    return value, value, value


def tinted(random: Random, low: float, high: float, spread: float) -> Colour:
    """A colour about as light as asked for, a little warm or cold or strong."""
    light = random.uniform(low, high)
    warm = random.normal(0, spread)
    other = random.normal(0, spread * 0.4)
    values = np.clip(light * np.array([1 + warm, 1 + other, 1 - warm]), 0.01, 0.92)
    return as_colour(values)
