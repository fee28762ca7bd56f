"""Placing furniture: shared steps of the room types' plans."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from staging_engine.footprint import Footprint, overlap
from staging_engine.furniture import PICTURES, Furniture, Piece
from staging_engine.site import ON_FLOOR, ScreenBox, Site, Wall
from staging_engine.zones import HEIGHTS_M, Zone

_NEAREST_M = 1.15
TURNED_AWAY = -0.3
"""Facing the camera less than this, a chair shows its back."""
_QUIET_WALL = 0.09
_MOST_HIDDEN = 0.3
_MOST_BEHIND = 0.6
# Of a larger plant, only leaves reach further.
LARGEST_CROWN_M = 1.02
# Of plants, which can as well stand a little further from the wall.
ALL_ON_FLOOR = 0.86
# Of a door: what is as high as a person hides more of it than it covers.
_MOST_OF_WAY, _MOST_OF_WAY_BY_TALL = 0.3, 0.1
_TALL_M = 1.2
_NEAR_WAY_M = 2.2
# Larger than this, a chair or a plant fills the foreground.
_LARGEST_ON_SCREEN = 0.07
_STEP_M = 0.2
_SMALL_ROOM_M2, _LARGE_ROOM_M2 = 13.0, 22.0
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
    "mirror": 0.2,
    "side_table": 0.1,
}
"""What a piece adds to a plan; a second one of its kind half of that, if they are no pair."""
_PAIRS = {"nightstand"}
# Along a wall that we look along, all we see of a sideboard is its side, large.
LEAST_FACING = 0.25
# As far may what leans on a wall stand before that of the box.
BEFORE_WALL_M = (0.0, 0.12, 0.25)
# Of a smaller piece, the photo's edge cuts away no more.
_MOST_CUT = 0.2
Scale = tuple[float, float, float]
_FULL_SIZE: Scale = (1.0, 1.0, 1.0)
_LEAST_RUG_ON_FLOOR = 0.85
_LEAST_RUG_SEEN = 0.4


@dataclass(frozen=True, slots=True)
class Placement:
    """One piece where it stands: position in metres, rotation around the vertical in radians."""

    name: str
    asset: str
    position: tuple[float, float, float]
    rotation: float
    scale: Scale
    size: tuple[float, float, float]

    @property
    def footprint(self) -> Footprint:
        """The rectangle it takes of the floor, or over it."""
        return Footprint(*self.position[:2], *self.size[:2], self.rotation)


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
        most = _MOST_OF_WAY if height < _TALL_M else _MOST_OF_WAY_BY_TALL
        return self.before_ways(place, screen) > most

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

    def before_fireplaces(self, screen: ScreenBox) -> float:
        """How much of a fireplace disappears behind what covers that part of the photo."""
        fires = (box for zone, box in self.ways if zone.kind == "fireplace")
        return max((screen.covers(box) for box in fires), default=0.0)

    def add(
        self,
        name: str,
        piece: Piece,
        place: Footprint,
        *,
        height: float = 0.0,
        scale: Scale = _FULL_SIZE,
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
            and self.site.cut(place, height) <= _MOST_CUT
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
        scale: Scale = _FULL_SIZE,
    ) -> Footprint | None:
        """Add the piece at the first place that fits; the places are as large as the piece in this scale."""
        height = piece.height * scale[2]
        for place in candidates:
            if self.fits(place, height, gap=gap, seen=seen, largest=largest, on_floor=on_floor):
                self.add(name, piece, place, scale=scale)
                self.keep(place, height)
                return place
        return None

    def fullness(self) -> float:
        """How much of what people expect in such a room is there."""
        counted = Counter(placement.name for placement in self.placements)
        return sum(
            worth * (counted[name] if name in _PAIRS else 2 - 0.5 ** (counted[name] - 1))
            for name, worth in _WORTH.items()
            if counted[name]
        )

    @property
    def is_small(self) -> bool:
        """Whether the room has place for one of what a larger one has two of: armchairs, groups, plants."""
        return self.site.room.area_m2 <= _SMALL_ROOM_M2

    @property
    def is_large(self) -> bool:
        """Whether the room asks for a second group."""
        return self.site.room.area_m2 > _LARGE_ROOM_M2

    def sides(self) -> tuple[int, int]:
        """-1 and 1 in an order that depends on the seed."""
        return (-1, 1) if self.random.random() < 0.5 else (1, -1)


def facing_camera(place: Footprint) -> float:
    """1 when the front looks at the camera, -1 when it looks away."""
    distance = max(math.hypot(place.x, place.y), 1e-6)
    front_x, front_y = math.sin(place.rotation), -math.cos(place.rotation)
    return -(front_x * place.x + front_y * place.y) / distance


def wall_places(
    plan: Plan, piece: Piece, walls: Iterable[Wall], *, quiet_above: float
) -> list[Footprint]:
    """Places with their back to quiet wall, the best first; `quiet_above` is the height needed. Where the wall of the
    box is a little behind the real one, they are before that."""
    site, scored = plan.site, []
    for wall in walls:
        low, high = (site.left, site.right) if wall == "back" else (1.0, site.depth)
        for along in np.arange(low + piece.width / 2 + 0.1, high - piece.width / 2 - 0.1, _STEP_M):
            flush = site.against(wall, float(along), piece.width, piece.depth)
            span = (float(along) - piece.width / 2, float(along) + piece.width / 2)
            clutter, seen = site.clutter(wall, span, (0.2, quiet_above))
            if facing_camera(flush) < LEAST_FACING or clutter >= _QUIET_WALL or seen <= 0.8:
                continue
            for forward in BEFORE_WALL_M:
                x, y = flush.at(0.0, forward)
                place = replace(flush, x=x, y=y)
                if site.is_backed(place):
                    score = 0.5 * site.fully_seen(place, piece.height) - clutter - forward
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
