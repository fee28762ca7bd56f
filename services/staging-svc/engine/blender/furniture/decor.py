"""Vases, books, bowls, leaves, frames and rugs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .shapes import Array, Faces, Mesh, Model, Vector, curve, lathe, rounded_box, tube, turn


def books(model: Model, at: Vector, covers: Sequence[str], spin: float) -> None:
    """A small pile of books lying flat."""
    x, y, z = at
    for index, cover in enumerate(covers):
        size = (0.26 - 0.02 * index, 0.19 - 0.015 * index, 0.024)
        rotation = turn(spin + 0.09 * index)
        model.box(size, (x, y, z + 0.012), cover, radius=0.003, rotation=rotation)
        z += 0.0245


def vase(model: Model, at: Vector, height: float, material: str) -> None:
    """A bellied vase."""
    shape = [
        (0.0, 0.0),
        (0.26, 0.0),
        (0.36, 0.12),
        (0.42, 0.34),
        (0.36, 0.62),
        (0.2, 0.85),
        (0.16, 0.94),
        (0.2, 1.0),
        (0.16, 0.99),
        (0.13, 0.9),
    ]
    outline = curve([(r, 0.0, z) for r, z in shape], 40)
    profile = [(max(0.001, float(r) * height), float(z) * height) for r, _, z in outline]
    model.add(lathe(profile, around=36), material, at)


def bowl(model: Model, at: Vector, radius: float, material: str) -> None:
    """A shallow bowl."""
    shape = [
        (0.001, 0.0),
        (0.35, 0.0),
        (0.5, 0.06),
        (0.85, 0.3),
        (1.0, 0.48),
        (0.97, 0.49),
        (0.8, 0.32),
        (0.4, 0.1),
        (0.001, 0.07),
    ]
    outline = curve([(r, 0.0, z) for r, z in shape], 36)
    profile = [(max(0.001, float(r) * radius), float(z) * radius) for r, _, z in outline]
    model.add(lathe(profile, around=44), material, at)


def tray(model: Model, at: Vector, material: str) -> None:
    """A round tray."""
    profile = [
        (0.001, 0.0),
        (0.15, 0.0),
        (0.16, 0.02),
        (0.154, 0.02),
        (0.147, 0.008),
        (0.001, 0.008),
    ]
    model.add(lathe(profile, around=48), material, at)


def branches(
    model: Model, at: Vector, length: float, material: str, *, seed: int, leaves: bool = False
) -> None:
    """A loose bunch of stems, with leaves or as dry grass."""
    random = np.random.default_rng(seed)
    for _ in range(7 if leaves else 22):
        direction = random.uniform(0, 2 * math.pi)
        reach = length * random.uniform(0.15, 0.5)
        rise = length * random.uniform(0.65, 1.0)
        tip = (reach * math.cos(direction), reach * math.sin(direction), rise)
        bend = (tip[0] * 0.3, tip[1] * 0.3, rise * 0.6)
        line = curve([(0, 0, -0.05), bend, tip], 9) + np.array(at)
        model.add(tube(line, [0.0028] * 8 + [0.001], around=5), "bark" if leaves else material)
        if leaves:
            for place in range(3, 9):
                for side in (-1, 1):
                    angle = direction + side * random.uniform(0.7, 1.5)
                    _leaf(
                        model,
                        line[place],
                        angle,
                        random.uniform(-0.2, 0.5),
                        length * 0.16,
                        material,
                    )
        else:
            model.add(
                tube([line[-2], line[-1] + (line[-1] - line[-2]) * 0.9], [0.008, 0.002], around=5),
                material,
            )


def _leaf(
    model: Model, at: Array, heading: float, rise: float, length: float, material: str
) -> None:
    model.add(leaf(length, length * 0.5), material, tuple(at), turn(heading) @ turn(-rise, "y"))


def leaf(
    length: float, width: float, *, droop: float = 0.25, fold: float = 0.15, cells: int = 6
) -> Mesh:
    """A leaf from the origin along +x: pointed, a little folded along its rib and drooping."""
    along = np.linspace(0, 1, cells + 1)
    outline = np.sin(np.pi * along**0.85) ** 0.8 * width / 2
    outline[0] = outline[-1] = width * 0.01
    across = np.array([-1.0, -0.55, 0.0, 0.55, 1.0])
    x = np.repeat(along[:, None] * length, 5, axis=1)
    y = outline[:, None] * across[None]
    z = fold * np.abs(y) - droop * length * along[:, None] ** 2
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    faces: Faces = [
        (r * 5 + c, r * 5 + c + 1, (r + 1) * 5 + c + 1, (r + 1) * 5 + c)
        for r in range(cells)
        for c in range(4)
    ]
    return points, faces


def rug(width: float, depth: float) -> Mesh:
    """A carpet whose edge is not quite straight."""
    points, faces = rounded_box((width, depth, 0.018), 0.008, inner=60, arc=2)
    points = points.copy()
    edge = np.sin(points[:, 0] * 9 + 1.1) * 0.003 + np.sin(points[:, 1] * 11) * 0.003
    points[:, 0] += edge * points[:, 0] / (width / 2)
    points[:, 1] += edge * points[:, 1] / (depth / 2)
    return points + np.array([0, 0, 0.0095]), faces


def framed_picture(width: float, height: float, picture: str, frame: str) -> Model:
    """A picture behind a mat board; its back is on y = 0 and its middle is the origin."""
    model, bar, deep, mat = Model(), 0.022, 0.028, 0.055
    for side in (-1, 1):
        model.box(
            (bar, deep, height), (side * (width - bar) / 2, -deep / 2, 0), frame, radius=0.003
        )
        model.box(
            (width - 2 * bar, deep, bar),
            (0, -deep / 2, side * (height - bar) / 2),
            frame,
            radius=0.003,
        )
    model.box((width - bar, 0.006, height - bar), (0, -0.010, 0), "mat_board", radius=0.001)
    model.box(
        (width - 2 * (bar + mat), 0.004, height - 2 * (bar + mat)),
        (0, -0.0125, 0),
        picture,
        radius=0.001,
    )
    return model


def mirror(radius: float) -> Model:
    """A round wall mirror in a thin frame."""
    model = Model()
    upright = turn(math.pi / 2, "x")
    model.add(
        lathe([(0.001, 0.012), (radius - 0.008, 0.012)], around=72), "mirror", rotation=upright
    )
    ring = [
        (radius - 0.01, 0),
        (radius, 0),
        (radius, 0.024),
        (radius - 0.01, 0.024),
        (radius - 0.01, 0),
    ]
    model.add(lathe([(r, float(z)) for r, z in ring], around=72), "black_metal", rotation=upright)
    return model
