"""The plan of a dining room: table, chairs, rug, pendant, sideboard, pictures, plant."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from staging_engine.footprint import Footprint
from staging_engine.planner import (
    ALL_ON_FLOOR,
    Plan,
    corner_places,
    hang_pictures,
    lay_rug,
    wall_behind,
    wall_places,
)
from staging_engine.reading_corner import reading_corner
from staging_engine.site import WALLS

# Chairs are drawn out a little, and a person passes behind them.
_CHAIR_SPACE_M = 0.55
_CHAIR_HEIGHT_M = 0.8
_TABLE_STEP_M = 0.2
_PENDANT_HEIGHT_M = 1.58
_LOWEST_CEILING_M = 2.2
_CORD_TOP_M = 0.08
_HEAD_ROOM_M = 0.4
_FEWEST_CHAIRS = 3
_LEAST_SEEN = 0.7
_LARGE_ROOM_M2 = 22.0


def plan_dining_room(start: Callable[[], Plan]) -> Plan | None:
    """Furnish around a table; None when there is no room for table and chairs."""
    plan = start()
    table = dining_group(plan, gap=0.0)
    if table is None:
        return None
    _sideboard(plan)
    if plan.area > _LARGE_ROOM_M2:
        reading_corner(plan, table)
    plant = plan.furniture["plant"]
    places = corner_places(plan, plant)
    plan.put_first("plant", plant, places, gap=0.15, on_floor=ALL_ON_FLOOR)
    return plan


def dining_group(plan: Plan, *, gap: float) -> Footprint | None:
    """Set a table with its chairs, rug and lamp `gap` away from what stands, if there is room."""
    table, chair = plan.furniture["dining_table"], plan.furniture["dining_chair"]
    scored = [(_score(plan, place, gap), place) for place in _places(plan)]
    possible = [pair for pair in scored if pair[0] > 0]
    for _, place in sorted(possible, key=lambda pair: -pair[0]):
        chairs = [seat for seat in _chairs(plan, place) if plan.may_stand(seat)]
        standing = [*plan.standing, place, *chairs]
        if len(chairs) < _FEWEST_CHAIRS or not plan.site.passable(standing):
            continue
        _rug(plan, place)
        plan.add("dining_table", table, place)
        for seat in chairs:
            plan.add("dining_chair", chair, seat)
        _pendant(plan, place)
        plan.keep(place, _CHAIR_HEIGHT_M)
        return place
    return None


def _places(plan: Plan) -> Iterator[Footprint]:
    site, table = plan.site, plan.furniture["dining_table"]
    for x in np.arange(site.left + 1.2, site.right - 1.1, _TABLE_STEP_M):
        for y in np.arange(2.2, site.depth - 1.2, _TABLE_STEP_M):
            for rotation in (0.0, math.pi / 2):
                yield Footprint(float(x), float(y), table.width, table.depth, rotation)


def _score(plan: Plan, place: Footprint, gap: float) -> float:
    """How good a place for the table is; nothing where table and chairs have no room."""
    site = plan.site
    group = Footprint(
        place.x,
        place.y,
        place.width + 0.4,
        place.depth + 2 * _CHAIR_SPACE_M + 0.4,
        place.rotation,
    )
    if not site.contains(group) or not plan.is_free(group, gap) or site.nearest(group) < 1.3:
        return 0.0
    seen = site.seen(group)
    if seen < _LEAST_SEEN or site.on_floor(group) < 0.75 or not site.stands(place):
        return 0.0
    screen = site.screen_box(group, 0.0, _CHAIR_HEIGHT_M)
    if plan.standing and plan.hides(group, _CHAIR_HEIGHT_M):
        return 0.0
    off_centre = abs((screen.left + screen.right) / 2 - 0.5)
    middle = abs(place.x - (site.left + site.right) / 2)
    penalty = (
        0.5 * off_centre
        + 0.1 * middle
        + 3 * max(0.0, screen.area - 0.24)
        + 0.8 * plan.before_ways(group, screen)
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


def _chairs(plan: Plan, table: Footprint) -> list[Footprint]:
    """Two on each long side, and one at either head where the room is wide enough."""
    piece = plan.furniture["dining_chair"]
    reach, quarter = table.depth / 2 + piece.depth * 0.22, table.width * 0.23
    sides = [
        (across, side * reach, 0.0 if side < 0 else math.pi)
        for side in (-1, 1)
        for across in (-quarter, quarter)
    ]
    head = table.width / 2 + piece.depth * 0.28
    heads = [(side * head, 0.0, -side * math.pi / 2) for side in (-1, 1)]
    chairs = [_chair(plan, table, spot) for spot in sides]
    at_heads = [_chair(plan, table, spot) for spot in heads]
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
    if site.ceiling < _LOWEST_CEILING_M:
        return
    place = Footprint(table.x, table.y, piece.width, piece.depth, table.rotation)
    plan.add("pendant", piece, place, height=_PENDANT_HEIGHT_M, solid=False)
    bottom = _PENDANT_HEIGHT_M + _CORD_TOP_M
    length = (site.ceiling - bottom) / cord.height
    plan.add("cord", cord, place, height=bottom, scale=(1.0, 1.0, length), solid=False)


def _sideboard(plan: Plan) -> None:
    piece = plan.furniture["sideboard"]
    places = wall_places(plan, piece, WALLS, quiet_above=1.0)
    placed = plan.put_first("sideboard", piece, places, gap=0.6)
    if placed is None:
        return
    wall, along = wall_behind(placed)
    hang_pictures(plan, wall, along, piece.height + 0.15, placed.width)
