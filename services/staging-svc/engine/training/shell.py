"""Floor, walls, ceiling, what is in the walls, and the rooms behind them."""

from __future__ import annotations

import math

import numpy as np

from .fixtures import add_features, add_small_things
from .lights import add_ceiling_lamps
from .openings import add_door, add_window
from .stage import CEILING, FURNITURE, OTHER, WALL, Set, grey, tinted
from .surfaces import floor_look, wall_look
from .views import Box
from .walls import Hole, WallFrame, build_wall, skirting

_DOOR_HEIGHT = 2.03


def build_shell(set_: Set, box: Box, kind: str) -> dict[str, WallFrame]:
    random = set_.random
    x0, x1, y0, y1, top = -box.left, box.right, -box.behind, box.depth, box.ceiling
    width, length = x1 - x0, y1 - y0
    walls = {
        "left": WallFrame("left", (x0, y0), (0, 1), (1, 0), length, top),
        "right": WallFrame("right", (x1, y0), (0, 1), (-1, 0), length, top),
        "far": WallFrame("far", (x0, y1), (1, 0), (0, -1), width, top),
        "back": WallFrame("back", (x0, y0), (1, 0), (0, 1), width, top),
    }
    floor = floor_look(set_)
    set_.box((x0 - 0.2, y0 - 0.2, -0.1), (x1 + 0.2, y1 + 0.2, 0.0), floor)
    paint = wall_look(set_)
    if kind == "bathroom" and random.random() < 0.75:
        paint = set_.material(
            tinted(random, 0.4, 0.85, 0.06),
            WALL,
            b=grey(float(random.uniform(0.4, 0.8))),
            pattern="tiles",
            scale=float(random.choice([0.1, 0.15, 0.2, 0.3, 0.4])),
            gloss=0.05,
            rough=0.1,
            contrast=0.3,
            seed=int(random.integers(1 << 20)),
        )
    attic = kind in ("empty_room", "furnished_room") and random.random() < 0.12
    set_.facts["attic"] = attic
    _ceiling(set_, box, attic=attic)
    white = (
        set_.material(tinted(random, 0.6, 0.85, 0.03), WALL)
        if random.random() < 0.75
        else set_.material(tinted(random, 0.1, 0.45, 0.25), WALL)
    )
    board = float(random.choice([0.0, 0.06, 0.09, 0.14, 0.2]))
    if kind != "corridor":
        # Nothing uses this draw any more, but without it a seed would give another scene than before.
        random.uniform(0.8, 1.6)
    chosen: dict[str, list[tuple[str, Hole]]] = {}
    for name, wall in walls.items():
        chosen[name] = _openings(set_, wall, kind, box, attic=attic)
    if (
        not any(what == "window" for parts in chosen.values() for what, _ in parts)
        and not set_.facts["lamps"]
    ):
        set_.facts["lamps"], set_.facts["power"] = True, 1.0
    for name, wall in walls.items():
        look = paint if random.random() < 0.9 else wall_look(set_)
        holes = [hole for what, hole in chosen[name]]
        build_wall(set_, wall, look, holes)
        skirting(set_, wall, holes, white, board)
        for what, hole in chosen[name]:
            _open(set_, wall, what, hole, floor, paint)
    lit = float(set_.facts["power"])
    if not attic:
        add_ceiling_lamps(set_, (x0 + 0.3, y0 + 0.3, x1 - 0.3, y1 - 0.3), top, lit)
    elif lit:
        set_.lamp(
            np.array([-0.4, 1.0, top - 0.1]),
            np.array([0.8, 0, 0]),
            np.array([0, 0.8, 0]),
            (5 * lit, 4.5 * lit, 4 * lit),
        )
    if kind in ("empty_room", "furnished_room", "person", "kitchen"):
        add_features(set_, box, walls, chosen, paint, white)
    add_small_things(set_, walls, chosen)
    return walls


def _ceiling(set_: Set, box: Box, *, attic: bool) -> None:
    random = set_.random
    x0, x1, y0, y1, top = -box.left, box.right, -box.behind, box.depth, box.ceiling
    draw = random.random()
    if draw < 0.86:
        look = set_.material(tinted(random, 0.65, 0.88, 0.02), CEILING)
    elif draw < 0.93:
        look = set_.material(
            tinted(random, 0.6, 0.8, 0.02),
            CEILING,
            b=grey(0.35),
            pattern="tiles",
            scale=0.6,
            contrast=0.1,
        )
    else:
        wood = tinted(random, 0.2, 0.5, 0.3)
        look = set_.material(
            wood,
            CEILING,
            b=(wood[0] * 0.7, wood[1] * 0.7, wood[2] * 0.7),
            pattern="planks",
            scale=0.12,
            turn=math.pi / 2 * float(random.integers(2)),
        )
    set_.box((x0 - 0.2, y0 - 0.2, top), (x1 + 0.2, y1 + 0.2, top + 0.1), look)
    if attic:
        for side in (-1, 1):
            if random.random() < 0.25:
                continue
            foot, run = random.uniform(0.7, 1.6), random.uniform(0.6, 1.6)
            edge = x0 if side < 0 else x1
            run = min(run, (x1 - x0) * 0.45)
            a = np.array([edge, y0, foot])
            set_.quad(a, np.array([0, y1 - y0, 0.0]), np.array([-side * run, 0, top - foot]), look)
    elif random.random() < 0.12:
        beam = set_.material(tinted(random, 0.1, 0.8, 0.2), CEILING)
        for i in range(int(random.integers(1, 6))):
            y = y0 + (y1 - y0) * (i + 0.7) / 6
            set_.box((x0, y, top - 0.18), (x1, y + 0.14, top), beam)
    elif random.random() < 0.12:
        drop, wide = random.uniform(0.2, 0.5), random.uniform(0.4, 1.2)
        if random.random() < 0.5:
            set_.box((x0, y0, top - drop), (x0 + wide, y1, top), look)
        else:
            set_.box((x0, y1 - wide, top - drop), (x1, y1, top), look)
    if random.random() < 0.2 and not attic:
        trim = set_.material(tinted(random, 0.7, 0.88, 0.02), CEILING)
        for low, high in (
            ((x0, y0), (x0 + 0.08, y1)),
            ((x1 - 0.08, y0), (x1, y1)),
            ((x0, y1 - 0.08), (x1, y1)),
        ):
            set_.box((*low, top - 0.08), (*high, top), trim)


def _openings(
    set_: Set, wall: WallFrame, kind: str, box: Box, *, attic: bool
) -> list[tuple[str, Hole]]:
    """What the wall has, left to right, without overlaps."""
    random = set_.random
    found: list[tuple[str, Hole]] = []
    s = float(random.uniform(0.15, 0.9))
    low_wall = attic and wall.name in ("left", "right")
    weights = {
        "corridor": (0.55, 0.06, 0.06, 0.33)
        if wall.name in ("left", "right")
        else (0.3, 0.3, 0.1, 0.3),
        "bathroom": (0.12, 0.3, 0.0, 0.58),
        "kitchen": (0.12, 0.4, 0.1, 0.38),
    }.get(kind, (0.2, 0.38, 0.1, 0.32))
    top = wall.height
    while s < wall.length - 0.75:
        what = str(random.choice(["door", "window", "passage", "gap"], p=weights))
        if low_wall:
            what = "gap"
        if what == "gap":
            s += float(random.uniform(0.4, 1.6))
            continue
        if what == "door":
            wide = float(random.choice([0.75, 0.8, 0.85, 0.9]))
            if random.random() < 0.1:
                wide *= 2
            hole = (s, s + wide, 0.0, _DOOR_HEIGHT)
        elif what == "passage":
            wide = float(random.uniform(0.85, 2.6))
            hole = (
                s,
                s + wide,
                0.0,
                float(min(top - 0.15, random.choice([_DOOR_HEIGHT, random.uniform(2.1, 2.6)]))),
            )
        else:
            wide = float(random.choice([random.uniform(0.5, 1.3), random.uniform(1.2, 3.2)]))
            if random.random() < 0.22 and kind != "bathroom":
                hole = (s, s + wide, 0.03, float(min(top - 0.15, random.uniform(2.03, 2.5))))
            else:
                sill = float(
                    random.uniform(0.6, 1.1) if kind != "bathroom" else random.uniform(1.1, 1.6)
                )
                hole = (s, s + wide, sill, float(min(top - 0.15, sill + random.uniform(0.6, 1.6))))
        if hole[1] > wall.length - 0.12:
            break
        found.append((what, hole))
        s = hole[1] + float(random.uniform(0.25, 1.5))
    return found


def _open(set_: Set, wall: WallFrame, what: str, hole: Hole, floor: int, paint: int) -> None:
    random = set_.random
    if what == "window":
        add_window(set_, wall, hole)
        if hole[2] < 0.2:
            wall.zone(set_, "glazing", hole[:2], 0.75)
        elif random.random() < 0.4 and hole[2] > 0.6:
            _radiator(set_, wall, hole)
        return
    if what == "passage":
        wall.zone(set_, "passage", hole[:2], 0.75)
        _next_room(set_, wall, hole, floor, paint)
        return
    is_open = bool(random.random() < 0.3)
    wall.zone(set_, "door", hole[:2], 0.9)
    add_door(set_, wall, hole, is_open=is_open)
    _next_room(set_, wall, hole, floor, paint)


def _next_room(set_: Set, wall: WallFrame, hole: Hole, floor: int, paint: int) -> None:
    random = set_.random
    deep = float(random.uniform(1.2, 4.5))
    a, b = hole[0] - float(random.uniform(0.1, 1.5)), hole[1] + float(random.uniform(0.1, 1.5))
    t = (-0.18 - deep, -0.18)
    top = min(wall.height, 2.6)
    ground = floor if random.random() < 0.6 else floor_look(set_)
    wall.box(set_, (a, b), (t[0], 0.0), (-0.1, 0.001), ground)
    look = paint if random.random() < 0.6 else wall_look(set_)
    wall.box(set_, (a - 0.1, a), t, (0.0, top), look)
    wall.box(set_, (b, b + 0.1), t, (0.0, top), look)
    wall.box(set_, (a, b), (t[0] - 0.1, t[0]), (0.0, top), look)
    over = set_.material(grey(0.8), CEILING)
    wall.box(set_, (a, b), t, (top, top + 0.1), over)
    if random.random() < 0.7:
        power = float(random.uniform(0.5, 4))
        middle = np.array(wall.at((a + b) / 2 - 0.3, (t[0] + t[1]) / 2 - 0.3, top - 0.02))
        u, v = np.array([*wall.along, 0.0]) * 0.6, np.array([*wall.inward, 0.0]) * 0.6
        set_.lamp(middle, u, v, (power * 4, power * 3.8, power * 3.5))
    if random.random() < 0.35:
        front = set_.material(tinted(random, 0.1, 0.85, 0.2), FURNITURE)
        dark = set_.material(grey(0.05), FURNITURE)
        wall.box(set_, (a, b), (t[0], t[0] + 0.6), (0.0, 0.88), front)
        wall.box(
            set_,
            (a, b),
            (t[0], t[0] + 0.62),
            (0.88, 0.92),
            dark if random.random() < 0.5 else front,
        )
        if random.random() < 0.6:
            wall.box(set_, (a, b), (t[0], t[0] + 0.35), (1.45, 2.1), front)
        for s in np.arange(a + 0.5, b, 0.5):
            wall.box(
                set_,
                (s, s + 0.012),
                (t[0] + 0.34, t[0] + 0.605),
                (0.0, 2.1 if random.random() < 0.3 else 0.88),
                dark,
            )


def _radiator(set_: Set, wall: WallFrame, hole: Hole) -> None:
    random = set_.random
    thing = set_.thing("radiator")
    look = set_.material(
        tinted(random, 0.6, 0.85, 0.02),
        OTHER,
        b=grey(0.45),
        pattern="stripes",
        scale=float(random.choice([0.05, 0.08])),
    )
    wide = min(hole[1] - hole[0], float(random.uniform(0.6, 1.6)))
    middle = (hole[0] + hole[1]) / 2
    top = min(hole[2] - 0.08, float(random.uniform(0.45, 0.75)))
    s = (middle - wide / 2, middle + wide / 2)
    wall.box(set_, s, (0.03, 0.11), (0.12, top), look, thing)
    wall.zone(set_, "radiator", s, 0.25)
