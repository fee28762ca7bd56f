"""Lamps, sky and sun."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .stage import CEILING, OTHER, Random, Set, as_colour, tinted


def add_ceiling_lamps(
    set_: Set, area: tuple[float, float, float, float], height: float, power: float
) -> None:
    """Downlights, a dome, a pendant, a strip or panels; they shine if `power` is positive."""
    random = set_.random
    x0, y0, x1, y1 = area
    warm = random.uniform(0, 1)
    colour = np.array([1.0, 0.95 - 0.22 * warm, 0.9 - 0.5 * warm])
    shine = set_.material(
        as_colour(np.clip(colour, 0, 1)),
        CEILING,
        emission=max(power, 0.02) * float(random.uniform(6, 15)),
    )
    kind = str(
        random.choice(
            ["spots", "dome", "pendant", "strip", "none"], p=[0.35, 0.25, 0.17, 0.08, 0.15]
        )
    )
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    if kind == "spots":
        columns, rows = max(1, round((x1 - x0) / 1.6)), max(1, round((y1 - y0) / 1.8))
        for i in range(columns):
            for j in range(rows):
                x, y = x0 + (x1 - x0) * (i + 0.5) / columns, y0 + (y1 - y0) * (j + 0.5) / rows
                set_.box(
                    (x - 0.05, y - 0.05, height - 0.012),
                    (x + 0.05, y + 0.05, height - 0.004),
                    shine,
                )
    elif kind == "dome":
        set_.ball((*middle, height - 0.03), (0.18, 0.18, 0.09), shine)
    elif kind == "pendant":
        dark = set_.material(tinted(random, 0.05, 0.7, 0.1), OTHER)
        drop = float(random.uniform(0.3, 0.8))
        set_.box(
            (middle[0] - 0.006, middle[1] - 0.006, height - drop),
            (middle[0] + 0.006, middle[1] + 0.006, height),
            dark,
        )
        pendant = set_.relabelled(shine, OTHER)
        if random.random() < 0.5:
            set_.ball((*middle, height - drop), (0.16, 0.16, 0.16), pendant)
        else:
            for k in range(6):
                angle = k * math.pi / 3
                set_.ball(
                    (
                        middle[0] + 0.25 * math.cos(angle),
                        middle[1] + 0.25 * math.sin(angle),
                        height - drop,
                    ),
                    (0.05, 0.05, 0.07),
                    pendant,
                    rings=5,
                )
                set_.box(
                    (
                        middle[0] + 0.12 * math.cos(angle) - 0.13,
                        middle[1] + 0.12 * math.sin(angle) - 0.01,
                        height - drop - 0.02,
                    ),
                    (
                        middle[0] + 0.12 * math.cos(angle) + 0.13,
                        middle[1] + 0.12 * math.sin(angle) + 0.01,
                        height - drop,
                    ),
                    dark,
                    turn=angle,
                )
    elif kind == "strip":
        for i in range(max(1, round((x1 - x0) / 2))):
            x = x0 + (x1 - x0) * (i + 0.5) / max(1, round((x1 - x0) / 2))
            set_.box(
                (x - 0.3, middle[1] - 0.6, height - 0.02),
                (x + 0.3, middle[1] + 0.6, height - 0.006),
                shine,
            )
    if power > 0:
        w, d = min(1.2, (x1 - x0) * 0.5), min(1.2, (y1 - y0) * 0.5)
        glow = as_colour(colour * power * 6.0 / (w * d))
        set_.lamp(
            np.array([middle[0] - w / 2, middle[1] - d / 2, height - 0.13]),
            np.array([w, 0, 0]),
            np.array([0, d, 0]),
            glow,
        )


def sky(set_: Set, brightness: float, *, sun: bool) -> None:
    """A sky over hills, trees and houses, and perhaps a sun."""
    random = set_.random
    h, w = 128, 256
    rows = np.linspace(0, 1, h)[:, None, None]
    blue = random.uniform(0, 1)
    zenith = np.array([0.35 + 0.4 * (1 - blue), 0.5 + 0.3 * (1 - blue), 0.95])
    horizon = np.array([0.9, 0.95, 1.0]) * random.uniform(0.8, 1.2)
    image = np.broadcast_to(
        zenith + (horizon - zenith) * np.clip(rows * 2, 0, 1) ** 1.5, (h, w, 3)
    ).copy()
    image *= 1 + 0.25 * _field(random, h, w, 6)[..., None] * (1 - blue * 0.6)
    ground = (
        np.array(tinted(random, 0.05, 0.3, 0.15))
        if random.random() < 0.6
        else np.array([0.07, 0.11, 0.05])
    )
    image[h // 2 :] = ground * (1 + 0.4 * _field(random, h - h // 2, w, 24)[..., None])
    for _ in range(int(random.integers(0, 9))):  # houses
        x, wide, tall = (
            int(random.integers(w)),
            int(random.integers(6, 40)),
            int(random.integers(2, 26)),
        )
        colour = np.array(tinted(random, 0.1, 0.7, 0.15))
        columns = np.arange(x, x + wide) % w
        top = h // 2 - tall
        image[top : h // 2 + 3, columns] = colour
        image[top + 2 : h // 2 : 5, columns[1:-1:3]] = colour * 0.2
    for _ in range(int(random.integers(0, 40))):  # trees
        x, y, r = (
            int(random.integers(w)),
            int(h // 2 + random.integers(-14, 8)),
            int(random.integers(2, 13)),
        )
        yy, xx = np.mgrid[max(0, y - r) : min(h, y + r), -r:r]
        inside = ((yy - y) ** 2 + xx**2) < r * r * (0.7 + 0.5 * random.random(yy.shape))
        colour = (
            np.array([0.06, 0.1, 0.04])
            * random.uniform(0.4, 1.8)
            * (0.6 + 0.8 * random.random((*yy.shape, 1)))
        )
        columns = (xx + x) % w
        image[yy[inside], columns[inside]] = colour[inside]
    set_.mesh.sky = (image * brightness).astype(np.float32)
    if sun:
        angle, rise = random.uniform(0, 2 * math.pi), random.uniform(0.25, 1.1)
        set_.mesh.sun = (
            math.cos(rise) * math.cos(angle), math.cos(rise) * math.sin(angle), math.sin(rise),
        )  # fmt: skip
        set_.mesh.sun_colour = as_colour(
            np.array([1.0, 0.9, 0.75]) * brightness * random.uniform(1.5, 5)
        )


def _field(random: Random, h: int, w: int, cells: int) -> NDArray[np.float64]:
    """Smooth noise between about -1 and 1."""
    coarse = random.normal(size=(max(2, cells * h // w + 2), cells + 1))
    coarse[:, -1] = coarse[:, 0]
    y = np.linspace(0, coarse.shape[0] - 1.001, h)
    x = np.linspace(0, cells - 0.001, w)
    iy, ix = y.astype(int), x.astype(int)
    fy, fx = (y - iy)[:, None], (x - ix)[None]
    a, b = coarse[iy][:, ix], coarse[iy][:, ix + 1]
    c, d = coarse[iy + 1][:, ix], coarse[iy + 1][:, ix + 1]
    mixed: NDArray[np.float64] = (a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy
    return np.clip(mixed, -2, 2) / 2
