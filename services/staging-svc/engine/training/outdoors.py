"""Gardens, streets and house fronts."""

from __future__ import annotations

import math

import numpy as np

from .lights import sky
from .models import Model
from .openings import add_door, add_window
from .stage import OTHER, Random, Set, grey, tinted
from .views import Shot, make_camera
from .walls import WallFrame, build_wall


def make_outdoors(random: Random, models: list[Model], size: tuple[int, int]) -> Shot:
    """Ground, sky and some of: a house, a fence, trees, hedges, cars, garden furniture, people."""
    set_ = Set(random)
    sky(set_, float(random.uniform(0.5, 2.0)), sun=bool(random.random() < 0.65))
    set_.mesh.is_outside = True
    set_.mesh.ambient = 0.05
    pattern = str(
        random.choice(
            ["grass", "concrete", "tiles", "planks", "carpet"], p=[0.5, 0.25, 0.12, 0.05, 0.08]
        )
    )
    if pattern == "grass":
        a = np.array([0.07, 0.15, 0.03]) * random.uniform(0.5, 2.2)
    else:
        a = np.array(tinted(random, 0.08, 0.5, 0.1))
    ground = set_.material(
        tuple(a),
        OTHER,
        b=tuple(a * random.uniform(0.3, 0.8)),
        pattern=pattern,
        scale=float(random.uniform(0.3, 2)),
    )
    set_.box((-60, -20, -0.2), (60, 90, 0), ground)
    if random.random() < 0.5:
        other = set_.material(
            tinted(random, 0.1, 0.5, 0.08),
            OTHER,
            b=grey(0.2),
            pattern=str(random.choice(["concrete", "tiles", "brick"])),
            scale=0.3,
        )
        x, w = random.uniform(-6, 6), random.uniform(0.6, 4)
        if random.random() < 0.5:
            set_.box((x - w, -20, 0), (x + w, 60, 0.02), other)
        else:
            set_.box((-60, max(1.0, x + 7), 0), (60, x + 7 + 2 * w, 0.02), other)
    front = float(random.uniform(5, 25))
    if random.random() < 0.7:
        _house(set_, float(random.uniform(-12, 2)), front)
        if random.random() < 0.4:
            _house(set_, float(random.uniform(4, 14)), front + float(random.uniform(-1, 8)))
    if random.random() < 0.5:
        _fence(set_, front)
    for _ in range(int(random.choice([0, 2, 5, 12]))):
        _tree(set_, float(random.uniform(-18, 18)), float(random.uniform(4, 40)))
    for _ in range(int(random.integers(0, 8))):
        look = set_.material(
            tuple(np.array([0.05, 0.12, 0.03]) * random.uniform(0.5, 2)),
            OTHER,
            b=(0.02, 0.05, 0.01),
            pattern="carpet",
            scale=0.2,
        )
        r = float(random.uniform(0.3, 1.3))
        set_.ball(
            (float(random.uniform(-9, 9)), float(random.uniform(3, 20)), r * 0.5),
            (r, r, r * 0.8),
            look,
            lumps=0.12,
            rings=10,
        )
    for category, chance, low in (
        ("Vehicles", 0.4, 3.0),
        ("Exterior", 0.5, 2.5),
        ("Characters", 0.2, 2.5),
    ):
        pool = [m for m in models if m.category == category]
        for _ in range(3):
            if random.random() < chance * 0.6:
                model = pool[int(random.integers(len(pool)))]
                y = float(random.uniform(low + max(model.size) / 2, 14))
                x = float(random.uniform(-0.6, 0.6)) * y
                set_.model(model, (x, y, 0.0), float(random.uniform(0, 6.3)), OTHER)
    camera, up = make_camera(
        random, *size, float(random.uniform(-0.5, 0.5)), listing=bool(random.random() < 0.4)
    )
    return Shot(set_, camera, (0.0, 0.0, max(1.2, up)), "outdoors")


def _house(set_: Set, x: float, y: float) -> None:
    random = set_.random
    wide, floors = float(random.uniform(6, 16)), int(random.integers(1, 4))
    tall = 2.8 * floors
    wall = WallFrame("front", (x, y), (1, 0), (0, -1), wide, tall)
    pattern = str(random.choice(["plain", "brick", "planks", "concrete"]))
    look = set_.material(
        tinted(random, 0.15, 0.8, 0.15),
        OTHER,
        b=tinted(random, 0.2, 0.7, 0.05),
        pattern=pattern,
        scale=0.09 if pattern == "brick" else 0.2,
        turn=math.pi / 2,
        contrast=0.5,
    )
    holes = []
    for floor in range(floors):
        s = float(random.uniform(0.5, 1.5))
        while s < wide - 1.6:
            w = float(random.uniform(0.8, 2.2))
            holes.append((s, min(s + w, wide - 0.3), 2.8 * floor + 0.9, 2.8 * floor + 2.3))
            s += w + float(random.uniform(0.5, 2))
    build_wall(set_, wall, look, holes)
    back = set_.material(grey(0.05), OTHER)
    wall.box(set_, (0, wide), (-8, -0.4), (0, tall), back)
    for hole in holes:
        add_window(set_, wall, hole)
    set_.mesh.lights.clear()  # no portals out here
    at = float(random.uniform(0.3, wide - 1.3))
    add_door(set_, wall, (at, at + 0.95, 0.0, 2.1), is_open=False)
    leaf = set_.material(tinted(random, 0.05, 0.5, 0.3), OTHER)
    wall.box(set_, (at, at + 0.95), (0.0, 0.06), (0.0, 2.1), leaf)
    roof = set_.material(
        tinted(random, 0.08, 0.35, 0.2), OTHER, b=grey(0.1), pattern="brick", scale=0.15
    )
    if random.random() < 0.75:
        rise = float(random.uniform(1.5, 4))
        a = np.array([x - 0.4, y - 0.5, tall - 0.1])
        set_.quad(a, np.array([wide + 0.8, 0, 0]), np.array([0, 4.5, rise]), roof)
    else:
        wall.box(set_, (-0.2, wide + 0.2), (-8, 0.3), (tall, tall + 0.3), roof)


def _fence(set_: Set, front: float) -> None:
    random = set_.random
    wood = tinted(random, 0.1, 0.5, 0.3)
    look = set_.material(
        wood, OTHER, b=tuple(np.array(wood) * 0.6), pattern="planks", scale=0.12, turn=math.pi / 2
    )
    high = float(random.uniform(0.8, 2.0))
    for x in (float(random.uniform(-12, -3)), float(random.uniform(3, 12))):
        set_.box((x, -5, 0), (x + 0.05, front + 6, high), look)
    if random.random() < 0.6:
        set_.box((-30, front + 6, 0), (30, front + 6.05, high), look)


def _tree(set_: Set, x: float, y: float) -> None:
    random = set_.random
    tall = float(random.uniform(2.5, 10))
    bark = set_.material((0.08, 0.05, 0.03), OTHER)
    set_.box((x - 0.12, y - 0.12, 0), (x + 0.12, y + 0.12, tall * 0.7), bark)
    count = int(random.integers(60, 400))
    middle = np.array([x, y, tall * 0.75])
    points = middle + random.normal(size=(count, 3)) * np.array(
        [tall * 0.18, tall * 0.18, tall * 0.16]
    )
    leaf = (
        np.array([0.06, 0.14, 0.03])
        * random.uniform(0.5, 2.2)
        * np.array([random.uniform(0.7, 1.8), 1, 1])
    )
    look = set_.material(
        tuple(np.clip(leaf, 0.005, 0.9)),
        OTHER,
        b=tuple(leaf * 0.4),
        pattern="carpet",
        scale=0.15,
        surface="cloth",
    )
    edges = random.normal(size=(count, 2, 3)) * tall * 0.05
    corners = np.stack([points, points + edges[:, 0], points + edges[:, 1]], axis=1)
    set_.mesh.add(corners, look, 0)
