"""The plan of a living room: sofa, rug, table, chairs, lamp, plant, pictures, sideboard."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product

from staging_engine.anchors import Anchor, find_anchors, fullest
from staging_engine.dining_room import dining_group
from staging_engine.footprint import Footprint
from staging_engine.planner import (
    ALL_ON_FLOOR,
    LARGEST_CROWN_M,
    TURNED_AWAY,
    Plan,
    corner_places,
    facing_camera,
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
_SMALL_ROOM_M2, _LARGE_ROOM_M2 = 13.0, 22.0
_DINING_APART_M = 0.8
_LARGEST_CHAIR, _LARGEST_SIDEBOARD = 0.1, 0.09


def plan_living_room(start: Callable[[], Plan]) -> Plan | None:
    """Furnish around a sofa; None when no place for one was found."""
    empty = start()
    return fullest(start, find_anchors(empty, empty.furniture["sofa"], may_float=True), _furnish)


def _furnish(plan: Plan, anchor: Anchor) -> None:
    piece = plan.furniture["sofa"]
    plan.add("sofa", piece, anchor.place, scale=anchor.scale)
    plan.keep(anchor.place, anchor.height)
    sofa = anchor.place
    lay_rug(plan, _rugs(sofa))
    table = _coffee_table(plan, sofa)
    if anchor.wall is not None:
        hang_pictures(plan, anchor.wall, anchor.along, anchor.height + 0.3, sofa.width)
    chairs = _chairs(plan, sofa, table)
    _lamp(plan, sofa)
    # A third armchair would make a waiting room of it.
    if (
        plan.area > _LARGE_ROOM_M2
        and dining_group(plan, gap=_DINING_APART_M) is None
        and chairs < 2
    ):
        reading_corner(plan, table)
    _sideboard(plan)
    for _ in range(2 if plan.area > _SMALL_ROOM_M2 else 1):
        places = _plant_places(plan, sofa)
        plan.put_first("plant", plan.furniture["plant"], places, on_floor=ALL_ON_FLOOR)


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


def _chairs(plan: Plan, sofa: Footprint, table: Footprint) -> int:
    """One armchair, in all but small rooms two, turned to the table: at its ends or across from the sofa. How many
    found a place."""
    piece = plan.furniture["armchair"]
    wanted = 2 if plan.area > _SMALL_ROOM_M2 else 1
    beside = ((1.55, 0.95), (1.75, 0.7), (1.45, 1.3), (1.95, 1.0))
    across = ((0.6, 2.0), (0.6, 2.3), (1.0, 2.0), (1.2, 1.7))
    places = []
    for spots in (beside, across):
        for side, (out, forward) in product(plan.sides(), spots):
            x, y = sofa.at(side * out, forward + 0.2)
            turned = math.atan2(table.x - x, -(table.y - y)) + plan.random.uniform(-0.12, 0.12)
            places.append(Footprint(x, y, piece.width, piece.depth, turned))
    places = [place for place in places if facing_camera(place) > TURNED_AWAY]
    found = 0
    for _ in range(wanted):
        placed = plan.put_first(
            "armchair", piece, places, gap=0.12, seen=0.9, largest=_LARGEST_CHAIR
        )
        if placed is not None:
            put_beside(plan, placed)
            found += 1
    return found


def _lamp(plan: Plan, sofa: Footprint) -> None:
    piece = plan.furniture["floor_lamp"]
    size = 0.42
    places = [
        Footprint(
            *sofa.at(side * (sofa.width / 2 + out), -sofa.depth / 2 + forward),
            size,
            size,
            sofa.rotation,
        )
        for forward in (0.25, 0.4)
        for out in (0.38, 0.55, 0.75)
        for side in plan.sides()
    ]
    plan.put_first("floor_lamp", piece, places, gap=0.04)


def _plant_places(plan: Plan, sofa: Footprint) -> list[Footprint]:
    piece = plan.furniture["plant"]
    half = min(max(piece.width, piece.depth), LARGEST_CROWN_M) / 2
    beside = [
        Footprint(
            *sofa.at(side * (sofa.width / 2 + half + out), -sofa.depth / 2 + half),
            2 * half,
            2 * half,
            sofa.rotation,
        )
        for out in (0.1, 0.3, 0.7)
        for side in plan.sides()
    ]
    return corner_places(plan, piece)[:4] + beside


def _sideboard(plan: Plan) -> None:
    """Something for another wall, so that a large room is not furnished at one end only."""
    piece = plan.furniture["sideboard"]
    placed = plan.put_first(
        "sideboard",
        piece,
        wall_places(plan, piece, WALLS, quiet_above=1.0),
        gap=0.5,
        largest=_LARGEST_SIDEBOARD,
    )
    if placed is not None:
        wall, along = wall_behind(placed)
        hang_pictures(plan, wall, along, piece.height + 0.12, placed.width)
