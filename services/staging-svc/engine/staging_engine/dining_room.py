"""The plan of a dining room: table, chairs, rug, pendant, sideboard, pictures, plant."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from staging_engine.filling import hang_on_free_wall, stand_plants, stand_sideboard
from staging_engine.footprint import Footprint
from staging_engine.planner import Plan, lay_rug
from staging_engine.reading_corner import reading_corner

# Chairs are drawn out a little, and a person passes behind them.
_CHAIR_SPACE_M = 0.55
_CHAIR_HEIGHT_M = 0.8
_TABLE_STEP_M, _MOST_STEPS = 0.2, 25
_PENDANT_HEIGHT_M = 1.58
_LOWEST_CEILING_M = 2.2
_CORD_TOP_M = 0.08
_HEAD_ROOM_M = 0.4
_LEAST_SEEN = 0.7
_SIDEBOARD_APART_M = 0.5


@dataclass(frozen=True, slots=True)
class _Size:
    """A table as a share of the piece, the room beside it and its chairs, and how many of those it needs."""

    width: float
    depth: float
    beside_m: float
    fewest_chairs: int

    @property
    def is_small(self) -> bool:
        return self.fewest_chairs == 2


# As a second group, it leaves a fireplace in view, and is not much larger in the photo than the sofa.
_MOST_OF_FIRE, _LARGEST_SECOND = 0.1, 1.3
# A smaller table where it stands better.
_SMALLER = 2.0
# Of a table that the photo's edge cuts.
_CUT = 1.5
_SIZES = (_Size(1.0, 1.0, 0.2, 3), _Size(0.75, 0.9, 0.1, 3), _Size(0.5, 0.85, 0.05, 2))


def plan_dining_room(start: Callable[[], Plan]) -> Plan | None:
    """Furnish around a table; None when there is no room for table and chairs."""
    plan = start()
    table = dining_group(plan, gap=0.0)
    if table is None:
        return None
    stand_sideboard(plan, gap=_SIDEBOARD_APART_M)
    if plan.is_large:
        reading_corner(plan, table)
    stand_plants(plan, table)
    hang_on_free_wall(plan)
    return plan


def dining_group(plan: Plan, *, gap: float) -> Footprint | None:
    """Set a table with its chairs, rug and lamp `gap` away from what stands, if there is room; where there is little,
    a small table for two."""
    table, chair = plan.furniture["dining_table"], plan.furniture["dining_chair"]
    scored = [
        (score - _SMALLER * (1 - size.width), place, size)
        for size in _SIZES
        for place in _places(plan, size)
        if (score := _score(plan, place, size, gap)) > 0
    ]
    for _, place, size in sorted(scored, key=lambda found: -found[0]):
        chairs = [seat for seat in _chairs(plan, place, size) if plan.may_stand(seat)]
        standing = [*plan.standing, place, *chairs]
        if len(chairs) < size.fewest_chairs or not plan.site.passable(standing):
            continue
        _rug(plan, place)
        plan.add("dining_table", table, place, scale=(size.width, size.depth, 1.0))
        for seat in chairs:
            plan.add("dining_chair", chair, seat)
        _pendant(plan, place)
        plan.keep(place, _CHAIR_HEIGHT_M)
        return place
    return None


def _places(plan: Plan, size: _Size) -> Iterator[Footprint]:
    site, table = plan.site, plan.furniture["dining_table"]
    width, depth = table.width * size.width, table.depth * size.depth
    step = max(_TABLE_STEP_M, math.sqrt(plan.site.room.area_m2) / _MOST_STEPS)
    for x in np.arange(site.left + width / 2 + 0.3, site.right - width / 2 - 0.2, step):
        for y in np.arange(2.0, site.depth - 0.9, step):
            for rotation in (0.0, math.pi / 2):
                yield Footprint(float(x), float(y), width, depth, rotation)


def _score(plan: Plan, place: Footprint, size: _Size, gap: float) -> float:
    """How good a place for the table is; nothing where table and chairs have no room."""
    site = plan.site
    group = Footprint(
        place.x,
        place.y,
        place.width + 2 * size.beside_m,
        place.depth + 2 * _CHAIR_SPACE_M + 2 * size.beside_m,
        place.rotation,
    )
    if not site.contains(group) or site.nearest(group) < 1.3 or not plan.is_free(group, gap):
        return 0.0
    seen = site.seen(group)
    if seen < _LEAST_SEEN or site.on_floor(group) < 0.75 or not site.stands(place):
        return 0.0
    screen = site.screen_box(group, 0.0, _CHAIR_HEIGHT_M)
    if plan.standing and (
        plan.hides(group, _CHAIR_HEIGHT_M)
        or plan.before_fireplaces(screen) > _MOST_OF_FIRE
        or screen.area > _LARGEST_SECOND * plan.keep_visible[0][1].area
    ):
        return 0.0
    off_centre = abs((screen.left + screen.right) / 2 - 0.5)
    middle = abs(place.x - (site.left + site.right) / 2)
    penalty = (
        0.5 * off_centre
        + 0.1 * middle
        + 3 * max(0.0, screen.area - 0.24)
        + 0.8 * max(plan.before_ways(group, screen), plan.before_fireplaces(screen))
        + _CUT * site.cut(group, _CHAIR_HEIGHT_M)
    )
    return 2.0 + seen + 3 * min(screen.area, 0.18) - penalty


def _rug(plan: Plan, table: Footprint) -> None:
    """A rug that also carries the chairs when they are drawn out, else none."""
    sizes = [(table.width + 1.2, table.depth + 1.6), (table.width + 0.9, table.depth + 1.3)]
    lay_rug(
        plan,
        [
            (width, depth, Footprint(table.x, table.y, width, depth, table.rotation))
            for width, depth in sizes
        ],
    )


def _chairs(plan: Plan, table: Footprint, size: _Size) -> list[Footprint]:
    """Two on each long side, and one at either head where the room is wide enough; one on each side of a small table."""
    piece = plan.furniture["dining_chair"]
    reach, quarter = table.depth / 2 + piece.depth * 0.22, table.width * 0.23
    sides = [
        (across, side * reach, 0.0 if side < 0 else math.pi)
        for side in (-1, 1)
        for across in ((0.0,) if size.is_small else (-quarter, quarter))
    ]
    chairs = [_chair(plan, table, spot) for spot in sides]
    if size.is_small:
        return chairs
    head = table.width / 2 + piece.depth * 0.28
    at_heads = [_chair(plan, table, (side * head, 0.0, -side * math.pi / 2)) for side in (-1, 1)]
    if all(plan.site.contains(place, _HEAD_ROOM_M) for place in at_heads):
        chairs += at_heads
    return chairs


def _chair(plan: Plan, table: Footprint, spot: tuple[float, float, float]) -> Footprint:
    """A chair at (across, forward, turned) of the table; nobody sets chairs out with a ruler."""
    piece, (across, forward, turned) = plan.furniture["dining_chair"], spot
    rotation = table.rotation + turned + plan.random.uniform(-0.07, 0.07)
    return Footprint(*table.at(across, forward), piece.width, piece.depth, rotation)


def _pendant(plan: Plan, table: Footprint) -> None:
    site, piece, cord = plan.site, plan.furniture["pendant"], plan.furniture["cord"]
    if site.ceiling < _LOWEST_CEILING_M or site.has_lamp:
        return
    place = Footprint(table.x, table.y, piece.width, piece.depth, table.rotation)
    plan.add("pendant", piece, place, height=_PENDANT_HEIGHT_M, solid=False)
    bottom = _PENDANT_HEIGHT_M + _CORD_TOP_M
    length = (site.ceiling - bottom) / cord.height
    plan.add("cord", cord, place, height=bottom, scale=(1.0, 1.0, length), solid=False)
