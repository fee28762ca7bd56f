"""Looks of walls and floors."""

from __future__ import annotations

import math

import numpy as np

from .stage import FLOOR, WALL, Set, as_colour, tinted


def wall_look(set_: Set) -> int:
    """Mostly white or pale paint; sometimes strong colours, brick, paper or bare concrete."""
    random = set_.random
    draw = random.random()
    seed = int(random.integers(1 << 20))
    if draw < 0.6:
        return set_.material(
            tinted(random, 0.55, 0.86, 0.035),
            WALL,
            gloss=float(random.choice([0.0, 0.0, 0.02])),
            rough=0.3,
        )
    if draw < 0.82:
        return set_.material(tinted(random, 0.12, 0.6, 0.18), WALL)
    if draw < 0.89:
        a, b = tinted(random, 0.15, 0.7, 0.1), tinted(random, 0.2, 0.7, 0.1)
        return set_.material(
            a,
            WALL,
            b=b,
            pattern="picture" if random.random() < 0.4 else "stripes",
            scale=float(random.uniform(0.08, 0.35)),
            seed=seed,
        )
    if draw < 0.95:
        paint = random.random() < 0.4
        a = tinted(random, 0.6, 0.8, 0.03) if paint else tinted(random, 0.12, 0.3, 0.25)
        return set_.material(
            a,
            WALL,
            b=tinted(random, 0.4, 0.7, 0.03),
            pattern="brick",
            scale=0.075,
            seed=seed,
            contrast=float(random.uniform(0.3, 1)),
        )
    a = tinted(random, 0.3, 0.6, 0.04)
    return set_.material(
        a, WALL, b=as_colour(np.array(a) * 0.7), pattern="concrete", scale=0.8, seed=seed
    )


def floor_look(set_: Set, label: int = FLOOR) -> int:
    """Planks, parquet, tiles, carpet, concrete; sometimes glossy."""
    random = set_.random
    draw = random.random()
    seed = int(random.integers(1 << 20))
    turn = float(
        random.choice(
            [0.0, math.pi / 2, math.pi / 4, random.uniform(0, 3)], p=[0.45, 0.4, 0.1, 0.05]
        )
    )
    gloss = float(random.choice([0.0, 0.03, 0.06, 0.12]))
    rough = float(random.choice([0.02, 0.1, 0.25]))
    wood = np.array(
        [
            [0.36, 0.2, 0.1],
            [0.5, 0.33, 0.18],
            [0.2, 0.1, 0.05],
            [0.45, 0.4, 0.33],
            [0.1, 0.07, 0.05],
            [0.55, 0.28, 0.09],
            [0.6, 0.5, 0.38],
        ]
    )[random.integers(7)] * random.uniform(0.7, 1.3)
    common = {"turn": turn, "gloss": gloss, "rough": rough, "seed": seed}
    if draw < 0.42:
        return set_.material(
            as_colour(np.clip(wood, 0, 0.9)),
            label,
            b=as_colour(np.clip(wood * random.uniform(0.45, 0.9), 0, 0.9)),
            pattern="planks",
            scale=float(random.choice([0.06, 0.09, 0.14, 0.19, 0.24])),
            contrast=float(random.uniform(0.2, 1.0)),
            **common,
        )
    if draw < 0.52:
        return set_.material(
            as_colour(np.clip(wood, 0, 0.9)),
            label,
            b=as_colour(np.clip(wood * 0.6, 0, 0.9)),
            pattern="herringbone",
            scale=float(random.uniform(0.05, 0.09)),
            contrast=float(random.uniform(0.3, 1.0)),
            **common,
        )
    if draw < 0.7:
        a = tinted(random, 0.15, 0.8, 0.06)
        return set_.material(
            a,
            label,
            b=tinted(random, 0.15, 0.6, 0.04),
            pattern="tiles",
            scale=float(random.choice([0.2, 0.3, 0.45, 0.6, 0.9])),
            contrast=float(random.uniform(0, 0.7)),
            **common,
        )
    if draw < 0.88:
        a = tinted(random, 0.08, 0.6, 0.1)
        return set_.material(
            a,
            label,
            b=as_colour(np.array(a) * random.uniform(0.5, 0.85)),
            pattern="carpet",
            scale=float(random.uniform(0.1, 0.7)),
            turn=turn,
            seed=seed,
            contrast=float(random.uniform(0.3, 1)),
        )
    if draw < 0.96:
        a = tinted(random, 0.12, 0.5, 0.04)
        return set_.material(
            a,
            label,
            b=as_colour(np.array(a) * random.uniform(0.5, 0.85)),
            pattern="concrete",
            scale=float(random.uniform(0.3, 1.5)),
            **common,
        )
    return set_.material(tinted(random, 0.1, 0.7, 0.15), label, **{**common, "turn": 0.0})
