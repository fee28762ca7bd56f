"""Windows and doors."""

from __future__ import annotations

import math

import numpy as np

from .stage import DOOR, WINDOW, Random, Set, as_colour, tinted
from .walls import THICK, Hole, WallFrame


def add_window(set_: Set, wall: WallFrame, hole: Hole) -> None:
    """Frame, bars and pane in the hole; perhaps a blind, curtains, a sill or a grille of bars."""
    random = set_.random
    s0, s1, z0, z1 = hole
    white = random.random() < 0.75
    frame = set_.material(
        tinted(random, 0.6, 0.85, 0.02) if white else tinted(random, 0.02, 0.25, 0.2), WINDOW
    )
    deep, bar = float(random.uniform(-0.15, -0.05)), float(random.uniform(0.035, 0.08))
    t = (deep, deep + 0.05)
    for box_s, box_z in (
        ((s0, s0 + bar), (z0, z1)), ((s1 - bar, s1), (z0, z1)),
        ((s0, s1), (z0, z0 + bar)), ((s0, s1), (z1 - bar, z1)),
    ):  # fmt: skip
        wall.box(set_, box_s, t, box_z, frame)
    columns = max(1, round((s1 - s0) / random.uniform(0.6, 1.3)))
    rows = 1 if random.random() < 0.6 or (z0 < 0.2 and random.random() < 0.8) else 2
    if random.random() < 0.12:
        columns, rows = columns * 3, max(2, round((z1 - z0) / 0.4))
        bar *= 0.5
    for column in range(1, columns):
        middle = s0 + (s1 - s0) * column / columns
        wall.box(set_, (middle - bar / 2, middle + bar / 2), t, (z0, z1), frame)
    for row in range(1, rows):
        middle = z0 + (z1 - z0) * row / rows * (1.15 if rows == 2 else 1)
        wall.box(set_, (s0, s1), t, (middle - bar / 2, middle + bar / 2), frame)
    corner = np.array(wall.at(s0, deep + 0.02, z0))
    u = np.array([*wall.along, 0.0]) * (s1 - s0)
    v = np.array([0.0, 0.0, z1 - z0])
    glass = set_.material(tinted(random, 0.85, 0.95, 0.02), WINDOW, surface="glass")
    set_.quad(corner, u, v, glass)
    set_.portal(np.array(wall.at(s0, -THICK - 0.02, z0)), u, v)
    if random.random() < 0.45 and z0 > 0.2:
        sill = set_.material(tinted(random, 0.5, 0.85, 0.03), WINDOW, gloss=0.03, rough=0.2)
        wall.box(set_, (s0 - 0.04, s1 + 0.04), (-0.05, 0.1), (z0 - 0.03, z0), sill)
    if random.random() < 0.4:
        trim = set_.material(
            tinted(random, 0.6, 0.88, 0.02) if white else tinted(random, 0.1, 0.4, 0.2), WINDOW
        )
        wide = float(random.uniform(0.05, 0.11))
        for box_s, box_z in (
            ((s0 - wide, s0), (max(z0 - wide, 0), z1 + wide)), ((s1, s1 + wide), (max(z0 - wide, 0), z1 + wide)),
            ((s0, s1), (z1, z1 + wide)),
        ):  # fmt: skip
            wall.box(set_, box_s, (0.0, 0.018), box_z, trim)
    dressing = random.random()
    if dressing < 0.14:  # blind
        end = z0 if random.random() < 0.4 else z1 - (z1 - z0) * random.uniform(0.15, 0.9)
        slat = set_.material(tinted(random, 0.4, 0.85, 0.05), WINDOW, surface="cloth")
        z = z1
        while z > end:
            wall.box(
                set_, (s0, s1), (-0.03, 0.0), (z - 0.035, z - 0.008 * random.uniform(0.5, 2)), slat
            )
            z -= 0.05
    elif dressing < 0.21:  # roller
        end = z1 - (z1 - z0) * random.uniform(0.15, 0.95)
        cloth = set_.material(tinted(random, 0.3, 0.85, 0.08), WINDOW, surface="cloth")
        wall.box(set_, (s0, s1), (-0.02, -0.012), (end, z1), cloth)
    elif dressing < 0.36:
        _curtains(set_, wall, hole)


def _curtains(set_: Set, wall: WallFrame, hole: Hole) -> None:
    random = set_.random
    s0, s1, z0, z1 = hole
    cloth = set_.material(tinted(random, 0.15, 0.85, 0.15), WINDOW, surface="cloth")
    top = min(wall.height - 0.05, z1 + random.uniform(0.05, 0.3))
    foot = 0.02 if random.random() < 0.7 or z0 < 0.3 else z0 - 0.1
    sheer = random.random() < 0.2
    wide = (s1 - s0) * (0.5 if sheer else random.uniform(0.1, 0.28))
    for start, end in ((s0 - 0.15, s0 - 0.15 + wide), (s1 + 0.15 - wide, s1 + 0.15)):
        folds = max(6, int((end - start) / 0.035))
        s = np.linspace(max(start, 0.01), min(end, wall.length - 0.01), folds + 1)
        t = 0.1 + 0.035 * np.sin(np.arange(folds + 1) * 2.1 + random.uniform(0, 6))
        for i in range(folds):
            a = np.array(wall.at(s[i], t[i], foot))
            b = np.array(wall.at(s[i + 1], t[i + 1], foot))
            set_.quad(a, b - a, np.array([0, 0, top - foot]), cloth)
    rod = set_.material(tinted(random, 0.05, 0.6, 0.1), WINDOW, gloss=0.1, rough=0.1)
    wall.box(
        set_,
        (max(0, s0 - 0.25), min(wall.length, s1 + 0.25)),
        (0.09, 0.11),
        (top, top + 0.025),
        rod,
    )


def add_door(set_: Set, wall: WallFrame, hole: Hole, *, is_open: bool) -> None:
    """Casing and leaf; the leaf hangs in the hole, or stands open into the next room."""
    random = set_.random
    s0, s1, _, z1 = hole
    white = random.random() < 0.7
    look = tinted(random, 0.6, 0.85, 0.03) if white else tinted(random, 0.08, 0.4, 0.3)
    grain = (
        {}
        if white or random.random() < 0.4
        else {
            "b": as_colour(np.array(look) * 0.6),
            "pattern": "planks",
            "scale": 0.4,
            "turn": math.pi / 2,
        }
    )
    leaf = set_.material(look, DOOR, gloss=float(random.choice([0.0, 0.03])), rough=0.25, **grain)
    casing = leaf if random.random() < 0.7 else set_.material(tinted(random, 0.5, 0.85, 0.03), DOOR)
    shadow = set_.material(as_colour(np.array(look) * 0.75), DOOR)
    wide = float(random.uniform(0.05, 0.1))
    for box_s, box_z in (
        ((s0 - wide, s0), (0, z1 + wide)),
        ((s1, s1 + wide), (0, z1 + wide)),
        ((s0, s1), (z1, z1 + wide)),
    ):
        wall.box(set_, box_s, (-0.02, 0.02), box_z, casing)
    for side in ((s0, s0 + 0.015), (s1 - 0.015, s1)):
        wall.box(set_, side, (-THICK, 0.0), (0, z1), casing)
    if is_open:
        if random.random() < 0.6:
            hinge = s0 + 0.02 if random.random() < 0.5 else s1 - 0.06
            wall.box(set_, (hinge, hinge + 0.04), (-THICK - (s1 - s0), -THICK), (0.01, z1), leaf)
        return
    depth = float(random.choice([-0.02, -0.06, -THICK + 0.05]))
    if random.random() < 0.15:
        glass = set_.material(tinted(random, 0.6, 0.9, 0.03), DOOR, surface="glass")
        for box_s, box_z in (
            ((s0, s0 + 0.1), (0.01, z1)),
            ((s1 - 0.1, s1), (0.01, z1)),
            ((s0, s1), (0.01, 0.25)),
            ((s0, s1), (z1 - 0.12, z1)),
        ):
            wall.box(set_, box_s, (depth - 0.04, depth), box_z, leaf)
        set_.quad(
            np.array(wall.at(s0, depth - 0.02, 0)),
            np.array([*wall.along, 0.0]) * (s1 - s0),
            np.array([0, 0, z1]),
            glass,
        )
    else:
        wall.box(set_, (s0, s1), (depth - 0.04, depth), (0.01, z1), leaf)
        wall.box(set_, (s0, s1), (-THICK, depth - 0.05), (0.0, 0.02), shadow)
        for column, row in _panels(random):
            a, b = s0 + (s1 - s0) * column[0], s0 + (s1 - s0) * column[1]
            wall.box(set_, (a, b), (depth, depth + 0.004), (z1 * row[0], z1 * row[1]), shadow)
            wall.box(
                set_,
                (a + 0.02, b - 0.02),
                (depth, depth + 0.009),
                (z1 * row[0] + 0.02, z1 * row[1] - 0.02),
                leaf,
            )
    metal = set_.material(tinted(random, 0.3, 0.7, 0.1), DOOR, gloss=0.4, rough=0.1)
    handle = s0 + 0.07 if random.random() < 0.5 else s1 - 0.07
    wall.box(set_, (handle - 0.06, handle + 0.06), (depth, depth + 0.05), (1.0, 1.025), metal)


def _panels(random: Random) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    style = random.integers(4)
    if style == 0:
        return []
    if style == 1:
        return [((0.15, 0.85), (0.08, 0.42)), ((0.15, 0.85), (0.5, 0.93))]
    columns = ((0.13, 0.45), (0.55, 0.87))
    rows = ((0.08, 0.38), (0.46, 0.74), (0.8, 0.94)) if style == 2 else ((0.08, 0.4), (0.5, 0.94))
    return [(column, row) for column in columns for row in rows]
