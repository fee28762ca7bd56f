"""The plan of a living room: sofa, rug, tables, chairs, lamp, sideboard, plants, pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product

from staging_engine.anchors import Anchor, find_anchors, fullest
from staging_engine.dining_room import dining_group
from staging_engine.filling import hang_on_free_wall, stand_plants, stand_sideboard
from staging_engine.footprint import Footprint
from staging_engine.planner import TURNED_AWAY, Plan, facing_camera, hang_pictures, lay_rug
from staging_engine.reading_corner import put_beside, reading_corner

# Narrower than the sofa, a rug looks like a mat.
_RUG_SIZES = ((3.2, 2.2), (2.9, 2.0), (2.6, 1.8), (2.3, 1.6), (2.0, 1.4), (1.7, 1.2))
# The rug lies under the front of the sofa.
_RUG_UNDER_SOFA_M = 0.3
_LEG_ROOM_M = 0.40
_DINING_APART_M, _SIDEBOARD_APART_M = 0.8, 0.4
_LARGEST_CHAIR, _LARGEST_LAMP = 0.1, 0.06


def plan_living_room(start: Callable[[], Plan]) -> Plan | None:
    """Furnish around a sofa; None when no place for one was found."""
    empty = start()
    anchors = find_anchors(empty, empty.furniture["sofa"], may_float=True)
    return fullest(start, anchors, _furnish, _fill)


def _furnish(plan: Plan, anchor: Anchor) -> None:
    """The group around the sofa."""
    piece = plan.furniture["sofa"]
    plan.add("sofa", piece, anchor.place, scale=anchor.scale)
    plan.keep(anchor.place, anchor.height)
    sofa = anchor.place
    lay_rug(plan, _rugs(sofa))
    table = _coffee_table(plan, sofa)
    if anchor.wall is not None:
        hang_pictures(plan, anchor.wall, anchor.along, anchor.height + 0.3, sofa.width)
    _chairs(plan, sofa, table)
    _lamp(plan, sofa)


def _fill(plan: Plan, anchor: Anchor) -> None:
    """A second group where there is place for one, and something along the walls."""
    sofa = anchor.place
    chairs = [placement.name for placement in plan.placements].count("armchair")
    if plan.is_large:
        dining_group(plan, gap=_DINING_APART_M)
    # A third armchair would make a waiting room of it.
    if chairs < 2 and not plan.is_small:
        reading_corner(plan, sofa)
    stand_sideboard(plan, gap=_SIDEBOARD_APART_M)
    _side_table(plan, sofa)
    stand_plants(plan, sofa)
    hang_on_free_wall(plan)


def _rugs(sofa: Footprint) -> Iterator[tuple[float, float, Footprint]]:
    for width, depth in _RUG_SIZES:
        if width < sofa.width:
            continue
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
    """One armchair, in all but small rooms two, turned to the table: at its ends or across from the sofa."""
    piece = plan.furniture["armchair"]
    wanted = 1 if plan.is_small else 2
    beside = ((1.55, 0.95), (1.75, 0.7), (1.45, 1.3), (1.95, 1.0))
    across = ((0.6, 2.0), (0.6, 2.3), (1.0, 2.0), (1.2, 1.7))
    places = []
    for spots in (beside, across):
        for side, (out, forward) in product(plan.sides(), spots):
            x, y = sofa.at(side * out, forward + 0.2)
            turned = math.atan2(table.x - x, -(table.y - y)) + plan.random.uniform(-0.12, 0.12)
            places.append(Footprint(x, y, piece.width, piece.depth, turned))
    places = [place for place in places if facing_camera(place) > TURNED_AWAY]
    for _ in range(wanted):
        placed = plan.put_first(
            "armchair", piece, places, gap=0.12, seen=0.9, largest=_LARGEST_CHAIR
        )
        if placed is not None:
            put_beside(plan, placed)


def _lamp(plan: Plan, sofa: Footprint) -> None:
    """At the end of the sofa that is farther from us, if it fits there: at the other it stands large before all."""
    piece = plan.furniture["floor_lamp"]
    size = 0.42
    places = [
        Footprint(
            *sofa.at(side * (sofa.width / 2 + out), -sofa.depth / 2 + forward),
            size,
            size,
            sofa.rotation,
        )
        for side in sorted((-1, 1), key=lambda side: -math.hypot(*sofa.at(side, 0.0)))
        for forward in (0.25, 0.4, 0.55)
        for out in (0.38, 0.55, 0.75)
    ]
    plan.put_first("floor_lamp", piece, places, gap=0.04, largest=_LARGEST_LAMP)


def _side_table(plan: Plan, sofa: Footprint) -> None:
    """At the end of the sofa where no lamp stands."""
    piece = plan.furniture["side_table"]
    places = [
        Footprint(
            *sofa.at(side * (sofa.width / 2 + out), piece.depth / 2 - sofa.depth / 2 + forward),
            piece.width,
            piece.depth,
            sofa.rotation,
        )
        for forward in (0.1, 0.25)
        for out in (0.28, 0.36)
        for side in plan.sides()
    ]
    plan.put_first("side_table", piece, places, gap=0.04, seen=0.95)
