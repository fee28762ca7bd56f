"""House plants in pots."""

from __future__ import annotations

import math

import numpy as np

from .decor import leaf
from .shapes import Model, curve, lathe, tube, turn


def _pot(model: Model, radius: float, height: float, material: str) -> None:
    profile = [
        (0.001, 0.0),
        (radius * 0.74, 0.0),
        (radius * 0.78, 0.015),
        (radius * 0.98, height - 0.01),
        (radius, height),
        (radius * 0.93, height),
        (radius * 0.9, height - 0.03),
        (0.001, height - 0.03),
    ]
    model.add(lathe(profile[:6], around=48), material)
    model.add(lathe(profile[5:], around=48), "soil")


def plant(style: str) -> Model:
    """A large plant for a corner."""
    return {"modern": _fiddle_leaf, "scandinavian": _rubber_plant, "industrial": _palm}[style]()


def _fiddle_leaf() -> Model:
    """A slender trunk under a crown of big leaves."""
    model, random = Model(), np.random.default_rng(5)
    _pot(model, 0.19, 0.34, "dark_ceramic")
    trunk = curve([(0, 0, 0.28), (0.02, 0.01, 0.7), (-0.02, 0.02, 1.1), (0.0, 0.0, 1.52)], 30)
    model.add(tube(trunk, np.linspace(0.016, 0.007, 30).tolist()), "bark")
    for index in range(46):
        share = index / 45
        at = trunk[int(11 + share * 18)]
        heading = index * 2.39996 + random.uniform(-0.3, 0.3)
        rise = -0.1 + 1.0 * share + random.uniform(-0.25, 0.25)
        length = random.uniform(0.24, 0.34) * (1.05 - 0.35 * share)
        blade = leaf(length, length * 0.62, droop=0.35, fold=0.22, cells=6)
        model.add(blade, "leaf", tuple(at), turn(heading) @ turn(-rise, "y"))
    return model


def _rubber_plant() -> Model:
    """Several stems with glossy oval leaves."""
    model, random = Model(), np.random.default_rng(8)
    _pot(model, 0.18, 0.32, "white_ceramic")
    for stem in range(5):
        lean = stem * 2 * math.pi / 5 + 0.4
        reach, height = random.uniform(0.08, 0.2), random.uniform(0.75, 1.25)
        tip = (reach * math.cos(lean), reach * math.sin(lean), height)
        line = curve(
            [
                (0.03 * math.cos(lean), 0.03 * math.sin(lean), 0.28),
                (tip[0] * 0.5, tip[1] * 0.5, height * 0.6),
                tip,
            ],
            24,
        )
        model.add(tube(line, np.linspace(0.011, 0.005, 24).tolist(), around=8), "bark")
        for place in range(7, 24):
            heading = lean + place * 2.39996
            rise = 0.15 + 0.9 * place / 24 + random.uniform(-0.2, 0.2)
            length = random.uniform(0.17, 0.24)
            blade = leaf(length, length * 0.52, droop=0.25, fold=0.3, cells=6)
            model.add(blade, "dark_leaf", tuple(line[place]), turn(heading) @ turn(-rise, "y"))
    return model


def _palm() -> Model:
    """Arching fronds with narrow leaflets."""
    model, random = Model(), np.random.default_rng(3)
    _pot(model, 0.18, 0.3, "terracotta")
    for frond in range(15):
        heading = frond * 2.39996 + random.uniform(-0.2, 0.2)
        reach, height = random.uniform(0.22, 0.52), random.uniform(1.0, 1.55)
        c, s = math.cos(heading), math.sin(heading)
        line = curve(
            [
                (0.02 * c, 0.02 * s, 0.26),
                (reach * 0.25 * c, reach * 0.25 * s, height * 0.65),
                (reach * 0.7 * c, reach * 0.7 * s, height * 0.97),
                (reach * 1.15 * c, reach * 1.15 * s, height * 0.9),
            ],
            26,
        )
        model.add(tube(line, np.linspace(0.007, 0.002, 26).tolist(), around=6), "leaf")
        for place in range(9, 26):
            for side in (-1, 1):
                spread = heading + side * random.uniform(0.75, 1.0)
                length = 0.3 * math.sin(math.pi * (0.2 + 0.72 * (place - 9) / 17))
                blade = leaf(length, 0.026, droop=0.45, fold=0.4, cells=3)
                rise = random.uniform(0.1, 0.45)
                model.add(blade, "leaf", tuple(line[place]), turn(spread) @ turn(-rise, "y"))
    return model
