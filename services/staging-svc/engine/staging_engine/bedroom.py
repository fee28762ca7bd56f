"""The plan of a bedroom: bed, nightstands with lamps, rug, pictures, plant, bench, chest, desk or chair."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import product

from staging_engine.anchors import Anchor, find_anchors, fullest
from staging_engine.filling import hang_on_free_wall, stand_plants, stand_sideboard
from staging_engine.footprint import Footprint
from staging_engine.planner import (
    TURNED_AWAY,
    Plan,
    facing_camera,
    hang_pictures,
    lay_rug,
    wall_places,
)
from staging_engine.reading_corner import reading_corner
from staging_engine.site import WALLS, Wall

_RUG_SIZES = ((2.9, 1.8), (2.6, 1.6), (2.4, 1.4), (2.1, 1.2), (1.8, 1.1))
# Less beside the bed, and a rug looks like a mat.
_RUG_WIDER_M = 0.4
_APART_M = 0.6
# Where it is not clear up to where the floor reaches, they stand a little before the wall.
_NIGHTSTANDS_FORWARD_M = (0.0, 0.1, 0.2)


def plan_bedroom(start: Callable[[], Plan]) -> Plan | None:
    """Furnish around a bed against a wall; None when no wall has room for one."""
    empty = start()
    anchors = find_anchors(empty, empty.furniture["bed"], may_float=False)
    return fullest(start, anchors, _furnish, _fill)


def _furnish(plan: Plan, anchor: Anchor) -> None:
    """The bed and what belongs to it."""
    piece = plan.furniture["bed"]
    bed = anchor.place
    plan.add("bed", piece, bed, scale=anchor.scale)
    plan.keep(bed, anchor.height)
    lay_rug(plan, _rugs(bed))
    _nightstands(plan, bed)
    if anchor.wall is not None:
        hang_pictures(plan, anchor.wall, anchor.along, anchor.height + 0.16, bed.width)
    _bench(plan, bed)


def _fill(plan: Plan, anchor: Anchor) -> None:
    """Something along the other walls."""
    walls = [wall for wall in WALLS if wall != anchor.wall]
    # As a chest of drawers.
    stand_sideboard(plan, walls, gap=_APART_M, under="mirror")
    _ = _desk(plan, walls) or reading_corner(plan, anchor.place)
    stand_plants(plan, anchor.place)
    hang_on_free_wall(plan)


def _rugs(bed: Footprint) -> Iterator[tuple[float, float, Footprint]]:
    for width, depth in _RUG_SIZES:
        if width < bed.width + _RUG_WIDER_M:
            continue
        forward = bed.depth / 2 - depth / 2 + 0.45
        yield width, depth, Footprint(*bed.at(0.0, forward), width, depth, bed.rotation)


def _nightstands(plan: Plan, bed: Footprint) -> None:
    piece, lamp = plan.furniture["nightstand"], plan.furniture["table_lamp"]
    kept, plan.keep_visible = plan.keep_visible, []
    for side, forward in product((-1, 1), _NIGHTSTANDS_FORWARD_M):
        across = side * (bed.width / 2 + piece.width / 2 + 0.05)
        along = -bed.depth / 2 + piece.depth / 2 + forward
        place = Footprint(*bed.at(across, along), piece.width, piece.depth, bed.rotation)
        if plan.fits(place, piece.height, gap=0.01, seen=0.75):
            plan.add("nightstand", piece, place)
            plan.add("table_lamp", lamp, place, height=piece.height, solid=False)
    plan.keep_visible = kept


def _bench(plan: Plan, bed: Footprint) -> None:
    """At the foot of the bed, where people can still walk past."""
    piece = plan.furniture["bench"]
    forward = bed.depth / 2 + piece.depth / 2
    room_to_pass = Footprint(*bed.at(0.0, forward + 0.45), piece.width, 0.9, bed.rotation)
    if not plan.site.contains(room_to_pass):
        return
    place = Footprint(*bed.at(0.0, forward + 0.06), piece.width, piece.depth, bed.rotation)
    kept, plan.keep_visible = plan.keep_visible, []
    plan.put_first("bench", piece, [place], gap=0.03, seen=0.95)
    plan.keep_visible = [*kept, *plan.keep_visible]


def _desk(plan: Plan, walls: Iterable[Wall]) -> bool:
    """A desk at one of the walls, with a chair that is seen from the side; False when there is no place."""
    piece, chair = plan.furniture["desk"], plan.furniture["dining_chair"]
    for place in wall_places(plan, piece, walls, quiet_above=1.1):
        turned = place.rotation + math.pi + plan.random.uniform(-0.25, 0.25)
        forward = place.depth / 2 + 0.12
        seat = Footprint(*place.at(0.0, forward), chair.width, chair.depth, turned)
        if facing_camera(seat) < TURNED_AWAY or not plan.may_stand(seat, gap=_APART_M):
            continue
        if plan.put_first("desk", piece, [place], gap=0.3, seen=0.9) is None:
            continue
        plan.add("dining_chair", chair, seat)
        return True
    return False
