"""Floor, table and hanging lamps."""

from __future__ import annotations

import math

import numpy as np

from .decor import vase
from .shapes import Mesh, Model, Vector, curve, lathe, tube


def _shade(
    model: Model, at: Vector, bottom: float, top: float, height: float, material: str
) -> None:
    """An open drum with a thin wall."""
    inner = 0.004
    profile = [(bottom, 0), (top, height), (top - inner, height), (bottom - inner, 0), (bottom, 0)]
    model.add(lathe([(r, float(z)) for r, z in profile], around=56), material, at)


def _foot(model: Model, radius: float, material: str) -> None:
    profile = [(0.001, 0.0), (radius, 0.0), (radius, 0.014), (radius - 0.006, 0.02), (0.001, 0.022)]
    model.add(lathe(profile, around=48), material)


def floor_lamp(style: str) -> Model:
    """A standing lamp."""
    model = Model()
    {"modern": _straight_lamp, "scandinavian": _tripod_lamp, "industrial": _dome_lamp}[style](model)
    return model


def _straight_lamp(model: Model) -> None:
    _foot(model, 0.15, "black_metal")
    model.add(tube([(0, 0, 0), (0, 0, 1.42)], 0.010), "black_metal")
    _shade(model, (0, 0, 1.32), 0.21, 0.19, 0.27, "lamp_shade")


def _tripod_lamp(model: Model) -> None:
    for index in range(3):
        a = index * 2 * math.pi / 3 + 0.5
        foot = (0.26 * math.cos(a), 0.26 * math.sin(a), 0)
        model.add(
            tube([foot, (0.02 * math.cos(a), 0.02 * math.sin(a), 1.22)], [0.011, 0.016]),
            "scandinavian.wood_z",
        )
    model.add(tube([(0, 0, 1.18), (0, 0, 1.36)], 0.012), "scandinavian.metal")
    _shade(model, (0, 0, 1.27), 0.23, 0.2, 0.28, "lamp_shade")


def _dome_lamp(model: Model) -> None:
    _foot(model, 0.16, "industrial.metal")
    arm = curve(
        [(0, 0, 0), (0, 0, 1.0), (0, 0, 1.48), (-0.08, 0, 1.64), (-0.24, 0, 1.62), (-0.3, 0, 1.54)],
        40,
    )
    model.add(tube(arm, 0.012), "industrial.metal")
    _dome(model, (-0.3, 0.0, 1.36), 0.17, 0.18)


def _dome(model: Model, at: Vector, radius: float, height: float) -> None:
    """A metal dome with a warm bulb inside."""
    outline = curve(
        [
            (radius, 0, 0),
            (radius * 0.93, 0, height * 0.4),
            (radius * 0.6, 0, height * 0.78),
            (0.03, 0, height),
        ],
        18,
    )
    outer = [(float(r), float(z)) for r, _, z in outline]
    inner = [(max(0.001, r - 0.006), z - 0.004) for r, z in reversed(outer)]
    model.add(lathe(outer + inner, around=52), "industrial.metal", at)
    model.add(_bulb(0.045), "bulb", (at[0], at[1], at[2] + height * 0.32))


def _bulb(radius: float) -> Mesh:
    angles = np.linspace(-math.pi / 2, math.pi / 2, 12)
    return lathe(
        [(max(0.0005, radius * math.cos(a)), radius * math.sin(a)) for a in angles], around=20
    )


def table_lamp(style: str) -> Model:
    """A lamp for a nightstand."""
    model = Model()
    if style == "industrial":
        _foot(model, 0.085, "industrial.metal")
        model.add(tube([(0, 0, 0), (0, 0, 0.34)], 0.009), "industrial.metal")
        _dome(model, (0, 0, 0.27), 0.12, 0.12)
        return model
    body = {"modern": "dark_ceramic", "scandinavian": "white_ceramic"}[style]
    vase(model, (0, 0, 0), 0.24, body)
    model.add(tube([(0, 0, 0.2), (0, 0, 0.3)], 0.009), "brass")
    _shade(model, (0, 0, 0.27), 0.15, 0.12, 0.19, "lamp_shade")
    return model


def pendant(style: str) -> Model:
    """A hanging lamp without its cord: z = 0 is the shade's lower edge."""
    model = Model()
    if style == "industrial":
        _dome(model, (0, 0, 0), 0.24, 0.22)
        model.add(tube([(0, 0, 0.2), (0, 0, 0.3)], 0.022), "black_metal")
    elif style == "modern":
        points, faces = lathe(
            [(0.27, 0.0), (0.27, 0.1), (0.266, 0.1), (0.266, 0.0), (0.27, 0)], around=60
        )
        model.add((points, faces), "lamp_shade")
        model.add(
            lathe([(0.001, 0.1), (0.27, 0.1), (0.27, 0.106), (0.001, 0.106)], around=60),
            "black_metal",
        )
    else:
        for ring in range(9):
            height = ring / 8
            radius = 0.10 + 0.17 * math.sin(math.pi * (0.12 + 0.72 * height))
            z = 0.30 * height
            model.add(
                lathe(
                    [
                        (radius, z),
                        (radius - 0.03, z + 0.03),
                        (radius - 0.034, z + 0.028),
                        (radius - 0.004, z - 0.002),
                        (radius, z),
                    ],
                    around=52,
                ),
                "lamp_shade",
            )
        model.add(tube([(0, 0, 0.0), (0, 0, 0.34)], 0.01), "scandinavian.wood_z")
    return model


def cord() -> Model:
    """One metre of cord, to be stretched from a pendant to the ceiling."""
    model = Model()
    model.add(tube([(0, 0, 0), (0, 0, 1.0)], 0.0035, around=8), "black_metal")
    return model
