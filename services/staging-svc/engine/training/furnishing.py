"""Furniture, clutter, rugs, pictures and people."""

from __future__ import annotations

import math

import numpy as np

from staging_engine.geometry import Camera

from .models import Model
from .stage import FURNITURE, OTHER, Set, tinted
from .views import Box


def _free(set_: Set, x0: float, y0: float, x1: float, y1: float) -> bool:
    if x0 < 0.35 and x1 > -0.35 and y0 < 0.5:
        return False
    return not any(x0 < b[2] and x1 > b[0] and y0 < b[3] and y1 > b[1] for b in set_.solids)


def place_model(
    set_: Set, box: Box, model: Model, scale: float = 1.0, label: int = FURNITURE, tries: int = 12
) -> bool:
    """Along a wall or in the middle, where nothing stands yet."""
    random = set_.random
    tint = tinted(random, 0.03, 0.8, 0.3) if random.random() < 0.6 else None
    for _ in range(tries):
        wall = str(random.choice(["left", "right", "far", "middle"], p=[0.25, 0.25, 0.25, 0.25]))
        turn = {"left": math.pi / 2, "right": -math.pi / 2, "far": 0.0}.get(
            wall, float(random.uniform(0, 6.3))
        )
        w, d = model.size[0] * scale, model.size[1] * scale
        c, s = abs(math.cos(turn)), abs(math.sin(turn))
        half_x, half_y = (w * c + d * s) / 2, (w * s + d * c) / 2
        if 2 * half_x > box.left + box.right - 0.1:
            continue
        x = float(random.uniform(half_x - box.left + 0.04, box.right - half_x - 0.04))
        near, far = max(0.4, half_y - box.behind), box.depth - half_y - 0.05
        if far < near:
            continue
        y = float(random.uniform(near, far))
        if wall == "left":
            x = -box.left + half_x + 0.03
        elif wall == "right":
            x = box.right - half_x - 0.03
        elif wall == "far":
            y = box.depth - half_y - 0.03
        if x - half_x < -box.left - 0.01 or x + half_x > box.right + 0.01:
            continue
        if _free(set_, x - half_x, y - half_y, x + half_x, y + half_y):
            set_.model(
                model,
                (x, y, model.elevation if model.elevation < 2 else 0.0),
                turn,
                label,
                scale=scale,
                tint=tint,
            )
            return True
    return False


def of_category(
    models: list[Model], categories: tuple[str, ...], low: float, high: float
) -> list[Model]:
    return [
        m
        for m in models
        if m.category in categories and low <= max(m.size) <= high and m.elevation < 0.05
    ]


def furnish(set_: Set, box: Box, models: list[Model], count: int) -> None:
    random = set_.random
    theme = str(
        random.choice(
            ["Living room", "Bedroom", "Office", "mixed", "clutter"], p=[0.4, 0.25, 0.1, 0.15, 0.1]
        )
    )
    names = ("Living room", "Bedroom", "Office") if theme == "mixed" else (theme, "Living room")
    large = of_category(models, names, 0.9, 2.6)
    small = of_category(models, (*names, "Miscellaneous", "Lights"), 0.25, 1.5)
    if theme == "clutter":
        for _ in range(count * 2):
            _clutter(set_, box)
        large, count = small, max(1, count // 2)
    for index in range(count):
        pool = large if index < max(1, count // 2) else small
        place_model(set_, box, pool[int(random.integers(len(pool)))])
    if random.random() < 0.5:
        _rug(set_, box)
    if random.random() < 0.6:
        _pictures(set_, box)
    if random.random() < 0.3:
        for _ in range(int(random.integers(1, 5))):
            _clutter(set_, box)


def _rug(set_: Set, box: Box) -> None:
    random = set_.random
    w, d = random.uniform(0.6, 1.8), random.uniform(0.5, 1.3)
    x, y = (
        random.uniform(-box.left / 2, box.right / 2),
        random.uniform(1.2, max(1.3, box.depth - 1)),
    )
    look = set_.material(
        tinted(random, 0.05, 0.7, 0.3),
        FURNITURE,
        b=tinted(random, 0.05, 0.7, 0.3),
        pattern=str(random.choice(["carpet", "stripes", "tiles", "picture"])),
        scale=float(random.uniform(0.05, 0.4)),
    )
    x0, x1 = max(x - w, -box.left + 0.1), min(x + w, box.right - 0.1)
    set_.box((x0, y - d, 0), (x1, min(y + d, box.depth - 0.1), 0.012), look, set_.thing("rug"))


def _pictures(set_: Set, box: Box) -> None:
    random = set_.random
    for _ in range(int(random.integers(1, 5))):
        w, h = random.uniform(0.2, 0.7), random.uniform(0.2, 0.5)
        look = set_.material(
            tinted(random, 0.05, 0.8, 0.3),
            OTHER,
            b=tinted(random, 0.05, 0.8, 0.3),
            pattern="picture",
            scale=float(random.uniform(0.1, 0.5)),
            seed=int(random.integers(1 << 20)),
        )
        frame = set_.material(tinted(random, 0.02, 0.8, 0.2), OTHER)
        z = random.uniform(1.3, 1.7)
        side = int(random.integers(3))
        if side == 0:
            x = random.uniform(-box.left + w, box.right - w)
            set_.box((x - w, box.depth - 0.03, z - h), (x + w, box.depth, z + h), frame)
            set_.box(
                (x - w + 0.03, box.depth - 0.035, z - h + 0.03),
                (x + w - 0.03, box.depth, z + h - 0.03),
                look,
            )
        else:
            edge = -box.left if side == 1 else box.right
            y = random.uniform(0.8, max(0.9, box.depth - w))
            set_.box((edge - 0.03, y - w, z - h), (edge + 0.03, y + w, z + h), frame)
            set_.box(
                (edge - 0.035, y - w + 0.03, z - h + 0.03),
                (edge + 0.035, y + w - 0.03, z + h - 0.03),
                look,
            )


def _clutter(set_: Set, box: Box) -> None:
    """A carton, a heap of clothes, bags, a ladder."""
    random = set_.random
    x, y = (
        float(random.uniform(-box.left + 0.3, box.right - 0.3)),
        float(random.uniform(0.9, max(1.0, box.depth - 0.4))),
    )
    draw = random.random()
    thing = set_.thing("clutter")
    if draw < 0.45:
        w, d, h = (float(v) for v in random.uniform(0.1, 0.35, 3))
        look = set_.material(tinted(random, 0.1, 0.6, 0.25), FURNITURE)
        if not _free(set_, x - w, y - d, x + w, y + d):
            return
        set_.box(
            (x - w, y - d, 0), (x + w, y + d, 2 * h), look, thing, turn=float(random.uniform(0, 3))
        )
        if random.random() < 0.4:
            set_.box(
                (x - w * 0.7, y - d * 0.7, 2 * h),
                (x + w * 0.7, y + d * 0.7, 3 * h),
                set_.material(tinted(random, 0.1, 0.7, 0.3), FURNITURE),
                thing,
                turn=float(random.uniform(0, 3)),
            )
        set_.solids.append((x - w, y - d, x + w, y + d))
    elif draw < 0.85:
        for _ in range(int(random.integers(1, 6))):
            r = random.uniform(0.08, 0.3)
            look = set_.material(tinted(random, 0.02, 0.8, 0.35), FURNITURE)
            set_.ball(
                (x + random.normal(0, 0.2), y + random.normal(0, 0.2), r * 0.3),
                (r, r * random.uniform(0.5, 1), r * random.uniform(0.3, 0.9)),
                look,
                thing,
                lumps=0.12,
            )
    else:
        look = set_.material(tinted(random, 0.2, 0.7, 0.2), FURNITURE, gloss=0.2, rough=0.2)
        for side in (-0.2, 0.2):
            set_.box((x + side - 0.02, y - 0.02, 0), (x + side + 0.02, y + 0.02, 1.6), look, thing)
        for step in range(5):
            set_.box(
                (x - 0.2, y - 0.03, 0.25 + step * 0.3),
                (x + 0.2, y + 0.03, 0.28 + step * 0.3),
                look,
                thing,
            )


def add_people(set_: Set, box: Box, models: list[Model], camera: Camera) -> None:
    random = set_.random
    pool = [m for m in models if m.category == "Characters" and m.size[2] > 1.0]
    for _ in range(int(random.choice([1, 1, 2, 3]))):
        model = pool[int(random.integers(len(pool)))]
        y = float(random.uniform(1.2, max(1.3, min(4.0, box.depth - 0.3))))
        x = float(
            np.clip(
                y * math.tan(camera.yaw + random.uniform(-0.4, 0.4)),
                -box.left + 0.3,
                box.right - 0.3,
            )
        )
        tint = tinted(random, 0.05, 0.7, 0.3) if random.random() < 0.3 else None
        set_.model(
            model,
            (x, y, 0.0),
            float(random.uniform(0, 6.3)),
            OTHER,
            scale=1.7 / model.size[2] * random.uniform(0.9, 1.1),
            tint=tint,
        )
