"""What fills a room once its groups stand: a sideboard, plants, and pictures where the walls are free."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from staging_engine.footprint import Footprint, overlap
from staging_engine.furniture import PICTURES
from staging_engine.planner import (
    ALL_ON_FLOOR,
    BEFORE_WALL_M,
    LARGEST_CROWN_M,
    LEAST_FACING,
    Plan,
    facing_camera,
    hang,
    hang_pictures,
    wall_behind,
    wall_places,
)
from staging_engine.site import WALLS, Site, Wall

# A sideboard as it is, or one with two doors.
_SIDEBOARD_WIDTHS = (1.0, 0.75)
_LARGEST_SIDEBOARD = 0.09
_MIRROR_HEIGHT_M = 1.6
_PLANT_STEP_M = 0.25
_FROM_WALL_M = 0.05
# Between two plants; closer to each other they are one.
_PLANTS_APART_M = 1.3
# Of a plant, the pot: it stands beside rugs, over which its leaves may reach.
_POT = 0.45
# Where the wall behind a plant has lines from top to bottom, there may be a door in its colour.
_CALM_WALL = 0.12
_PICTURE_MIDDLE_M, _PICTURES_APART_M = 1.55, 2.0
# A picture alone hangs in the middle of as much free wall as this.
_FREE_WALLS_M = (3.0, 2.4, 1.9)
_FREE_FROM_M, _FREE_TO_M = 0.3, 2.15
_VERY_QUIET = 0.05


def stand_sideboard(
    plan: Plan, walls: Iterable[Wall] = WALLS, *, gap: float, under: str = "picture"
) -> Footprint | None:
    """A sideboard at one of the walls, with a picture or a `mirror` over it; None where there is no place."""
    full, walls = plan.furniture["sideboard"], list(walls)
    quiet_above = _MIRROR_HEIGHT_M + 0.4 if under == "mirror" else 1.0
    for width in _SIDEBOARD_WIDTHS:
        piece = replace(full, width=full.width * width)
        places = wall_places(plan, piece, walls, quiet_above=quiet_above)
        placed = plan.put_first(
            "sideboard",
            full,
            places,
            gap=gap,
            largest=_LARGEST_SIDEBOARD,
            scale=(width, 1.0, 1.0),
        )
        if placed is not None:
            wall, along = wall_behind(placed)
            if under == "mirror":
                hang(plan, "mirror", plan.furniture["mirror"], wall, along, _MIRROR_HEIGHT_M)
            else:
                hang_pictures(plan, wall, along, full.height + 0.12, placed.width)
            return placed
    return None


def stand_plants(plan: Plan, near: Footprint) -> int:
    """Plants in the corners, else along the walls or beside the piece `near`: two, in a small room one; how many found
    a place."""
    piece = plan.furniture["plant"]
    size = min(max(piece.width, piece.depth), LARGEST_CROWN_M)
    places = [place for place in _plant_places(plan, size, near) if not _is_on_rug(plan, place)]
    found = 0
    for _ in range(1 if plan.is_small else 2):
        placed = plan.put_first("plant", piece, places, gap=0.1, on_floor=ALL_ON_FLOOR)
        if placed is None:
            break
        found += 1
        places = [
            place
            for place in places
            if math.dist((place.x, place.y), (placed.x, placed.y)) > _PLANTS_APART_M
        ]
    return found


def hang_on_free_wall(plan: Plan) -> bool:
    """One more picture, in the middle of a piece of wall that has nothing on it; False where there is none."""
    left = [number for number in PICTURES if number not in plan.hung]
    if not left:
        return False
    piece = plan.furniture.picture("wide", plan.random.choice(left))
    if _PICTURE_MIDDLE_M + piece.height / 2 > plan.site.ceiling - 0.2:
        return False
    for free in _FREE_WALLS_M:
        for wall in WALLS:
            for along in _free_spots(plan, wall, free):
                if _may_hang(plan, wall, along, piece.width, piece.height):
                    hang(plan, "picture", piece, wall, along, _PICTURE_MIDDLE_M)
                    plan.hung.add(int(piece.asset[-1]))
                    return True
    return False


def _plant_places(plan: Plan, size: float, near: Footprint) -> Iterator[Footprint]:
    """Corners first; of them and of the walls, in an order that depends on the seed."""
    site = plan.site
    turned = plan.random.randrange(4) * math.pi / 2
    sides = plan.sides()
    beside = [
        near.at(side * (near.width / 2 + size / 2 + out), size / 2 - near.depth / 2)
        for out in (0.1, 0.3)
        for side in sides
    ]
    spots = []
    for forward in BEFORE_WALL_M:
        away = size / 2 + _FROM_WALL_M + forward
        ends = [site.left + away if side < 0 else site.right - away for side in sides]
        back = site.depth - away
        corners = [(x, back) for x in ends]
        along = [(x, float(y)) for y in np.arange(back, 1.5, -_PLANT_STEP_M) for x in ends]
        along += [(float(x), back) for x in np.arange(min(ends), max(ends), _PLANT_STEP_M)]
        spots.append((corners, along))
    for x, y in [
        *(spot for corners, _ in spots for spot in corners),
        *beside,
        *(spot for _, along in spots for spot in along),
    ]:
        if _is_calm_behind(site, x, y, size):
            yield Footprint(x, y, size, size, turned)


def _is_on_rug(plan: Plan, place: Footprint) -> bool:
    pot = place.scaled(_POT)
    return any(
        placed.name == "rug" and overlap(pot, placed.footprint) for placed in plan.placements
    )


def _is_calm_behind(site: Site, x: float, y: float, size: float) -> bool:
    """Whether the nearest wall has no lines there that may be a door's; windows do not matter."""
    away = {"left": x - site.left, "right": site.right - x, "back": site.depth - y}
    for wall in WALLS:
        if away[wall] < size:
            along = x if wall == "back" else y
            busy, _ = site.unrest(wall, (along - size / 2, along + size / 2), (0.3, 1.9))
            if busy > _CALM_WALL:
                return False
    return True


def _free_spots(plan: Plan, wall: Wall, free: float) -> list[float]:
    """The middles of free parts of a wall, the best in the photo first."""
    site = plan.site
    low, high = (site.left, site.right) if wall == "back" else (1.2, site.depth)
    found = []
    for along in np.arange(low + free / 2, high - free / 2 + 0.01, 0.2):
        span = (float(along) - free / 2, float(along) + free / 2)
        busy, seen = site.clutter(wall, span, (_FREE_FROM_M, _FREE_TO_M))
        if busy <= _VERY_QUIET and seen >= 0.9:
            facing = facing_camera(site.against(wall, float(along), 1.2, 0.03))
            if facing > LEAST_FACING:
                found.append((facing, float(along)))
    return [along for _, along in sorted(found, reverse=True)]


def _may_hang(plan: Plan, wall: Wall, along: float, width: float, height: float) -> bool:
    """Whether a picture would be seen there as a whole, with no other near it."""
    site = plan.site
    place = site.against(wall, along, width, 0.03)
    low, high = _PICTURE_MIDDLE_M - height / 2, _PICTURE_MIDDLE_M + height / 2
    screen = site.screen_box(place, low, high)
    if site.clutter(wall, (along - width / 2, along + width / 2), (low, high))[1] < 0.97:
        return False
    for placed in plan.placements:
        other = placed.footprint
        is_hung = placed.name in ("picture", "mirror")
        bottom = placed.position[2] - (placed.size[2] / 2 if is_hung else 0.0)
        box = site.screen_box(other, bottom, bottom + placed.size[2])
        if box.covers(screen) > 0.02:
            return False
        # Two on one wall would hang at two heights, and two in one corner look into each other.
        is_near = math.hypot(other.x - place.x, other.y - place.y) < _PICTURES_APART_M
        if is_hung and (is_near or abs(other.rotation - place.rotation) < 0.1):
            return False
    return True
