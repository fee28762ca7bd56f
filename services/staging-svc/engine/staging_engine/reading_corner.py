"""A second group for rooms that have place for one: an armchair with a lamp and a small table."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from staging_engine.footprint import Footprint
from staging_engine.planner import Plan, facing_camera

_STEP_M = 0.3
_FROM_WALL_M = 0.75
# People walk between this group and what stands already.
_APART_M = 0.7
_LAMP_SIZE_M = 0.42


def reading_corner(plan: Plan, toward: Footprint) -> bool:
    """Set an armchair near a wall, turned to `toward` and the camera; False when there is no place."""
    piece = plan.furniture["armchair"]
    scored = [(_score(plan, place), place) for place in _places(plan, toward)]
    for score, place in sorted(scored, key=lambda pair: -pair[0]):
        if score > 0 and plan.fits(place, piece.height, gap=_APART_M, seen=0.95):
            # A chair alone looks forgotten.
            lamp = next((spot for spot in _lamp_places(place) if _fits_lamp(plan, spot)), None)
            if lamp is not None:
                plan.add("armchair", piece, place)
                plan.keep(place, piece.height)
                plan.add("floor_lamp", plan.furniture["floor_lamp"], lamp)
                put_beside(plan, place)
                return True
    return False


def put_beside(plan: Plan, chair: Footprint) -> None:
    """A small table on the chair's far side, where it hides nothing."""
    piece = plan.furniture["side_table"]
    places = [
        Footprint(*chair.at(across, forward), piece.width, piece.depth, chair.rotation)
        for across in (0.68, -0.68)
        for forward in (-0.15, 0.05)
    ]
    places.sort(key=lambda place: -math.hypot(place.x, place.y))
    plan.put_first("side_table", piece, places[:2], gap=0.05, seen=0.9)


def _places(plan: Plan, toward: Footprint) -> Iterator[Footprint]:
    site, piece = plan.site, plan.furniture["armchair"]
    for x in np.arange(site.left + _FROM_WALL_M, site.right - _FROM_WALL_M + 0.01, _STEP_M):
        for y in np.arange(1.6, site.depth - _FROM_WALL_M + 0.01, _STEP_M):
            # Half towards the others, half towards us.
            aim_x, aim_y = toward.x / 2 - x, toward.y / 2 - y
            turned = math.atan2(aim_x, -aim_y)
            yield Footprint(float(x), float(y), piece.width, piece.depth, turned)


def _score(plan: Plan, place: Footprint) -> float:
    """Near a wall, better in a corner, and seen from the front."""
    site = plan.site
    walls = sorted((place.x - site.left, site.right - place.x, site.depth - place.y))
    if walls[0] > _FROM_WALL_M + _STEP_M:
        return 0.0
    return 2.0 + facing_camera(place) - 0.4 * walls[0] - 0.25 * walls[1]


def _lamp_places(chair: Footprint) -> Iterator[Footprint]:
    for across in (-0.7, 0.7, -0.8, 0.8):
        yield Footprint(*chair.at(across, -0.3), _LAMP_SIZE_M, _LAMP_SIZE_M, chair.rotation)


def _fits_lamp(plan: Plan, spot: Footprint) -> bool:
    return plan.fits(spot, plan.furniture["floor_lamp"].height, gap=0.04)
