"""Beds with their bedding."""

from __future__ import annotations

import functools

import numpy as np

from .cloth import drape, pillow
from .shapes import Mesh, Model, cushion, rounded_box, tube, turn

WIDTH, LENGTH = 1.68, 2.14
_MATTRESS_TOP = 0.56
_HEAD = LENGTH / 2


def bed(style: str) -> Model:
    """A double bed, its head at +y, made up in the colours of the style."""
    model = Model()
    {"modern": _upholstered, "scandinavian": _oak, "industrial": _steel}[style](model)
    duvet, blanket = _bedding()
    model.add(_mattress(), "sheet")
    model.add(duvet, f"{style}.duvet")
    model.add(blanket, f"{style}.throw")
    _pillows(model, style)
    return model


def _mattress() -> Mesh:
    block = cushion((WIDTH - 0.08, LENGTH - 0.16, 0.26), radius=0.07, puff=0.01, seed=1)
    return _moved(block, (0, -0.03, _MATTRESS_TOP - 0.13))


def _moved(mesh: Mesh, by: tuple[float, float, float]) -> Mesh:
    return mesh[0] + np.array(by), mesh[1]


@functools.cache
def _bedding() -> tuple[Mesh, Mesh]:
    """A duvet and a blanket across its foot; the same folds for all styles."""
    floor = _moved(rounded_box((6, 6, 0.1), 0.01), (0, 0, -0.05))
    frame = _moved(rounded_box((WIDTH, LENGTH - 0.06, 0.2), 0.03), (0, -0.03, 0.22))
    mattress = _mattress()
    duvet = drape(
        (WIDTH + 0.46, LENGTH * 0.78),
        (0.0, -0.40, _MATTRESS_TOP + 0.07),
        [mattress, frame, floor],
        cells=84,
        corner=0.3,
        thickness=0.05,
        stiffness=9.0,
    )
    blanket = drape(
        (WIDTH + 0.56, 0.62),
        (0.0, -0.58, _MATTRESS_TOP + 0.16),
        [mattress, duvet, floor],
        cells=84,
        corner=0.1,
        thickness=0.02,
        stiffness=2.0,
    )
    return duvet, blanket


def _pillows(model: Model, style: str) -> None:
    for side in (-1, 1):
        x = side * WIDTH * 0.245
        for y, z, size, lean, spin, material in (
            (_HEAD - 0.24, 0.78, (0.72, 0.50, 0.20), 1.22, 0.03, "sheet"),
            (_HEAD - 0.42, 0.75, (0.66, 0.46, 0.19), 1.02, -0.05, f"{style}.duvet"),
        ):
            rotation = turn(spin * side) @ turn(lean, "x")
            seed = 10 + side + (4 if material == "sheet" else 0)
            model.add(pillow(*size, seed=seed), material, (x, y, z), rotation)
    for x, spin, width, material in ((-0.16, 0.12, 0.46, "accent"), (0.22, -0.1, 0.42, "accent2")):
        rotation = turn(spin) @ turn(0.95, "x")
        at = (x, _HEAD - 0.62 - (0.06 if x > 0 else 0), 0.735)
        cushion_ = pillow(width, width, 0.17, seed=20 + (x > 0))
        model.add(cushion_, f"{style}.{material}", at, rotation)


def _upholstered(model: Model) -> None:
    fabric = "modern.headboard"
    model.box((WIDTH + 0.04, LENGTH - 0.04, 0.22), (0, -0.02, 0.23), fabric, radius=0.03)
    panels = 6
    width = (WIDTH + 0.16) / panels
    for panel in range(panels):
        x = -(WIDTH + 0.16) / 2 + width * (panel + 0.5)
        block = cushion((width - 0.004, 0.11, 1.0), radius=0.045, puff=0.012, seed=30 + panel)
        model.add(block, fabric, (x, _HEAD - 0.055, 0.62))
    _feet(model, "black_metal")


def _oak(model: Model) -> None:
    wood = "scandinavian.wood"
    model.box((WIDTH + 0.03, LENGTH - 0.05, 0.13), (0, -0.02, 0.27), wood, radius=0.02)
    for row in range(4):
        model.box(
            (WIDTH + 0.08, 0.035, 0.145), (0, _HEAD - 0.03, 0.55 + row * 0.155), wood, radius=0.012
        )
    for side in (-1, 1):
        x = side * (WIDTH / 2 + 0.01)
        model.box((0.06, 0.06, 1.1), (x, _HEAD - 0.032, 0.55), "scandinavian.wood_z", radius=0.015)
    model.legs(
        WIDTH / 2 - 0.12,
        LENGTH / 2 - 0.16,
        0.22,
        "scandinavian.wood_z",
        splay=0.03,
        top=0.032,
        foot=0.02,
    )


def _steel(model: Model) -> None:
    steel = "industrial.metal"
    model.box((WIDTH, LENGTH - 0.06, 0.05), (0, -0.02, 0.29), steel, radius=0.006)
    for side in (-1, 1):
        x = side * (WIDTH / 2 + 0.01)
        model.add(tube([(x, _HEAD - 0.03, 0), (x, _HEAD - 0.03, 1.16)], 0.021), steel)
        model.add(tube([(x, -_HEAD + 0.05, 0), (x, -_HEAD + 0.05, 0.36)], 0.021), steel)
        model.box((0.03, LENGTH - 0.08, 0.07), (x, 0, 0.3), steel, radius=0.005)
    for z in (1.15, 0.66):
        model.add(tube([(-WIDTH / 2, _HEAD - 0.03, z), (WIDTH / 2, _HEAD - 0.03, z)], 0.017), steel)
    model.add(
        tube([(-WIDTH / 2, -_HEAD + 0.05, 0.35), (WIDTH / 2, -_HEAD + 0.05, 0.35)], 0.017), steel
    )
    for panel in range(2):
        x = (panel - 0.5) * (WIDTH / 2 - 0.01)
        block = cushion((WIDTH / 2 - 0.03, 0.07, 0.44), radius=0.03, puff=0.012, seed=40 + panel)
        model.add(block, "industrial.headboard", (x, _HEAD - 0.04, 0.9))


def _feet(model: Model, material: str) -> None:
    for sx in (-1, 1):
        for sy in (-1, 1):
            at = (sx * (WIDTH / 2 - 0.08), sy * (LENGTH / 2 - 0.12), 0.065)
            model.box((0.05, 0.05, 0.13), at, material, radius=0.005)
