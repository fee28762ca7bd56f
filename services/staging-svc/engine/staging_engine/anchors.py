"""Where the main piece stands, and with it the whole plan: the best places are tried, and the fullest plan wins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from staging_engine.footprint import Footprint
from staging_engine.furniture import Piece
from staging_engine.planner import Plan, facing_camera
from staging_engine.site import WALLS, Site, Wall
from staging_engine.zones import WAYS

# Of the wall behind: doors and things, and up to where patterns and the like count against it.
_BLOCKED_WALL, _BUSIEST = 0.5, 0.5
# A narrower bed or sofa where the room asks for it: 1.95 m of bed become 1.75 m, 1.6 m, 1.4 m or 1.2 m; a sofa
# ends as one for two. Those are hardly shorter and lower.
_WIDTHS = (1.0, 0.9, 0.82, 0.72, 0.62)
_SMALLER = 9.0
# Free in the room, only these: smaller ones look lost.
_FREE_WIDTHS = (1.0, 0.82)
_TRIED, _FILLED = 7, 3
# Of a piece that the photo's edge cuts, the larger it is and the nearer.
_CUT, _CUT_LARGE = 0.6, 5.0
# A free sofa that turns its back to a fireplace, or to people who come in.
_BACK_TO_FIRE, _BACK_TO_WAY, _WAY_BEHIND_M = 1.2, 0.5, 2.5
_TOWARD_FIRE = 0.35
# Places tried along a wall: the longer it is, the further apart.
_LEAST_STEP_M, _MOST_STEPS = 0.1, 24
_FROM_CORNER_M = 0.05
# A sofa in the middle of the room does not turn its back to us.
_LEAST_FLOATING = 0.25
_NEAR_WALL_M = 0.5
_NOT_FLUSH = 0.2
_SIDE_ROOM_M = 0.5


@dataclass(frozen=True, slots=True)
class Anchor:
    """The piece everything else is arranged around, and the wall it leans on, if any."""

    place: Footprint
    wall: Wall | None
    along: float
    scale: tuple[float, float, float]
    height: float
    score: float
    has_sides: bool = False
    """Whether there is place for something on both sides."""


def fullest(
    start: Callable[[], Plan],
    anchors: Iterable[Anchor],
    furnish: Callable[[Plan, Anchor], None],
    fill: Callable[[Plan, Anchor], None],
) -> Plan | None:
    """The best of the plans around these places; None if there are none.

    Where everything has its place is seen only when it has been tried: what belongs to the main piece, at each of
    them; and what fills the rest of the room, which takes longer, at the best of those.
    """
    tried = []
    for anchor in anchors:
        plan = start()
        furnish(plan, anchor)
        tried.append((anchor.score + plan.fullness(), plan, anchor))
    tried.sort(key=lambda each: -each[0])
    best: tuple[float, Plan] | None = None
    for _, plan, anchor in tried[:_FILLED]:
        fill(plan, anchor)
        score = anchor.score + plan.fullness()
        if best is None or score > best[0]:
            best = score, plan
    return best and best[1]


def find_anchors(plan: Plan, piece: Piece, *, may_float: bool) -> list[Anchor]:
    """The best places for the main piece, the best first; of each wall and size only one at the wall and one
    free in the room, and of those with place on both sides also one each."""
    found: dict[tuple[Wall, bool, float, bool], Anchor] = {}
    for width in _WIDTHS:
        scale = (width, (1 + width) / 2, (1 + width) / 2)
        for wall in WALLS:
            for offset in _offsets(plan.site, wall, may_float and width in _FREE_WIDTHS):
                for anchor in _anchors_along(plan, piece, wall, offset, scale):
                    kind = (wall, offset > _NEAR_WALL_M, width, anchor.has_sides)
                    if kind not in found or anchor.score > found[kind].score:
                        found[kind] = anchor
    return sorted(found.values(), key=lambda anchor: -anchor.score)[:_TRIED]


def _offsets(site: Site, wall: Wall, may_float: bool) -> list[float]:
    """Distances from a wall of the box at which the main piece may stand: at it, or at a real wall a little
    before it, or free."""
    deepest = {"back": site.depth - 2.0, "left": -site.left + 0.3, "right": site.right + 0.3}[wall]
    free = (0.9, 1.8, 2.7) if may_float else ()
    return [0.0, 0.2, 0.4, *(offset for offset in free if offset <= deepest)]


def _anchors_along(
    plan: Plan, piece: Piece, wall: Wall, offset: float, scale: tuple[float, float, float]
) -> Iterator[Anchor]:
    site = plan.site
    width, depth = piece.width * scale[0], piece.depth * scale[1]
    height = piece.height * scale[2]
    low, high = (site.left, site.right) if wall == "back" else (0.4, site.depth)
    step = max(_LEAST_STEP_M, (high - low) / _MOST_STEPS)
    first, last = low + width / 2 + _FROM_CORNER_M, high - width / 2 - _FROM_CORNER_M
    # Up to both corners.
    for along in (*np.arange(first, last, step), *([last] if first <= last else ())):
        at_wall = site.against(wall, float(along), width, depth)
        place = Footprint(*at_wall.at(0.0, offset), width, depth, at_wall.rotation)
        score = _anchor_score(plan, place, height, wall, offset)
        if score is None:
            continue
        sides = sum(plan.may_stand(side, gap=0.0, seen=0.75) for side in _sides(place))
        score += 0.3 * sides
        # Near the middle of its wall a piece looks intended.
        score -= 0.12 * abs(float(along) - (low + high) / 2) + _SMALLER * (1 - scale[0]) ** 2
        at = None if offset > _NEAR_WALL_M else wall
        yield Anchor(place, at, float(along), scale, height, score, sides == 2)


def _anchor_score(
    plan: Plan, place: Footprint, height: float, wall: Wall, offset: float
) -> float | None:
    """How good the place is for a sofa or a bed; None where it cannot be."""
    site = plan.site
    facing = facing_camera(place)
    is_free = offset > _NEAR_WALL_M
    if (is_free and facing < _LEAST_FLOATING) or not plan.may_stand(place, seen=0.75):
        return None
    if not is_free and not site.is_backed(place):
        return None
    middle = _along(place, wall)
    span = (middle - place.width / 2, middle + place.width / 2)
    busy, blocked = (0.0, 0.0) if is_free else site.unrest(wall, span, (0.15, 1.6))
    if blocked > _BLOCKED_WALL:
        return None
    screen = site.screen_box(place, 0.0, height)
    ahead = Footprint(*place.at(0.0, place.depth / 2 + 0.9), place.width * 0.6, 0.9, place.rotation)
    off_centre = abs((screen.left + screen.right) / 2 - 0.5)
    fully_seen = site.fully_seen(place, height)
    return (
        site.on_floor(place)
        + 0.8 * fully_seen
        + (0.25 if fully_seen == 1 else 0.0)
        - min(busy, _BUSIEST)
        + 0.3 * facing
        + 6.0 * min(screen.area, 0.10)
        - 3.0 * max(0.0, screen.area - 0.2)
        + (0.45 if plan.may_stand(ahead, gap=0.0, seen=0.7) else 0.0)
        - 0.25 * off_centre
        - 0.8 * plan.before_ways(place, screen)
        - (_CUT + _CUT_LARGE * screen.area) * site.cut(place, height)
        + _toward_fireplace(site, place, is_free)
        - (_BACK_TO_WAY if is_free and _backs_way(site, place) else 0.0)
        - (0.95 + 0.04 * offset if is_free else _NOT_FLUSH * (offset > 0))
    )


def _sides(place: Footprint) -> Iterator[Footprint]:
    """Where a nightstand or a lamp stands, left and right of the back."""
    size = _SIDE_ROOM_M
    for side in (-1, 1):
        across, forward = side * (place.width + size) / 2, (size - place.depth) / 2
        yield Footprint(*place.at(across, forward), size, size, place.rotation)


def _toward_fireplace(site: Site, place: Footprint, is_free: bool) -> float:
    """More the straighter the front looks at a fireplace; less than nothing where the back does, free in the room."""
    score = 0.0
    for zone in site.zones:
        if zone.kind == "fireplace":
            across, forward = place.inside(np.array([zone.place.x, zone.place.y]))
            straight = float(forward) / max(math.hypot(float(across), float(forward)), 1e-6)
            if straight > 0:
                score = max(score, _TOWARD_FIRE * straight)
            elif is_free:
                score += _BACK_TO_FIRE * straight
    return score


def _backs_way(site: Site, place: Footprint) -> bool:
    """Whether people who come in see the back first."""
    for zone in site.zones:
        if zone.kind in WAYS:
            across, forward = place.inside(np.array([zone.place.x, zone.place.y]))
            is_behind = -_WAY_BEHIND_M < forward < -place.depth / 2
            if is_behind and abs(across) < place.width / 2 + 0.3:
                return True
    return False


def _along(place: Footprint, wall: Wall) -> float:
    return place.x if wall == "back" else place.y
