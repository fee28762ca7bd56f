"""Sofas, armchairs, dining chairs and benches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .cloth import pillow
from .shapes import Array, Mesh, Model, curve, cushion, rounded_box, tube, turn


@dataclass(frozen=True, slots=True)
class SofaShape:
    """Measures of a sofa, in metres."""

    width: float
    depth: float
    arms: Literal["block", "slim", "rolled"]
    arm_width: float
    arm_height: float
    seat_height: float
    back_height: float
    seats: int
    leg_height: float


SOFAS = {
    "modern": SofaShape(2.24, 0.95, "block", 0.20, 0.56, 0.43, 0.80, 2, 0.10),
    "scandinavian": SofaShape(2.02, 0.86, "slim", 0.11, 0.58, 0.44, 0.82, 2, 0.17),
    "industrial": SofaShape(2.16, 0.92, "rolled", 0.22, 0.60, 0.43, 0.78, 3, 0.09),
}


def sofa(style: str) -> Model:
    """A sofa of the style with its scatter cushions."""
    shape, fabric = SOFAS[style], f"{style}.sofa"
    model = Model()
    _seat_and_back(model, shape, fabric)
    for side in (-1, 1):
        _arm(model, shape, side, fabric)
    _sofa_legs(model, shape, style)
    _scatter(model, shape, style)
    return model


def _seat_and_back(model: Model, shape: SofaShape, fabric: str) -> None:
    inner = shape.width - 2 * shape.arm_width
    base = shape.seat_height - 0.15 - shape.leg_height
    model.box(
        (shape.width - 0.06, shape.depth - 0.08, base),
        (0, 0.0, shape.leg_height + base / 2),
        fabric,
        radius=0.03,
    )
    model.box(
        (shape.width - 0.04, 0.16, shape.back_height - shape.leg_height - 0.08),
        (0, shape.depth / 2 - 0.09, (shape.back_height - 0.08 + shape.leg_height) / 2),
        fabric,
        radius=0.05,
    )
    width = inner / shape.seats
    depth = shape.depth - 0.22
    for seat in range(shape.seats):
        x = -inner / 2 + width * (seat + 0.5)
        block = cushion((width - 0.008, depth, 0.17), radius=0.055, puff=0.028, seed=seat)
        model.add(block, fabric, (x, -0.075, shape.seat_height - 0.075))
        back = cushion(
            (width - 0.02, 0.2, shape.back_height - shape.seat_height + 0.02),
            radius=0.075,
            puff=0.045,
            seed=10 + seat,
        )
        at = (x, shape.depth / 2 - 0.23, (shape.back_height + shape.seat_height) / 2 + 0.015)
        model.add(back, fabric, at, turn(-0.16, "x"))


def _arm(model: Model, shape: SofaShape, side: int, fabric: str) -> None:
    x = side * (shape.width - shape.arm_width) / 2
    depth = shape.depth - 0.02
    height = shape.arm_height - shape.leg_height
    at = (x, 0.0, shape.leg_height + height / 2)
    if shape.arms != "rolled":
        size = (shape.arm_width, depth, height)
        radius = 0.05 if shape.arms == "block" else 0.045
        model.add(cushion(size, radius=radius, puff=0.008, seed=20 + side), fabric, at)
        return
    size = (shape.arm_width - 0.06, depth - 0.03, height - 0.06)
    model.add(cushion(size, radius=0.03, puff=0.006, seed=20 + side), fabric, at)
    roll = _roll(shape.arm_width / 2 + 0.015, depth)
    model.add(roll, fabric, (x + side * 0.02, 0, shape.arm_height - shape.arm_width / 2 + 0.01))


def _roll(radius: float, length: float) -> Mesh:
    """A padded roll along y with soft ends."""
    steps = np.array([0.0, 0.002, 0.012, 0.03, 0.06])
    y = np.concatenate([-0.5 + steps, np.linspace(-0.35, 0.35, 6), 0.5 - steps[::-1]])
    ends = np.array([0.05, 0.6, 0.88, 0.97, 1.0])
    radii = radius * np.concatenate([ends, np.ones(6), ends[::-1]])
    path = np.stack([np.zeros_like(y), y * length, np.zeros_like(y)], axis=1)
    return tube(path, radii.tolist(), around=28)


def _sofa_legs(model: Model, shape: SofaShape, style: str) -> None:
    x, y = shape.width / 2 - 0.12, shape.depth / 2 - 0.12
    if style == "scandinavian":
        model.legs(x, y, shape.leg_height + 0.02, "scandinavian.wood_z", splay=0.025, top=0.027)
        return
    for sx in (-1, 1):
        for sy in (-1, 1):
            size = (0.04, 0.04, shape.leg_height + 0.02)
            model.box(size, (sx * x, sy * y, size[2] / 2), "black_metal", radius=0.004)


def _scatter(model: Model, shape: SofaShape, style: str) -> None:
    """Cushions leaning in the corners, none in the middle where one would sit."""
    inner = shape.width / 2 - shape.arm_width
    top = shape.seat_height + 0.03
    front = shape.depth / 2 - 0.40
    for seed, (x, y, (width, height), spin, material) in enumerate(
        (
            (-inner + 0.23, front + 0.03, (0.50, 0.50), 0.16, f"{style}.accent2"),
            (-inner + 0.42, front - 0.09, (0.50, 0.33), 0.06, f"{style}.accent"),
            (inner - 0.23, front + 0.02, (0.46, 0.46), -0.2, f"{style}.accent"),
        )
    ):
        lean = turn(spin) @ turn(math.radians(62), "x")
        cushion_ = pillow(width, height, 0.19, seed=seed)
        model.add(cushion_, material, (x, y, top + height * 0.43), lean)


def armchair(style: str) -> Model:
    """A lounge chair of the style."""
    return {"modern": _tub_chair, "scandinavian": _wooden_lounge, "industrial": _frame_chair}[
        style
    ]()


def _tub_chair() -> Model:
    """A round upholstered shell on a plinth."""
    model = Model()
    angles = np.radians(np.linspace(-62, 242, 60))
    heights = 0.46 + 0.27 * np.clip(np.sin(angles), -0.25, 1) ** 1.0
    rows = []
    for across, up in _shell_section():
        radius = 0.33 + across
        z = 0.12 + up * (heights - 0.12)
        rows.append(np.stack([radius * np.cos(angles), radius * np.sin(angles), z], axis=1))
    count = len(angles)
    faces = [
        (row * count + i, row * count + i + 1, nxt * count + i + 1, nxt * count + i)
        for row in range(len(rows))
        for nxt in [(row + 1) % len(rows)]
        for i in range(count - 1)
    ]
    ends = [tuple(row * count for row in range(len(rows)))]
    ends.append(tuple(row * count + count - 1 for row in range(len(rows)))[::-1])
    model.add((np.concatenate(rows), faces + ends), "modern.chair", (0, 0.03, 0))
    seat = cushion((0.56, 0.58, 0.17), radius=0.08, puff=0.035, seed=3)
    model.add(seat, "modern.chair", (0, -0.05, 0.36))
    model.box((0.5, 0.5, 0.2), (0, 0.0, 0.2), "modern.chair", radius=0.09)
    model.legs(0.2, 0.2, 0.12, "black_metal", splay=0.05, top=0.016, foot=0.012)
    model.add(pillow(0.42, 0.30, 0.13), "modern.accent", (0, 0.12, 0.55), turn(1.15, "x"))
    return model


def _shell_section() -> list[tuple[float, float]]:
    """The rounded cross section of the shell: (outwards, 0…1 of its height)."""
    turns = np.linspace(0, 2 * math.pi, 22, endpoint=False)
    return [
        (
            0.055 * float(np.sign(np.cos(t)) * abs(np.cos(t)) ** 0.6),
            0.5 + 0.5 * float(np.sign(np.sin(t)) * abs(np.sin(t)) ** 0.35),
        )
        for t in turns
    ]


def _wooden_lounge() -> Model:
    """An oak frame with two loose cushions."""
    model, wood = Model(), "scandinavian.wood_z"
    for side in (-1, 1):
        x = side * 0.33
        front = curve([(x, -0.34, 0), (x, -0.32, 0.3), (x, -0.31, 0.55)], 12)
        back = curve([(x, 0.38, 0), (x, 0.31, 0.33), (x, 0.27, 0.57)], 12)
        model.bars([front, back], 0.019, wood)
        arm = curve([(x, -0.40, 0.555), (x, -0.1, 0.585), (x, 0.2, 0.57), (x, 0.36, 0.55)], 18)
        model.add(_flattened(tube(arm, [0.02] + [0.032] * 16 + [0.02]), arm), wood)
        post = curve(
            [(side * 0.27, 0.12, 0.28), (side * 0.27, 0.3, 0.6), (side * 0.27, 0.39, 0.86)], 12
        )
        model.add(tube(post, 0.017), wood)
        model.add(tube([(x, -0.32, 0.3), (x, 0.31, 0.25)], 0.016), wood)
    for y, z in ((-0.32, 0.3), (0.29, 0.24), (0.37, 0.82), (0.28, 0.5)):
        model.add(tube([(-0.32, y, z), (0.32, y, z)], 0.016), wood)
    seat = cushion((0.6, 0.62, 0.14), radius=0.055, puff=0.03, seed=4)
    model.add(seat, "scandinavian.chair", (0, -0.05, 0.36), turn(0.09, "x"))
    back_rest = cushion((0.58, 0.15, 0.56), radius=0.06, puff=0.035, seed=5)
    model.add(back_rest, "scandinavian.chair", (0, 0.25, 0.64), turn(-0.3, "x"))
    return model


def _flattened(mesh: Mesh, path: Array) -> Mesh:
    points, faces = mesh
    middle = np.interp(points[:, 1], path[:, 1], path[:, 2])
    return np.column_stack([points[:, :2], middle + (points[:, 2] - middle) * 0.5]), faces


def _frame_chair() -> Model:
    """Leather cushions in a square steel frame."""
    model, steel = Model(), "industrial.metal"
    for side in (-1, 1):
        x = side * 0.36
        corners = [(x, -0.36, 0.012), (x, -0.36, 0.58), (x, 0.36, 0.58), (x, 0.36, 0.012)]
        for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
            model.box(_span(start, end, 0.026), _middle(start, end), steel, radius=0.003)
        model.box((0.06, 0.66, 0.022), (x, 0, 0.603), "industrial.wood", radius=0.006)
    for y, z in ((-0.3, 0.25), (0.3, 0.22), (0.36, 0.55)):
        model.box((0.72, 0.026, 0.026), (0, y, z), steel, radius=0.003)
    seat = cushion((0.66, 0.68, 0.17), radius=0.05, puff=0.03, seed=6)
    model.add(seat, "industrial.chair", (0, -0.03, 0.36), turn(0.06, "x"))
    back_rest = cushion((0.66, 0.17, 0.5), radius=0.06, puff=0.035, seed=7)
    model.add(back_rest, "industrial.chair", (0, 0.28, 0.64), turn(-0.22, "x"))
    return model


def _span(
    start: tuple[float, ...], end: tuple[float, ...], thick: float
) -> tuple[float, float, float]:
    x, y, z = (abs(b - a) + thick for a, b in zip(start, end, strict=True))
    return x, y, z


def _middle(start: tuple[float, ...], end: tuple[float, ...]) -> tuple[float, float, float]:
    x, y, z = ((a + b) / 2 for a, b in zip(start, end, strict=True))
    return x, y, z


def bench(style: str) -> Model:
    """An upholstered bench for the foot of a bed."""
    model = Model()
    seat = cushion((1.25, 0.42, 0.13), radius=0.05, puff=0.02, seed=12)
    model.add(seat, f"{style}.chair", (0, 0, 0.395))
    metal = "scandinavian.wood_z" if style == "scandinavian" else "black_metal"
    model.box((1.18, 0.36, 0.03), (0, 0, 0.325), f"{style}.wood", radius=0.006)
    model.legs(0.52, 0.14, 0.32, metal, splay=0.025, top=0.019, foot=0.012)
    return model


def dining_chair_modern() -> Model:
    """An upholstered dining chair on black legs."""
    model = Model()
    model.add(
        cushion((0.46, 0.46, 0.09), radius=0.04, puff=0.015, seed=8),
        "modern.chair",
        (0, -0.02, 0.455),
    )
    shell = rounded_box((0.45, 0.07, 0.42), 0.034, inner=12, arc=4)
    points, faces = shell
    # The back wraps round the sitter and leans.
    points = points.copy()
    points[:, 1] -= 0.9 * points[:, 0] ** 2 - (points[:, 2] + 0.2) * 0.2
    model.add((points, faces), "modern.chair", (0, 0.19, 0.66))
    model.legs(0.17, 0.17, 0.43, "black_metal", splay=0.035, top=0.014, foot=0.010)
    return model
