"""The plan of a living room: sofa, rug, table, chairs, lamp, plant, pictures, sideboard."""

from __future__ import annotations

import math
from collections.abc import Iterator

from staging_engine.dining_room import dining_group
from staging_engine.footprint import Footprint
from staging_engine.planner import (
    TURNED_AWAY,
    Anchor,
    Plan,
    corner_places,
    facing_camera,
    find_anchor,
    hang_pictures,
    lay_rug,
    wall_behind,
    wall_places,
)
from staging_engine.reading_corner import put_beside, reading_corner
from staging_engine.site import WALLS

# Narrower than the sofa, a rug looks like a mat.
_RUG_SIZES = ((3.2, 2.2), (2.9, 2.0), (2.6, 1.8), (2.3, 1.6))
# The rug lies under the front of the sofa.
_RUG_UNDER_SOFA_M = 0.3
_LEG_ROOM_M = 0.40
_LARGE_ROOM_M2 = 22.0
_DINING_APART_M = 0.8


def plan_living_room(plan: Plan) -> bool:
    """Furnish around a sofa; False when no place for one was found."""
    piece = plan.furniture["sofa"]
    anchor = find_anchor(plan, piece, may_float=True)
    if anchor is None:
        return False
    plan.add("sofa", piece, anchor.place, scale=(anchor.scale,) * 3)
    plan.keep_visible.append(anchor.screen)
    sofa = anchor.place
    lay_rug(plan, _rugs(sofa))
    table = _coffee_table(plan, sofa)
    if anchor.wall is not None and anchor.is_flush:
        hang_pictures(
            plan, anchor.wall, anchor.along, piece.height * anchor.scale + 0.3, sofa.width
        )
    _chairs(plan, sofa, table)
    _lamp(plan, sofa)
    if plan.area > _LARGE_ROOM_M2:
        _ = dining_group(plan, gap=_DINING_APART_M) or reading_corner(plan, table)
    plan.put_first("plant", plan.furniture["plant"], _plant_places(plan, sofa))
    _sideboard(plan, anchor)
    return True


def _rugs(sofa: Footprint) -> Iterator[tuple[float, float, Footprint]]:
    for width, depth in _RUG_SIZES:
        forward = sofa.depth / 2 + depth / 2 - _RUG_UNDER_SOFA_M
        for across in (0.0, -0.25, 0.25):
            yield width, depth, Footprint(*sofa.at(across, forward), width, depth, sofa.rotation)


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
    # It is low, whatever stands on it, and hides nothing.
    for place in places:
        if plan.may_stand(place, gap=0.05):
            plan.add("coffee_table", piece, place)
            return place
    return places[0]


def _chairs(plan: Plan, sofa: Footprint, table: Footprint) -> None:
    """One armchair, in a large room two, turned to the table; those that show us their face first."""
    piece = plan.furniture["armchair"]
    wanted = 2 if (plan.site.right - plan.site.left) > 4.2 and plan.site.depth > 4.2 else 1
    places = []
    for side in plan.sides():
        for out, forward in ((1.55, 0.95), (1.75, 0.7), (1.45, 1.3), (1.95, 1.0)):
            x, y = sofa.at(side * out, forward + 0.2)
            turned = math.atan2(table.x - x, -(table.y - y)) + plan.random.uniform(-0.12, 0.12)
            places.append(Footprint(x, y, piece.width, piece.depth, turned))
    places = [place for place in places if facing_camera(place) > TURNED_AWAY]
    for _ in range(wanted):
        placed = plan.put_first("armchair", piece, places, gap=0.12, seen=0.9)
        if placed is not None:
            put_beside(plan, placed)


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
    plan.put_first("floor_lamp", piece, places, gap=0.04)


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
