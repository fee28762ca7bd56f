"""Kitchens and bathrooms."""

from __future__ import annotations

import numpy as np

from .furnishing import of_category, place_model
from .models import Model
from .stage import FURNITURE, OTHER, WALL, Set, grey, tinted
from .views import Box
from .walls import WallFrame


def build_kitchen(set_: Set, box: Box, walls: dict[str, WallFrame], models: list[Model]) -> None:
    random = set_.random
    front = set_.material(
        tinted(random, 0.05, 0.85, 0.12),
        FURNITURE,
        gloss=float(random.choice([0.0, 0.04])),
        rough=0.15,
    )
    gap = set_.material(grey(0.08), FURNITURE)
    top = set_.material(
        tinted(random, 0.03, 0.8, 0.08),
        FURNITURE,
        b=tinted(random, 0.1, 0.7, 0.1),
        gloss=0.05,
        rough=0.05,
        pattern=str(random.choice(["plain", "marble", "concrete"])),
        scale=0.3,
    )
    splash = set_.material(
        tinted(random, 0.2, 0.85, 0.1),
        WALL,
        b=grey(0.5),
        pattern=str(random.choice(["tiles", "brick", "plain"])),
        scale=0.08,
        gloss=0.05,
        rough=0.05,
    )
    steel = set_.material(tinted(random, 0.4, 0.6, 0.02), FURNITURE, surface="metal", rough=0.25)
    dark = set_.material(grey(0.02), FURNITURE, gloss=0.08, rough=0.02)
    handle = set_.material(grey(float(random.uniform(0.05, 0.6))), FURNITURE, gloss=0.3, rough=0.1)
    sides = ["far", "left", "right"]
    random.shuffle(sides)
    for name in sides[: int(random.choice([1, 2, 3], p=[0.35, 0.4, 0.25]))]:
        wall = walls[name]
        s0 = 0.0 if name == "far" else box.behind + float(random.uniform(0.7, 1.6))
        s1 = wall.length - (0.0 if random.random() < 0.6 else float(random.uniform(0, 1)))
        thing = set_.thing("cabinets")
        wall.box(set_, (s0, s1), (0.0, 0.56), (0.1, 0.87), front, thing)
        wall.box(set_, (s0, s1), (0.0, 0.5), (0.0, 0.1), gap, thing)
        wall.box(set_, (s0, s1), (0.0, 0.62), (0.87, 0.91), top, thing)
        wall.box(set_, (s0, s1), (0.0, 0.008), (0.91, 1.45), splash, thing)
        s = s0
        while s < s1 - 0.3:
            wide = float(random.choice([0.4, 0.5, 0.6, 0.8]))
            wall.box(set_, (s - 0.004, s + 0.004), (0.55, 0.565), (0.1, 0.87), gap, thing)
            draw = random.random()
            if draw < 0.13 and s + wide < s1:
                look = steel if random.random() < 0.6 else dark
                wall.box(set_, (s + 0.01, s + wide - 0.01), (0.5, 0.59), (0.1, 0.86), look, thing)
                wall.box(set_, (s + 0.06, s + wide - 0.06), (0.55, 0.595), (0.25, 0.6), dark, thing)
                wall.box(
                    set_, (s + 0.02, s + wide - 0.02), (0.05, 0.55), (0.91, 0.918), dark, thing
                )
            elif draw < 0.23 and s + wide < s1:
                wall.box(set_, (s + 0.05, s + wide - 0.05), (0.1, 0.5), (0.88, 0.914), steel, thing)
                wall.box(
                    set_,
                    (s + wide / 2 - 0.015, s + wide / 2 + 0.015),
                    (0.05, 0.08),
                    (0.91, 1.2),
                    steel,
                    thing,
                )
                wall.box(
                    set_,
                    (s + wide / 2 - 0.015, s + wide / 2 + 0.015),
                    (0.05, 0.28),
                    (1.18, 1.2),
                    steel,
                    thing,
                )
            elif draw < 0.31 and s + 0.6 < s1:
                wall.box(
                    set_,
                    (s, s + 0.65),
                    (0.0, 0.68),
                    (0.02, float(random.uniform(1.5, 2.0))),
                    steel if random.random() < 0.6 else front,
                    thing,
                )
            else:
                wall.box(
                    set_,
                    (s + 0.05, s + 0.07) if random.random() < 0.5 else (s + 0.1, s + wide - 0.1),
                    (0.56, 0.585),
                    (0.77, 0.79),
                    handle,
                    thing,
                )
                if random.random() < 0.3:
                    for z in (0.35, 0.6):
                        wall.box(set_, (s, s + wide), (0.55, 0.565), (z, z + 0.008), gap, thing)
            s += wide
        if random.random() < 0.8:
            upper = (
                front
                if random.random() < 0.7
                else set_.material(tinted(random, 0.3, 0.85, 0.1), FURNITURE)
            )
            over = box.ceiling - 0.02 if random.random() < 0.4 else 2.15
            s = s0
            while s < s1 - 0.3:
                wide = float(random.choice([0.4, 0.6, 0.8]))
                if random.random() < 0.85:
                    wall.box(set_, (s, min(s + wide, s1)), (0.0, 0.34), (1.45, over), upper, thing)
                    wall.box(set_, (s - 0.003, s + 0.003), (0.33, 0.345), (1.45, over), gap, thing)
                elif random.random() < 0.6:
                    wall.box(set_, (s, min(s + wide, s1)), (0.0, 0.4), (1.5, 1.75), steel, thing)
                s += wide
        a, b = wall.at(s0, 0, 0), wall.at(s1, 0.65, 0)
        set_.solids.append((min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])))
    if random.random() < 0.45 and box.depth > 2.6 and box.left + box.right > 2.6:
        w, d = float(random.uniform(0.6, 1.2)), float(random.uniform(0.35, 0.5))
        x, y = (
            float(random.uniform(-0.5, 0.5)),
            float(random.uniform(1.4, max(1.5, box.depth - 1.4))),
        )
        thing = set_.thing("island")
        set_.box((x - w, y - d, 0.0), (x + w, y + d, 0.87), front, thing)
        set_.box((x - w - 0.04, y - d - 0.15, 0.87), (x + w + 0.04, y + d + 0.04, 0.92), top, thing)
        set_.solids.append((x - w, y - d, x + w, y + d))
        set_.facts["island"] = True
    pool = of_category(models, ("Kitchen",), 0.3, 2.0)
    for _ in range(int(random.integers(0, 6))):
        place_model(set_, box, pool[int(random.integers(len(pool)))])


def build_bathroom(set_: Set, box: Box, models: list[Model]) -> None:
    random = set_.random
    white = set_.material(tinted(random, 0.7, 0.88, 0.02), FURNITURE, gloss=0.06, rough=0.03)
    if random.random() < 0.65:  # a tub along a wall
        thing = set_.thing("bathtub")
        across = random.random() < 0.6
        w, d = (box.left + box.right, 0.75) if across else (0.75, min(1.8, box.depth - 0.3))
        x0 = -box.left if across or random.random() < 0.5 else box.right - w
        y0 = box.depth - d
        high = 0.56
        for low, up in (
            ((x0, y0), (x0 + w, y0 + 0.07)), ((x0, y0 + d - 0.07), (x0 + w, y0 + d)),
            ((x0, y0), (x0 + 0.07, y0 + d)), ((x0 + w - 0.07, y0), (x0 + w, y0 + d)),
        ):  # fmt: skip
            set_.box((*low, 0.0), (*up, high), white, thing)
        set_.box((x0, y0, 0.0), (x0 + w, y0 + d, 0.18), white, thing)
        set_.solids.append((x0, y0, x0 + w, y0 + d))
        if random.random() < 0.4:
            glass = set_.material((0.85, 0.9, 0.88), FURNITURE, surface="glass")
            set_.quad(
                np.array([x0, y0 + 0.03, high]),
                np.array([min(w, 0.9), 0, 0]),
                np.array([0, 0, 1.4]),
                glass,
                thing,
            )
        elif random.random() < 0.4:
            cloth = set_.material(
                tinted(random, 0.2, 0.85, 0.2),
                FURNITURE,
                b=tinted(random, 0.2, 0.85, 0.3),
                pattern="picture",
                scale=0.3,
                surface="cloth",
            )
            for i in range(12):
                a = np.array([x0 + i * 0.07, y0 + 0.03 * (i % 2), 0.4])
                set_.quad(
                    a,
                    np.array([0.07, 0.03 * (1 - 2 * (i % 2)), 0]),
                    np.array([0, 0, 1.6]),
                    cloth,
                    thing,
                )
    pool = [m for m in models if m.category == "Bathroom"]
    toilets = [
        m for m in pool if any(word in m.name.lower() for word in ("toilet", "wc", "bidet", "unit"))
    ] or pool
    basins = [
        m for m in pool if any(word in m.name.lower() for word in ("basin", "sink", "lavabo"))
    ] or pool
    for group in (toilets, basins):
        if random.random() < 0.9:
            place_model(set_, box, group[int(random.integers(len(group)))], tries=25)
    for _ in range(int(random.integers(0, 3))):
        place_model(set_, box, pool[int(random.integers(len(pool)))])
    if random.random() < 0.6:
        mirror = set_.material((0.85, 0.87, 0.87), OTHER, surface="metal")
        edge = -box.left if random.random() < 0.5 else box.right
        y = random.uniform(0.6, max(0.7, box.depth - 0.6))
        set_.box((edge - 0.02, y - 0.35, 1.1), (edge + 0.02, y + 0.35, 1.9), mirror)
