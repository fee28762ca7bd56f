"""What is built into rooms: fireplaces, columns, half walls, stairs, heaters, shelves, sockets."""

from __future__ import annotations

import math

from .stage import FLOOR, OTHER, WALL, Set, grey, tinted
from .views import Box
from .walls import Hole, WallFrame


def add_features(
    set_: Set,
    box: Box,
    walls: dict[str, WallFrame],
    chosen: dict[str, list[tuple[str, Hole]]],
    paint: int,
    white: int,
) -> None:
    """Chimney breasts, fireplaces, notched corners, columns, half walls and stairs at the side."""
    random = set_.random
    top = box.ceiling
    for name in ("left", "right", "far"):
        wall = walls[name]
        wide = float(random.uniform(1.1, 1.7))
        start = float(random.uniform(0.3, max(0.31, wall.length - wide - 0.3)))
        taken = any(h[0] - 0.2 < start + wide and h[1] + 0.2 > start for _, h in chosen[name])
        if taken or wall.length < wide + 0.8 or (name != "far" and start < box.behind + 1.2):
            continue
        draw = random.random()
        if draw < 0.2:
            breast = float(random.choice([0.0, 0.25, 0.4]))
            if breast:
                wall.box(set_, (start, start + wide), (0.0, breast), (0.0, top), paint)
            _fireplace(set_, wall, start + wide / 2, breast)
        elif draw < 0.26:
            wall.box(set_, (start, start + wide * 0.5), (0.0, 0.35), (0.0, top), paint)
    if random.random() < 0.18:
        _built_in(set_, walls[str(random.choice(["left", "right", "far"]))], chosen, box)
    if random.random() < 0.12:  # a corner cut out of the room
        side = -1 if random.random() < 0.5 else 1
        edge = -box.left if side < 0 else box.right
        name = "left" if side < 0 else "right"
        w, d = (
            random.uniform(0.5, 0.35 * (box.left + box.right)),
            random.uniform(0.6, 0.4 * box.depth),
        )
        if not chosen["far"] and not any(h[1] > walls[name].length - d for _, h in chosen[name]):
            set_.box(
                (min(edge, edge - side * w), box.depth - d, 0.0),
                (max(edge, edge - side * w), box.depth, top),
                paint,
            )
            set_.solids.append(
                (min(edge, edge - side * w), box.depth - d, max(edge, edge - side * w), box.depth)
            )
    if random.random() < 0.05 and box.depth > 3.5:
        x, y = (
            random.uniform(-box.left * 0.6, box.right * 0.6),
            random.uniform(1.5, box.depth - 0.8),
        )
        r = random.uniform(0.1, 0.25)
        set_.box(
            (x - r, y - r, 0),
            (x + r, y + r, top),
            paint if random.random() < 0.6 else white,
            set_.thing("column"),
        )
        set_.solids.append((x - r, y - r, x + r, y + r))
        set_.facts["column"] = True
    if random.random() < 0.05 and box.depth > 3:
        x0 = -box.left if random.random() < 0.5 else float(random.uniform(-0.3, 0.5))
        x1 = x0 + float(random.uniform(0.8, 2.0))
        y = float(random.uniform(0.9, box.depth * 0.6))
        set_.box(
            (x0, y, 0),
            (x1, y + 0.14, float(random.uniform(0.8, 1.15))),
            paint,
            set_.thing("half wall"),
        )
        set_.solids.append((x0, y, x1, y + 0.14))
        set_.facts["half_wall"] = True
    if random.random() < 0.12 and box.left + box.right > 3.5 and box.depth > 4:
        side = -1 if random.random() < 0.5 else 1
        edge = -box.left if side < 0 else box.right
        _steps(
            set_,
            edge - side * 0.95 if side > 0 else edge,
            float(random.uniform(1.5, box.depth - 2.2)),
            0.95,
            0.26,
            7,
            1,
        )
        set_.facts["stairs"] = True


def _built_in(
    set_: Set, wall: WallFrame, chosen: dict[str, list[tuple[str, Hole]]], box: Box
) -> None:
    """A cover below a window, a baseboard heater, shelves in the wall, a basin, a cooling unit."""
    random = set_.random
    thing = set_.thing("built-in")
    look = set_.material(tinted(random, 0.5, 0.85, 0.05), OTHER)
    grille = set_.material(
        tinted(random, 0.4, 0.8, 0.03),
        OTHER,
        b=grey(0.25),
        pattern="stripes",
        scale=0.03,
        turn=math.pi / 2,
    )
    windows = [hole for what, hole in chosen[wall.name] if what == "window" and hole[2] > 0.5]
    if windows:
        hole = windows[int(random.integers(len(windows)))]
        more = float(random.uniform(0, 0.5))
        s = (max(0.0, hole[0] - more), min(wall.length, hole[1] + more))
        deep = float(random.uniform(0.12, 0.35))
        wall.box(set_, s, (0.0, deep), (0.0, hole[2] - 0.03), look, thing)
        wall.box(
            set_, (s[0], s[1]), (0.0, deep + 0.03), (hole[2] - 0.06, hole[2] - 0.02), look, thing
        )
        step = (s[1] - s[0]) / max(1, round((s[1] - s[0]) / 0.7))
        at = s[0]
        while at < s[1] - 0.1:
            wall.box(
                set_,
                (at + 0.06, min(at + step, s[1]) - 0.06),
                (deep, deep + 0.006),
                (0.15, hole[2] - 0.15),
                grille,
                thing,
            )
            at += step
        wall.zone(set_, "radiator", s, deep + 0.25)
        return
    start = float(random.uniform(0.2, max(0.21, wall.length - 1.4)))
    wide = float(random.uniform(0.5, 1.3))
    if (
        any(h[0] - 0.1 < start + wide and h[1] + 0.1 > start for _, h in chosen[wall.name])
        or start + wide > wall.length
    ):
        return
    if wall.name != "far" and start < box.behind + 0.8:
        return
    draw = random.random()
    if draw < 0.35:
        wall.box(set_, (start, start + wide), (0.0, 0.07), (0.02, 0.18), grille, thing)
        wall.zone(set_, "radiator", (start, start + wide), 0.25)
    elif draw < 0.6:
        for z in (0.5, 0.9, 1.3, 1.7)[: int(random.integers(1, 5))]:
            wall.box(set_, (start, start + wide), (0.0, 0.28), (z, z + 0.03), look, thing)
        wall.zone(set_, "shelves", (start, start + wide), 0.28)
    elif draw < 0.8:
        wall.box(set_, (start, start + 0.5), (0.0, 0.4), (0.72, 0.9), look, thing)
        wall.zone(set_, "basin", (start, start + 0.5), 0.8)
    else:
        wall.box(
            set_,
            (start, start + 0.85),
            (0.0, 0.22),
            (box.ceiling - 0.6, box.ceiling - 0.32),
            look,
            thing,
        )


def _fireplace(set_: Set, wall: WallFrame, middle: float, front: float) -> None:
    random = set_.random
    thing = set_.thing("fireplace")
    stone = set_.material(
        tinted(random, 0.1, 0.85, 0.1),
        OTHER,
        b=tinted(random, 0.2, 0.6, 0.1),
        pattern=str(random.choice(["plain", "marble", "brick", "tiles"])),
        scale=0.12,
    )
    black = set_.material(grey(0.02), OTHER, gloss=0.05, rough=0.1)
    half, high = float(random.uniform(0.5, 0.7)), float(random.uniform(0.85, 1.2))
    gap, tall = half - random.uniform(0.12, 0.22), high - random.uniform(0.15, 0.3)
    wall.box(set_, (middle - half, middle - gap), (front, front + 0.08), (0, high), stone, thing)
    wall.box(set_, (middle + gap, middle + half), (front, front + 0.08), (0, high), stone, thing)
    wall.box(
        set_, (middle - half, middle + half), (front, front + 0.08), (tall, high), stone, thing
    )
    wall.box(set_, (middle - gap, middle + gap), (front, front + 0.02), (0.0, tall), black, thing)
    if random.random() < 0.6:
        wall.box(
            set_,
            (middle - half - 0.08, middle + half + 0.08),
            (front, front + 0.18),
            (high, high + 0.05),
            stone,
            thing,
        )
    if random.random() < 0.5:
        wall.box(
            set_, (middle - half, middle + half), (front, front + 0.4), (0.0, 0.04), stone, thing
        )
    wall.zone(set_, "fireplace", (middle - half, middle + half), front + 0.75)


def add_small_things(
    set_: Set, walls: dict[str, WallFrame], chosen: dict[str, list[tuple[str, Hole]]]
) -> None:
    """Sockets, switches, vents, thermostats; now and then a picture."""
    random = set_.random
    plate = set_.material(grey(float(random.uniform(0.55, 0.85))), WALL)
    for name, wall in walls.items():
        for _ in range(int(random.integers(0, 4))):
            s, z = float(random.uniform(0.2, wall.length - 0.2)), float(random.choice([0.3, 1.1]))
            if any(h[0] - 0.1 < s < h[1] + 0.1 for _, h in chosen[name]):
                continue
            wall.box(set_, (s, s + 0.08), (0, 0.01), (z, z + 0.08), plate)
    if random.random() < 0.15:
        x, y = random.uniform(-0.6, 0.6), random.uniform(1.2, 2.5)
        set_.box(
            (x, y, 0),
            (x + 0.3, y + 0.12, 0.006),
            set_.material(grey(float(random.uniform(0.05, 0.7))), FLOOR),
        )


def _steps(set_: Set, x: float, y: float, wide: float, run: float, count: int, way: int) -> None:
    random = set_.random
    thing = set_.thing("stairs")
    tread, riser = (
        set_.material(tinted(random, 0.1, 0.5, 0.3), OTHER),
        set_.material(tinted(random, 0.3, 0.85, 0.1), OTHER),
    )
    for i in range(count):
        near = y + way * i * run
        y0, y1 = min(near, near + way * run), max(near, near + way * run)
        set_.box((x, y0, 0), (x + wide, y1, 0.18 * i + 0.15), riser, thing)
        set_.box((x, y0 - 0.02, 0.18 * i + 0.15), (x + wide, y1, 0.18 * i + 0.18), tread, thing)
    rail = set_.material(tinted(random, 0.05, 0.8, 0.2), OTHER)
    for side in (x, x + wide - 0.04):
        if random.random() < 0.3:
            continue
        for i in range(count):
            near = y + way * (i + 0.5) * run
            set_.box(
                (side, near - 0.015, 0.18 * i),
                (side + 0.03, near + 0.015, 0.18 * i + 1.05),
                rail,
                thing,
            )
            set_.box(
                (side - 0.01, near - run / 2, 0.18 * i + 1.0),
                (side + 0.05, near + run / 2 + 0.02, 0.18 * i + 1.08),
                rail,
                thing,
            )
    y0, y1 = sorted((y, y + way * count * run))
    set_.solids.append((x, y0, x + wide, y1))
    set_.zone("stairs", (x, y0 - 0.75 if way > 0 else y0), (x + wide, y1 if way > 0 else y1 + 0.75))


def add_staircase(set_: Set, box: Box) -> None:
    random = set_.random
    wide = float(random.uniform(0.8, 1.2))
    count = int(min(14, box.ceiling / 0.18))
    if random.random() < 0.7:
        x = float(random.uniform(-0.9, 0.3))
        _steps(
            set_,
            x,
            float(random.uniform(0.9, 1.8)),
            wide,
            float(random.uniform(0.22, 0.28)),
            count,
            1,
        )
    else:
        x = -box.left if random.random() < 0.5 else box.right - wide
        _steps(set_, x, float(random.uniform(0.8, 2.0)), wide, 0.24, count, 1)
