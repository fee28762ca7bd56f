"""Placing furniture: shared steps of the room types' plans."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from staging_engine.footprint import Footprint, overlap
from staging_engine.furniture import PICTURES, Furniture, Piece
from staging_engine.site import ON_FLOOR, WALLS, ScreenBox, Site, Wall
from staging_engine.zones import HEIGHTS_M, Zone

_NEAREST_M = 1.15
TURNED_AWAY = -0.3
"""Facing the camera less than this, a chair shows its back."""
_QUIET_WALL = 0.09
_BLOCKED_WALL = 0.5
_MOST_HIDDEN = 0.3
_MOST_BEHIND = 0.6
# Of a larger plant, only leaves reach further.
LARGEST_CROWN_M = 1.02
# What can as well stand a little further from the wall.
MOSTLY_ON_FLOOR, ALL_ON_FLOOR = 0.86, 0.92
_MOST_OF_WAY = 0.3
_NEAR_WAY_M = 2.2
# Larger than this, a chair or a plant fills the foreground.
_LARGEST_ON_SCREEN = 0.07
_STEP_M = 0.2
# A narrower bed or sofa where the room asks for it: 1.95 m of bed become 1.75 m, 1.6 m or 1.4 m. Those are
# hardly shorter and lower.
_WIDTHS = (1.0, 0.9, 0.82, 0.72)
_SMALLER = 9.0
_TRIED = 4
_WORTH = {
    "rug": 0.5,
    "coffee_table": 0.5,
    "nightstand": 0.5,
    "picture": 0.3,
    "armchair": 0.3,
    "sideboard": 0.3,
    "dining_table": 0.4,
    "desk": 0.3,
    "floor_lamp": 0.2,
    "plant": 0.2,
    "bench": 0.2,
    "side_table": 0.1,
}
"""What a piece adds to a plan; a second one of its kind half of that."""
# A sofa in the middle of the room does not turn its back to us.
_LEAST_FLOATING = 0.25
# Along a wall that we look along, all we see of a sideboard is its side, large.
_LEAST_FACING = 0.25
_NEAR_WALL_M = 0.5
_NOT_FLUSH = 0.2
_SIDE_ROOM_M = 0.5
_LEAST_RUG_ON_FLOOR = 0.85
_LEAST_RUG_SEEN = 0.4


@dataclass(frozen=True, slots=True)
class Placement:
    """One piece where it stands: position in metres, rotation around the vertical in radians."""

    name: str
    asset: str
    position: tuple[float, float, float]
    rotation: float
    scale: tuple[float, float, float]
    size: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Anchor:
    """The piece everything else is arranged around, and the wall it leans on, if any."""

    place: Footprint
    wall: Wall | None
    along: float
    scale: tuple[float, float, float]
    height: float
    score: float


@dataclass(slots=True)
class Plan:
    """A growing arrangement; nothing added may overlap what stands."""

    site: Site
    furniture: Furniture
    random: random.Random
    placements: list[Placement] = field(default_factory=list)
    standing: list[Footprint] = field(default_factory=list)
    keep_visible: list[tuple[Footprint, ScreenBox]] = field(default_factory=list)
    """What is not to disappear behind what is placed later."""
    ways: list[tuple[Zone, ScreenBox]] = field(default_factory=list)
    """The doors and fireplaces, before which things look wrong even where people can pass."""
    hung: set[int] = field(default_factory=set)
    """The pictures that hang already: two of a kind look like a mistake."""

    def __post_init__(self) -> None:
        for zone in self.site.zones:
            if zone.kind in HEIGHTS_M:
                box = self.site.screen_box(zone.foot, 0.0, HEIGHTS_M[zone.kind])
                self.ways.append((zone, box))

    def hides(self, place: Footprint, height: float) -> bool:
        """Whether too much of what should be seen would disappear behind a piece there, or it itself behind
        what stands."""
        screen, away = self.site.screen_box(place, 0.0, height), math.hypot(place.x, place.y)
        for other, kept in self.keep_visible:
            is_behind = away > math.hypot(other.x, other.y)
            if (
                kept.covers(screen) > _MOST_BEHIND
                if is_behind
                else screen.covers(kept) >= _MOST_HIDDEN
            ):
                return True
        return self.before_ways(place, screen) > _MOST_OF_WAY

    def keep(self, place: Footprint, height: float) -> None:
        """Let nothing that is placed later hide the piece there."""
        self.keep_visible.append((place, self.site.screen_box(place, 0.0, height)))

    def before_ways(self, place: Footprint, screen: ScreenBox) -> float:
        """How much of a door or a fireplace near by disappears behind a piece there."""
        return max(
            (
                screen.covers(box)
                for zone, box in self.ways
                if math.hypot(zone.place.x - place.x, zone.place.y - place.y) < _NEAR_WAY_M
            ),
            default=0.0,
        )

    def add(
        self,
        name: str,
        piece: Piece,
        place: Footprint,
        *,
        height: float = 0.0,
        scale: tuple[float, float, float] = (1.0, 1.0, 1.0),
        solid: bool = True,
    ) -> None:
        """Put a piece at a place already found to be free; rugs and pictures are not solid."""
        size = (piece.width * scale[0], piece.depth * scale[1], piece.height * scale[2])
        position = (place.x, place.y, height)
        self.placements.append(Placement(name, piece.asset, position, place.rotation, scale, size))
        if solid:
            self.standing.append(place)

    def is_free(self, place: Footprint, gap: float) -> bool:
        """Whether nothing stands within `gap` metres."""
        return not any(overlap(place, other, gap) for other in self.standing)

    def may_stand(
        self,
        place: Footprint,
        *,
        gap: float = 0.08,
        seen: float = 0.8,
        on_floor: float = ON_FLOOR,
    ) -> bool:
        """Whether a piece may stand there: in the room, on floor, and in nobody's way."""
        return (
            self.site.contains(place)
            and self.is_free(place, gap)
            and self.site.nearest(place) >= _NEAREST_M
            and self.site.seen(place) >= seen
            and self.site.stands(place, on_floor)
            and self.site.passable([*self.standing, place])
        )

    def fits(
        self,
        place: Footprint,
        height: float,
        *,
        gap: float = 0.08,
        seen: float = 0.8,
        largest: float = _LARGEST_ON_SCREEN,
        on_floor: float = ON_FLOOR,
    ) -> bool:
        """Whether a piece of that height may stand there and hides nothing that should be seen."""
        screen = self.site.screen_box(place, 0.0, height)
        return (
            screen.area <= largest
            and not self.hides(place, height)
            and self.may_stand(place, gap=gap, seen=seen, on_floor=on_floor)
        )

    def put_first(
        self,
        name: str,
        piece: Piece,
        candidates: Iterable[Footprint],
        *,
        gap: float = 0.08,
        seen: float = 0.8,
        largest: float = _LARGEST_ON_SCREEN,
        on_floor: float = ON_FLOOR,
    ) -> Footprint | None:
        """Add the piece at the first place that fits."""
        for place in candidates:
            if self.fits(
                place, piece.height, gap=gap, seen=seen, largest=largest, on_floor=on_floor
            ):
                self.add(name, piece, place)
                self.keep(place, piece.height)
                return place
        return None

    def fullness(self) -> float:
        """How much of what people expect in such a room is there."""
        counted = Counter(placement.name for placement in self.placements)
        return sum(
            worth * (2 - 0.5 ** (counted[name] - 1))
            for name, worth in _WORTH.items()
            if counted[name]
        )

    @property
    def area(self) -> float:
        """The floor of the room that may be in the photo, in square metres."""
        return (self.site.right - self.site.left) * self.site.depth

    def sides(self) -> tuple[int, int]:
        """-1 and 1 in an order that depends on the seed."""
        return (-1, 1) if self.random.random() < 0.5 else (1, -1)


def fullest(
    start: Callable[[], Plan], anchors: Iterable[Anchor], furnish: Callable[[Plan, Anchor], None]
) -> Plan | None:
    """The best of the plans around these places; None if there are none.

    Where everything has its place is seen only when it has been tried.
    """
    best: tuple[float, Plan] | None = None
    for anchor in anchors:
        plan = start()
        furnish(plan, anchor)
        score = anchor.score + plan.fullness()
        if best is None or score > best[0]:
            best = score, plan
    return best and best[1]


def find_anchors(plan: Plan, piece: Piece, *, may_float: bool) -> list[Anchor]:
    """The best places for the main piece, the best first; of each wall and size only one at the wall and one
    free in the room."""
    found: dict[tuple[Wall, bool, float], Anchor] = {}
    for width in _WIDTHS:
        scale = (width, (1 + width) / 2, (1 + width) / 2)
        for wall in WALLS:
            for offset in _offsets(plan.site, wall, may_float):
                kind = (wall, offset > _NEAR_WALL_M, width)
                for anchor in _anchors_along(plan, piece, wall, offset, scale):
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
    for along in np.arange(low + width / 2 + 0.05, high - width / 2 - 0.05, _STEP_M):
        at_wall = site.against(wall, float(along), width, depth)
        place = Footprint(*at_wall.at(0.0, offset), width, depth, at_wall.rotation)
        score = _anchor_score(plan, place, height, wall, offset)
        if score is None:
            continue
        # Near the middle of its wall a piece looks intended.
        score -= 0.12 * abs(float(along) - (low + high) / 2) + _SMALLER * (1 - scale[0]) ** 2
        at = None if offset > _NEAR_WALL_M else wall
        yield Anchor(place, at, float(along), scale, height, score)


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
    clutter = 0.0 if is_free else site.clutter(wall, span, (0.15, 1.6), glass=0.0)[0]
    if clutter > _BLOCKED_WALL:
        return None
    screen = site.screen_box(place, 0.0, height)
    ahead = Footprint(*place.at(0.0, place.depth / 2 + 0.9), place.width * 0.6, 0.9, place.rotation)
    off_centre = abs((screen.left + screen.right) / 2 - 0.5)
    fully_seen = site.fully_seen(place, height)
    return (
        site.on_floor(place)
        + 0.8 * fully_seen
        + (0.25 if fully_seen == 1 else 0.0)
        - clutter
        + 0.3 * facing
        + 6.0 * min(screen.area, 0.10)
        - 3.0 * max(0.0, screen.area - 0.2)
        + 0.3 * sum(plan.may_stand(side, gap=0.0, seen=0.75) for side in _sides(place))
        + (0.45 if plan.may_stand(ahead, gap=0.0, seen=0.7) else 0.0)
        - 0.25 * off_centre
        - 0.8 * plan.before_ways(place, screen)
        + 0.2 * _faces_fireplace(site, place)
        - (0.95 + 0.04 * offset if is_free else _NOT_FLUSH * (offset > 0))
    )


def _sides(place: Footprint) -> Iterator[Footprint]:
    """Where a nightstand or a lamp stands, left and right of the back."""
    size = _SIDE_ROOM_M
    for side in (-1, 1):
        across, forward = side * (place.width + size) / 2, (size - place.depth) / 2
        yield Footprint(*place.at(across, forward), size, size, place.rotation)


def _faces_fireplace(site: Site, place: Footprint) -> float:
    """1 when the front looks straight at a fireplace."""
    straight = [0.0]
    for zone in site.zones:
        if zone.kind == "fireplace":
            across, forward = place.inside(np.array([zone.place.x, zone.place.y]))
            away = math.hypot(float(across), float(forward))
            straight.append(float(forward) / max(away, 1e-6))
    return max(straight)


def _along(place: Footprint, wall: Wall) -> float:
    return place.x if wall == "back" else place.y


def facing_camera(place: Footprint) -> float:
    """1 when the front looks at the camera, -1 when it looks away."""
    distance = max(math.hypot(place.x, place.y), 1e-6)
    front_x, front_y = math.sin(place.rotation), -math.cos(place.rotation)
    return -(front_x * place.x + front_y * place.y) / distance


def wall_places(
    plan: Plan, piece: Piece, walls: Iterable[Wall], *, quiet_above: float
) -> list[Footprint]:
    """Places with their back to quiet wall, the best first; `quiet_above` is the height needed."""
    site, scored = plan.site, []
    for wall in walls:
        low, high = (site.left, site.right) if wall == "back" else (1.0, site.depth)
        for along in np.arange(low + piece.width / 2 + 0.1, high - piece.width / 2 - 0.1, _STEP_M):
            place = site.against(wall, float(along), piece.width, piece.depth)
            span = (float(along) - piece.width / 2, float(along) + piece.width / 2)
            clutter, seen = site.clutter(wall, span, (0.2, quiet_above))
            if facing_camera(place) < _LEAST_FACING:
                continue
            if clutter < _QUIET_WALL and seen > 0.8 and site.is_backed(place):
                score = 0.5 * site.fully_seen(place, piece.height) - clutter
                score -= 0.1 * abs(float(along) - (low + high) / 2)
                scored.append((score, place))
    return [place for _, place in sorted(scored, key=lambda pair: -pair[0])]


def hang_pictures(plan: Plan, wall: Wall, along: float, bottom: float, room: float) -> bool:
    """Hang a wide picture over a piece if the wall is quiet there, else a narrow one; never one twice."""
    left = [number for number in PICTURES if number not in plan.hung]
    for shape in ("wide", "tall") if left else ():
        piece = plan.furniture.picture(shape, plan.random.choice(left))
        span = (along - piece.width / 2 - 0.08, along + piece.width / 2 + 0.08)
        top = bottom + piece.height
        clutter, seen = plan.site.clutter(wall, span, (bottom - 0.03, top + 0.05))
        if piece.width > room or clutter > _QUIET_WALL or seen < 0.97:
            continue
        if top > plan.site.ceiling - 0.15:
            continue
        hang(plan, "picture", piece, wall, along, bottom + piece.height / 2)
        plan.hung.add(int(piece.asset[-1]))
        return True
    return False


def wall_behind(place: Footprint) -> tuple[Wall, float]:
    """The wall a piece placed by `wall_places` leans on, and where along it."""
    if abs(place.rotation) < 0.1:
        return "back", place.x
    return ("left" if place.rotation > 0 else "right"), place.y


def hang(plan: Plan, name: str, piece: Piece, wall: Wall, along: float, height: float) -> None:
    """Fix a piece flat on a wall, its middle at `height`."""
    site = plan.site
    x, y, rotation = {
        "back": (along, site.depth, 0.0),
        "left": (site.left, along, math.pi / 2),
        "right": (site.right, along, -math.pi / 2),
    }[wall]
    place = Footprint(x, y, piece.width, piece.depth, rotation)
    plan.add(name, piece, place, height=height, solid=False)


def lay_rug(plan: Plan, place_for: Iterable[tuple[float, float, Footprint]]) -> Footprint | None:
    """Lay the rug at the first (width, depth, place) that is on floor and in nobody's way."""
    rug, site = plan.furniture["rug"], plan.site
    for width, depth, place in place_for:
        if (
            site.contains(place, 0.02)
            and site.is_clear(place)
            and site.seen(place) >= _LEAST_RUG_SEEN
            and site.on_floor(place) >= _LEAST_RUG_ON_FLOOR
            and site.hidden(place) <= 1 - _LEAST_RUG_ON_FLOOR
        ):
            scale = (width / rug.width, depth / rug.depth, 1.0)
            plan.add("rug", rug, place, scale=scale, solid=False)
            return place
    return None


def corner_places(plan: Plan, piece: Piece) -> list[Footprint]:
    """The back corners, then places along the side walls, in an order that depends on the seed."""
    site, half = plan.site, max(piece.width, piece.depth) / 2
    size, turned = min(2 * half, LARGEST_CROWN_M), plan.random.randrange(4) * math.pi / 2
    places = []
    for away in (0.0, 0.5, 1.1, 1.8):
        for side in plan.sides():
            x = site.left + half + 0.05 if side < 0 else site.right - half - 0.05
            places.append(Footprint(x, site.depth - half - 0.05 - away, size, size, turned))
    return places
