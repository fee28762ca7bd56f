"""The plan of a dining room: table, chairs, rug, pendant, sideboard, pictures, plant."""

from __future__ import annotations

import math

import numpy as np

from staging_engine.planner import (
    Plan,
    corner_places,
    hang_pictures,
    lay_rug,
    wall_behind,
    wall_places,
)
from staging_engine.site import WALLS, Footprint

# Chairs are drawn out a little, and a person passes behind them.
_CHAIR_SPACE_M = 0.55
_TABLE_STEP_M = 0.15
_PENDANT_HEIGHT_M = 1.58
_LOWEST_CEILING_M = 2.2
_CORD_TOP_M = 0.08
_HEAD_ROOM_M = 0.4


def plan_dining_room(plan: Plan) -> bool:
    """Furnish around a table; False when there is no room for table and chairs."""
    place = _table_place(plan)
    if place is None:
        return False
    table = plan.furniture["dining_table"]
    _rug(plan, place)
    plan.add("dining_table", table, place)
    _chairs(plan, place)
    _pendant(plan, place)
    _sideboard(plan)
    plant = plan.furniture["plant"]
    plan.put_first("plant", plant, corner_places(plan, plant), floor=0.6, gap=0.15)
    return True


def _table_place(plan: Plan) -> Footprint | None:
    """Where table and chairs are on seen floor, near the middle of the photo."""
    site, table = plan.site, plan.furniture["dining_table"]
    best: tuple[float, Footprint] | None = None
    for x in np.arange(site.left + 1.2, site.right - 1.1, _TABLE_STEP_M):
        for y in np.arange(2.2, site.depth - 1.2, _TABLE_STEP_M):
            for rotation in (0.0, math.pi / 2):
                place = Footprint(float(x), float(y), table.width, table.depth, rotation)
                score = _table_score(plan, place)
                if score is not None and (best is None or score > best[0]):
                    best = (score, place)
    return best[1] if best else None


def _table_score(plan: Plan, place: Footprint) -> float | None:
    site = plan.site
    group = Footprint(
        place.x,
        place.y,
        place.width + 0.4,
        place.depth + 2 * _CHAIR_SPACE_M + 0.4,
        place.rotation,
    )
    if not site.contains(group) or site.nearest(group) < 1.3:
        return None
    seen, on_floor = site.seen(group)
    if on_floor < 0.75:
        return None
    screen = site.screen_box(group, 0.0, 0.8)
    off_centre = abs((screen.left + screen.right) / 2 - 0.5)
    middle = abs(place.x - (site.left + site.right) / 2)
    penalty = 0.5 * off_centre + 0.1 * middle + 3 * max(0.0, screen.area - 0.24)
    return on_floor + 0.5 * seen + 3 * min(screen.area, 0.18) - penalty


def _rug(plan: Plan, table: Footprint) -> None:
    sizes = [(table.width + 1.0, table.depth + 1.5), (table.width + 0.7, table.depth + 1.2)]
    places = [
        (width, depth, Footprint(table.x, table.y, width, depth, table.rotation))
        for width, depth in sizes
    ]
    lay_rug(plan, places, floor=0.7)


def _chairs(plan: Plan, table: Footprint) -> None:
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
    for place in chairs:
        if plan.site.contains(place):
            plan.add("dining_chair", piece, place)


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
