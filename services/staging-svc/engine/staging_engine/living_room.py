"""The plan of a living room: sofa, rug, table, chairs, lamp, plant, pictures, sideboard."""

from __future__ import annotations

import math
from collections.abc import Iterator

from staging_engine.planner import (
    Anchor,
    Plan,
    corner_places,
    find_anchor,
    hang_pictures,
    lay_rug,
    wall_behind,
    wall_places,
)
from staging_engine.site import WALLS, Footprint

_RUG_SIZES = ((2.9, 2.0), (2.6, 1.8), (2.3, 1.6), (2.0, 1.4), (1.6, 1.1))
# The rug lies under the front of the sofa.
_RUG_UNDER_SOFA_M = 0.3
_LEG_ROOM_M = 0.40


def plan_living_room(plan: Plan) -> bool:
    """Furnish around a sofa; False when no place for one was found."""
    piece = plan.furniture["sofa"]
    anchor = find_anchor(plan, piece, may_float=True)
    if anchor is None:
        return False
    plan.add("sofa", piece, anchor.place, scale=(anchor.scale,) * 3)
    plan.keep_visible.append(anchor.screen)
    sofa = anchor.place
    lay_rug(plan, _rugs(sofa), floor=0.72)
    table = _coffee_table(plan, sofa)
    if anchor.wall is not None:
        hang_pictures(
            plan, anchor.wall, anchor.along, piece.height * anchor.scale + 0.3, sofa.width
        )
    _chairs(plan, sofa, table)
    _lamp(plan, sofa)
    plan.put_first("plant", plan.furniture["plant"], _plant_places(plan, sofa), floor=0.6)
    _sideboard(plan, anchor)
    return True


def _rugs(sofa: Footprint) -> Iterator[tuple[float, float, Footprint]]:
    for width, depth in _RUG_SIZES:
        forward = sofa.depth / 2 + depth / 2 - _RUG_UNDER_SOFA_M
        yield width, depth, Footprint(*sofa.at(0.0, forward), width, depth, sofa.rotation)


def _coffee_table(plan: Plan, sofa: Footprint) -> Footprint:
    """The coffee table's place, also when there was no room to put it."""
    piece = plan.furniture["coffee_table"]
    places = [
        Footprint(
            *sofa.at(0.0, sofa.depth / 2 + gap + piece.depth / 2),
            piece.width,
            piece.depth,
            sofa.rotation,
        )
        for gap in (_LEG_ROOM_M, 0.32)
    ]
    kept, plan.keep_visible = plan.keep_visible, []
    found = plan.put_first("coffee_table", piece, places, gap=0.05, floor=0.6, largest=0.14)
    plan.keep_visible = kept
    return found or places[0]


def _chairs(plan: Plan, sofa: Footprint, table: Footprint) -> None:
    """One armchair, in a large room two, turned to the table."""
    piece = plan.furniture["armchair"]
    wanted = 2 if (plan.site.right - plan.site.left) > 4.6 and plan.site.depth > 4.5 else 1
    for side in plan.sides():
        if wanted == 0:
            return
        places = []
        for out, forward in ((1.55, 0.95), (1.75, 0.7), (1.45, 1.3), (1.95, 1.0)):
            x, y = sofa.at(side * out, forward + 0.2)
            turned = math.atan2(table.x - x, -(table.y - y)) + plan.random.uniform(-0.12, 0.12)
            places.append(Footprint(x, y, piece.width, piece.depth, turned))
        placed = plan.put_first("armchair", piece, places, gap=0.12, seen=0.9)
        if placed is not None:
            wanted -= 1
            _side_table(plan, placed)


def _side_table(plan: Plan, chair: Footprint) -> None:
    """A small table on the chair's far side, where it hides nothing."""
    piece = plan.furniture["side_table"]
    places = [
        Footprint(*chair.at(across, forward), piece.width, piece.depth, chair.rotation)
        for across in (0.68, -0.68)
        for forward in (-0.15, 0.05)
    ]
    places.sort(key=lambda place: -math.hypot(place.x, place.y))
    plan.put_first("side_table", piece, places[:2], gap=0.05, seen=0.9)


def _lamp(plan: Plan, sofa: Footprint) -> None:
    piece = plan.furniture["floor_lamp"]
    size = 0.42
    places = [
        Footprint(
            *sofa.at(side * (sofa.width / 2 + out), -sofa.depth / 2 + 0.25),
            size,
            size,
            sofa.rotation,
        )
        for out in (0.38, 0.55, 0.75)
        for side in plan.sides()
    ]
    plan.put_first("floor_lamp", piece, places, gap=0.04, floor=0.6)


def _plant_places(plan: Plan, sofa: Footprint) -> list[Footprint]:
    piece = plan.furniture["plant"]
    half = max(piece.width, piece.depth) * 0.42
    beside = [
        Footprint(
            *sofa.at(side * (sofa.width / 2 + half + out), -sofa.depth / 2 + half),
            2 * half,
            2 * half,
            0.4,
        )
        for out in (0.1, 0.3, 0.7)
        for side in plan.sides()
    ]
    return corner_places(plan, piece)[:4] + beside


def _sideboard(plan: Plan, anchor: Anchor) -> None:
    """Something for a second wall, so that a large room is not furnished at one end only."""
    piece = plan.furniture["sideboard"]
    walls = [wall for wall in WALLS if wall != anchor.wall]
    placed = plan.put_first(
        "sideboard", piece, wall_places(plan, piece, walls, quiet_above=1.0), gap=0.5
    )
    if placed is not None:
        wall, along = wall_behind(placed)
        hang_pictures(plan, wall, along, piece.height + 0.12, placed.width)
