"""The plan of a bedroom: bed, nightstands with lamps, rug, pictures, plant, chair, chest."""

from __future__ import annotations

import math
from collections.abc import Iterator

from staging_engine.planner import (
    Anchor,
    Plan,
    corner_places,
    find_anchor,
    hang,
    hang_pictures,
    lay_rug,
    wall_behind,
    wall_places,
)
from staging_engine.site import WALLS, Footprint

_RUG_SIZES = ((2.9, 1.8), (2.6, 1.6), (2.4, 1.4))
_MIRROR_HEIGHT_M = 1.6


def plan_bedroom(plan: Plan) -> bool:
    """Furnish around a bed against a wall; False when no wall has room for one."""
    piece = plan.furniture["bed"]
    anchor = find_anchor(plan, piece, may_float=False)
    if anchor is None or anchor.wall is None:
        return False
    bed = anchor.place
    plan.add("bed", piece, bed, scale=(anchor.scale,) * 3)
    plan.keep_visible.append(anchor.screen)
    lay_rug(plan, _rugs(bed), floor=0.55)
    _nightstands(plan, bed)
    height = piece.height * anchor.scale
    hang_pictures(plan, anchor.wall, anchor.along, height + 0.16, bed.width)
    plant = plan.furniture["plant"]
    plan.put_first("plant", plant, corner_places(plan, plant), floor=0.6)
    _chest(plan, anchor)
    _reading_corner(plan, bed)
    return True


def _rugs(bed: Footprint) -> Iterator[tuple[float, float, Footprint]]:
    for width, depth in _RUG_SIZES:
        forward = bed.depth / 2 - depth / 2 + 0.45
        yield width, depth, Footprint(*bed.at(0.0, forward), width, depth, bed.rotation)


def _nightstands(plan: Plan, bed: Footprint) -> None:
    piece, lamp = plan.furniture["nightstand"], plan.furniture["table_lamp"]
    kept, plan.keep_visible = plan.keep_visible, []
    for side in (-1, 1):
        place = Footprint(
            *bed.at(
                side * (bed.width / 2 + piece.width / 2 + 0.05), -bed.depth / 2 + piece.depth / 2
            ),
            piece.width,
            piece.depth,
            bed.rotation,
        )
        if plan.fits(place, piece.height, gap=0.01, seen=0.75, floor=0.4):
            plan.add("nightstand", piece, place)
            plan.add("table_lamp", lamp, place, height=piece.height, solid=False)
    plan.keep_visible = kept


def _chest(plan: Plan, anchor: Anchor) -> None:
    """A sideboard as chest of drawers under a mirror, on another wall."""
    piece, mirror = plan.furniture["sideboard"], plan.furniture["mirror"]
    walls = [wall for wall in WALLS if wall != anchor.wall]
    places = wall_places(plan, piece, walls, quiet_above=_MIRROR_HEIGHT_M + 0.4)
    placed = plan.put_first("sideboard", piece, places, gap=0.6)
    if placed is None:
        return
    wall, along = wall_behind(placed)
    hang(plan, "mirror", mirror, wall, along, _MIRROR_HEIGHT_M)


def _reading_corner(plan: Plan, bed: Footprint) -> None:
    """An armchair in a free corner, turned into the room."""
    piece, site = plan.furniture["armchair"], plan.site
    places = []
    for side in plan.sides():
        for away in (0.75, 1.2, 1.7, 2.2):
            x = site.left + 0.65 if side < 0 else site.right - 0.65
            y = site.depth - away
            turned = math.atan2(bed.x - x, -(bed.y - 1.2 - y))
            places.append(Footprint(x, y, piece.width, piece.depth, turned))
    plan.put_first("armchair", piece, places, gap=0.35, seen=0.95)
