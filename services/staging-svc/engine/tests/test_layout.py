"""What holds for the plan of any room: here, of many that chance has built."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from staging_engine.anchors import Anchor, find_anchors, fullest
from staging_engine.filling import stand_plants
from staging_engine.floor import FloorView
from staging_engine.footprint import Footprint, overlap
from staging_engine.furniture import Furniture, Piece
from staging_engine.geometry import Camera, pixel_grid
from staging_engine.labels import CLASSES, Labels
from staging_engine.plan import plan_room
from staging_engine.planner import Placement, Plan
from staging_engine.port import StagingRefusedError
from staging_engine.room import RoomBox
from staging_engine.site import Site
from staging_engine.zones import before, seen_floor

Floats = NDArray[np.float64]
WIDTH, HEIGHT = 320, 214
ROOMS = range(12)
ROOM_TYPES = ("living_room", "bedroom", "dining_room")
STYLES = ("modern", "scandinavian", "industrial")
FIXED = {"picture", "mirror", "pendant", "cord", "table_lamp"}
COLOURS = {
    "floor": (120, 140, 160),
    "wall": (205, 210, 212),
    "ceiling": (235, 235, 235),
    "door": (60, 62, 70),
    "window": (250, 250, 250),
    "furniture": (90, 90, 150),
    "other": (30, 30, 30),
}


@dataclass(frozen=True)
class Opening:
    """A door, a window or a fireplace in a wall: from `start` to `end` along it, from `bottom` up to `top`."""

    kind: str
    wall: str
    start: float
    end: float
    top: float
    bottom: float = 0.0


@dataclass(frozen=True)
class Room:
    """A room known exactly; the camera is over the origin."""

    camera: Camera
    eye: float
    left: float
    right: float
    depth: float
    ceiling: float
    openings: tuple[Opening, ...]
    blocks: tuple[tuple[float, float, float, float, float], ...]
    """What stands in it, such as half-walls: x from and to, y from and to, height."""
    hanging: tuple[tuple[float, float, float, float, float], ...] = ()
    """Lamps, from their height over the floor up to the ceiling."""

    def look(self, rays: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """How far away each ray ends, in lengths of the ray, and the class of what it meets."""
        x, y, z = np.moveaxis(rays, -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = {
                "floor": np.where(z < 0, -self.eye / z, np.inf),
                "ceiling": np.where(z > 0, (self.ceiling - self.eye) / z, np.inf),
                "left": np.where(x < 0, self.left / x, np.inf),
                "right": np.where(x > 0, self.right / x, np.inf),
                "back": np.where(y > 0, self.depth / y, np.inf),
            }
        names = list(ends)
        distances = np.stack([ends[name] for name in names])
        first = distances.argmin(axis=0)
        nearest = distances.min(axis=0)
        classes = np.full(x.shape, CLASSES.index("wall"))
        for name in ("floor", "ceiling"):
            classes[first == names.index(name)] = CLASSES.index(name)
        height = self.eye + z * nearest
        for opening in self.openings:
            along = (x if opening.wall == "back" else y) * nearest
            inside = (along > opening.start) & (along < opening.end)
            inside &= (height < opening.top) & (height >= opening.bottom)
            shown = "other" if opening.kind == "fireplace" else opening.kind
            classes[inside & (first == names.index(opening.wall))] = CLASSES.index(shown)
        for block in self.blocks:
            entered = self.enters(rays, block)
            hit = entered < nearest
            nearest, classes[hit] = np.minimum(nearest, entered), CLASSES.index("furniture")
        for lamp in self.hanging:
            entered = self.enters(rays, (*lamp[:4], self.ceiling), bottom=lamp[4] - 0.5)
            classes[entered < nearest] = CLASSES.index("other")
        return nearest, classes

    def enters(
        self, rays: Floats, block: tuple[float, float, float, float, float], bottom: float = 0.0
    ) -> Floats:
        """Where each ray enters a block; infinite where it does not."""
        low = np.array([block[0], block[2], bottom - self.eye])
        high = np.array([block[1], block[3], block[4] - self.eye])
        with np.errstate(divide="ignore", invalid="ignore"):
            one, other = low / rays, high / rays
        enter = np.minimum(one, other).max(axis=-1)
        leave = np.maximum(one, other).min(axis=-1)
        return np.where((enter < leave) & (enter > 0), enter, np.inf)

    def site(self, *, labelled: bool, painted: NDArray[np.bool_] | None = None) -> Site:
        """The room as the photo's analysis would hand it to the planner; `painted` pixels are a little darker."""
        rays = self.camera.rays(pixel_grid(WIDTH, HEIGHT))
        _, classes = self.look(rays)
        below = rays[..., 2] < -0.06
        points = -rays[..., :2] / np.minimum(rays[..., 2:], -0.06)
        image = np.array([COLOURS[name] for name in CLASSES], np.uint8)[classes]
        if painted is not None:
            image[painted & (classes == CLASSES.index("wall"))] -= 40
        mask = (classes == CLASSES.index("floor")) & below
        view = FloorView(
            cv2.GaussianBlur(image, (3, 3), 0).astype(np.uint8), 1.0, mask, below, points
        )
        box = RoomBox(
            -self.left / self.eye,
            self.right / self.eye,
            self.depth / self.eye,
            self.ceiling / self.eye - 1,
            self.eye,
            1.0,
        )
        shares = (classes[None] == np.arange(len(CLASSES))[:, None, None]).astype(np.float32)
        small = np.stack(
            [cv2.resize(share, (96, 64), interpolation=cv2.INTER_AREA) for share in shares]
        )
        return Site(self.camera, box, view, labels=Labels(small, {}) if labelled else None)

    def zones(self) -> Iterator[Footprint]:
        """The floor just before each opening, a little less than a planner has to keep clear."""
        for opening in self.openings:
            deep = {"door": 0.7, "window": 0.2, "fireplace": 0.6}[opening.kind]
            middle, width = (opening.start + opening.end) / 2, opening.end - opening.start - 0.1
            x, y, rotation = {
                "back": (middle, self.depth - deep / 2, 0.0),
                "left": (self.left + deep / 2, middle, math.pi / 2),
                "right": (self.right - deep / 2, middle, -math.pi / 2),
            }[opening.wall]
            yield Footprint(x, y, width, deep, rotation)

    def shows(self, zone: Footprint) -> bool:
        """Whether the wall behind a zone is in the photo, from the floor up, with nothing before it."""
        edge = np.linspace(-0.45, 0.45, 7) * zone.width
        foot = np.array([zone.at(float(a), -zone.depth / 2) for a in edge])
        rays = np.column_stack([foot, np.full(len(foot), 0.05 - self.eye)])
        pixels, depth = self.camera.project(rays)
        inside = (depth > 0) & ((pixels > 4) & (pixels < (WIDTH - 4, HEIGHT - 4))).all(axis=1)
        return bool(inside.all() and (self.look(rays)[0] > 0.97).all())


@cache
def room(number: int) -> Room:
    """A room by chance: its size, its openings, half of them with something in the way."""
    random = np.random.default_rng(number)
    wide, depth = random.uniform(2.8, 7.0), random.uniform(3.4, 8.0)
    left = -wide * random.uniform(0.25, 0.75)
    camera = Camera(
        focal=WIDTH * random.uniform(0.5, 0.75),
        yaw=math.radians(random.uniform(-28, 28)),
        pitch=math.radians(random.uniform(0, 12)),
        roll=0.0,
        width=WIDTH,
        height=HEIGHT,
    )
    openings = []
    for wall in random.permutation(["back", "left", "right"])[: random.integers(1, 4)]:
        low, high = (left, left + wide) if wall == "back" else (1.2, depth)
        kind = str(random.choice(["door", "door", "window", "fireplace"]))
        width = {"door": 0.9, "window": 1.4, "fireplace": 1.1}[kind]
        if high - low > width + 0.4:
            start = random.uniform(low + 0.2, high - width - 0.2)
            top = {"door": 2.03, "window": 2.1, "fireplace": 0.85}[kind]
            openings.append(Opening(kind, str(wall), start, start + width, top))
    blocks = []
    if random.random() < 0.5:
        x, y = random.uniform(left, left + wide - 1.2), random.uniform(1.6, depth - 1.0)
        blocks.append((x, x + 1.2, y, y + 0.2, float(random.uniform(0.9, 2.5))))
    return Room(
        camera,
        eye=float(random.uniform(1.1, 1.6)),
        left=left,
        right=left + wide,
        depth=depth,
        ceiling=float(random.uniform(2.4, 3.0)),
        openings=tuple(openings),
        blocks=tuple(blocks),
    )


@dataclass(frozen=True)
class Planned:
    """What was planned for a room, by labels or by the light alone."""

    room: Room
    labelled: bool
    room_type: str
    placements: list[Placement]

    def zones(self) -> list[tuple[str, Footprint]]:
        """What the photo lets a planner know of; by the light alone, white glass is white wall."""
        pairs = zip(self.room.openings, self.room.zones(), strict=True)
        return [
            (opening.kind, zone)
            for opening, zone in pairs
            if self.room.shows(zone) and (self.labelled or opening.kind != "window")
        ]


@pytest.fixture(scope="module")
def plans(pieces: dict[str, Piece]) -> list[Planned]:
    """Every room furnished as every type, with labels and without, in changing styles."""
    made = []
    for number in ROOMS:
        known = room(number)
        for labelled in (True, False):
            site = known.site(labelled=labelled)
            for index, room_type in enumerate(ROOM_TYPES):
                style = STYLES[(number + index) % 3]
                with suppress(StagingRefusedError):
                    placed = plan_room(site, pieces, room_type=room_type, style=style, seed=number)
                    made.append(Planned(known, labelled, room_type, placed))
    return made


def footprint(placement: Placement) -> Footprint:
    # Leaves and lamp shades are wider than what stands on the floor.
    factor = 0.75 if placement.name in ("plant", "floor_lamp") else 1.0
    return placement.footprint.scaled(factor)


def standing(placements: list[Placement]) -> list[tuple[str, Footprint]]:
    return [(p.name, footprint(p)) for p in placements if p.name not in FIXED]


def test_most_rooms_are_furnished(plans: list[Planned]) -> None:
    assert len(plans) > 0.6 * len(ROOMS) * 2 * len(ROOM_TYPES)


def test_what_must_stay_clear_is_clear(plans: list[Planned]) -> None:
    kept = 0
    for plan in plans:
        for kind, zone in plan.zones():
            kept += 1
            for name, place in standing(plan.placements):
                assert not overlap(place, zone), (plan, kind, name)
    assert kept > 12


def test_every_piece_stands_on_the_floor(plans: list[Planned]) -> None:
    for plan in plans:
        known, placements = plan.room, plan.placements
        for name, place in standing(placements):
            x, y = place.points(9).T
            on_floor = (x > known.left - 0.02) & (x < known.right + 0.02) & (y < known.depth + 0.02)
            for left, right, near, far, _ in known.blocks:
                on_floor &= ~((x > left) & (x < right) & (y > near) & (y < far))
            assert on_floor.mean() >= 0.8, (known, name)


def test_nothing_is_painted_over_what_is_in_front_of_it(plans: list[Planned]) -> None:
    for plan in plans:
        known, placements = plan.room, plan.placements
        for placement in placements:
            if placement.name in ("rug", *FIXED):
                continue
            ground = footprint(placement).points(5)
            heights = np.linspace(0.02, 0.3, 4)
            points = np.array(
                [[*spot, height - known.eye] for spot in ground for height in heights]
            )
            pixels, depth = known.camera.project(points)
            inside = (depth > 0.2) & ((pixels > 0) & (pixels < (WIDTH, HEIGHT))).all(axis=1)
            for block in known.blocks:
                covered = known.enters(points[inside], block) < 0.98
                assert covered.mean() <= 0.25, (known, placement)


def test_people_reach_every_door(plans: list[Planned]) -> None:
    for plan in plans:
        known, placements = plan.room, plan.placements
        solid = [place for name, place in standing(placements) if name != "rug"]
        doors = [zone for kind, zone in plan.zones() if kind == "door"]
        if doors:
            empty, furnished = (reached(known, things) for things in ([], solid))
            for door in doors:
                if empty(door.x, door.y):
                    assert furnished(door.x, door.y), (known, placements)


def reached(known: Room, solid: list[Footprint]) -> Callable[[float, float], bool]:
    """Whether a person 0.7 m wide can walk from the camera to within 0.3 m of a place."""
    cell, half = 0.05, 0.35
    columns = round((known.right - known.left) / cell)
    rows = round(known.depth / cell)
    grid = np.ones((rows, columns), np.uint8)
    for place in solid:
        corners = place.points(2)[[0, 1, 3, 2]]
        pixels = (corners - (known.left, 0.0)) / cell
        cv2.fillConvexPoly(grid, np.round(pixels).astype(np.int32), 0)
    walled = cv2.copyMakeBorder(grid, 0, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    away = np.asarray(cv2.distanceTransform(walled, cv2.DIST_L2, 5)) * cell
    parts = np.asarray(cv2.connectedComponents((away >= half - cell).astype(np.uint8))[1])

    def near(x: float, y: float) -> set[int]:
        column, row = round((x - known.left) / cell) + 1, round(y / cell)
        reach = round(0.3 / cell)
        window = parts[
            max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1
        ]
        return set(np.unique(window).tolist()) - {0}

    return lambda x, y: bool(near(x, y) & near(0.0, 0.35))


def test_no_picture_hangs_twice(plans: list[Planned]) -> None:
    for plan in plans:
        known, placements = plan.room, plan.placements
        hung = Counter(p.asset[-1] for p in placements if p.name == "picture")
        assert all(count == 1 for count in hung.values()), (known, hung)


def test_armchairs_do_not_turn_their_back_to_us(plans: list[Planned]) -> None:
    seen = 0
    for plan in plans:
        known, placements = plan.room, plan.placements
        for placement in placements:
            if placement.name == "armchair":
                seen += 1
                x, y, _ = placement.position
                front = math.sin(placement.rotation), -math.cos(placement.rotation)
                facing = -(front[0] * x + front[1] * y) / math.hypot(x, y)
                assert facing > -0.35, (known, placement)
    assert seen > 10


def test_no_living_room_becomes_a_waiting_room(plans: list[Planned]) -> None:
    for plan in plans:
        if plan.room_type == "living_room":
            assert [placement.name for placement in plan.placements].count("armchair") <= 2


def test_rugs_are_in_proportion(plans: list[Planned]) -> None:
    for plan in plans:
        placements = plan.placements
        main = {"living_room": "sofa", "bedroom": "bed", "dining_room": "dining_table"}[
            plan.room_type
        ]
        width = next(p.size[0] for p in placements if p.name == main)
        rugs = [p.size[0] for p in placements if p.name == "rug"]
        assert all(rug > 0.95 * width for rug in rugs[:1])


def test_no_plant_stands_on_a_rug(pieces: dict[str, Piece]) -> None:
    site, sofa = looking_ahead().site(labelled=True), Footprint(0.0, 4.0, 2.2, 0.9, 0.0)
    found = []
    for rug in (None, Footprint(0.0, 3.0, 9.0, 9.0, 0.0)):
        plan = Plan(site, Furniture(pieces, "modern"), Random(1))
        if rug is not None:
            plan.add("rug", replace(plan.furniture["rug"], width=9.0, depth=9.0), rug, solid=False)
        found.append(stand_plants(plan, 2, sofa))
    assert found[0] > found[1] == 0


def test_narrow_rooms_are_refused(pieces: dict[str, Piece]) -> None:
    wide = room(3)
    narrow = Room(wide.camera, wide.eye, -1.0, 1.1, 5.0, 2.5, (), ())
    with pytest.raises(StagingRefusedError) as refused:
        plan_room(narrow.site(labelled=True), pieces, room_type="bedroom", style="modern", seed=1)
    assert refused.value.code == "cannot_place"
    assert "2.2 m" in refused.value.message


def test_large_rooms_get_a_second_group(pieces: dict[str, Piece]) -> None:
    camera = Camera(WIDTH * 0.55, math.radians(8), math.radians(6), 0.0, WIDTH, HEIGHT)
    large = Room(camera, 1.4, -3.2, 3.4, 7.5, 2.7, (), ()).site(labelled=True)
    for room_type, more in (
        ("living_room", {"dining_table", "armchair"}),
        ("bedroom", {"armchair", "desk"}),
        ("dining_room", {"armchair"}),
    ):
        placed = plan_room(large, pieces, room_type=room_type, style="modern", seed=2)
        assert more & {placement.name for placement in placed}, room_type


def looking_ahead(right: float = 1.6, **more: object) -> Room:
    """A room seen straight on, 3.2 m wide if nothing else is said."""
    camera = Camera(WIDTH * 0.55, 0.0, math.radians(8), 0.0, WIDTH, HEIGHT)
    known = {"openings": (), "blocks": (), **more}
    return Room(camera, 1.4, right - 3.2, right, 5.2, 2.6, **known)  # type: ignore[arg-type]


def test_a_door_that_the_photo_cuts_away_keeps_its_whole_width() -> None:
    camera = Camera(WIDTH * 0.55, math.radians(22), math.radians(8), 0.0, WIDTH, HEIGHT)
    openings = (Opening("door", "right", 1.2, 2.1, 2.03),)
    known = Room(camera, 1.4, -1.6, 1.6, 5.2, 2.6, openings, ())
    doors = [zone for zone in known.site(labelled=True).zones if zone.kind == "door"]
    assert doors
    assert max(zone.place.width for zone in doors) >= 0.85


def test_a_passage_is_kept_clear_but_not_a_bay_with_windows() -> None:
    wings = ((-1.6, -0.7, 3.6, 3.7, 2.6), (0.9, 1.6, 3.6, 3.7, 2.6))
    window = (Opening("window", "back", -1.4, 1.4, 2.1),)
    through, bay = (
        looking_ahead(blocks=wings, openings=openings).site(labelled=True)
        for openings in ((), window)
    )
    place = Footprint(0.1, 3.1, 0.8, 0.6, 0.0)
    assert not through.is_clear(place)
    assert bay.is_clear(place)


def test_the_far_end_of_a_wall_that_we_look_along_stays_clear() -> None:
    """Whether there is a door nobody can say."""
    corner = Footprint(0.0, 4.6, 0.6, 0.6, 0.0)
    assert not looking_ahead(right=0.4).site(labelled=True).is_clear(corner)
    assert looking_ahead(right=1.4).site(labelled=True).is_clear(corner)


@pytest.mark.parametrize(("shown", "is_floor"), [("wall", True), ("furniture", False)])
def test_a_spot_of_light_is_floor_but_a_thing_is_not(shown: str, is_floor: bool) -> None:
    """A small thing may be an animal."""
    mask = np.ones((60, 80), np.bool_)
    mask[30:35, 40:46] = False
    shares = np.zeros((len(CLASSES), 60, 80), np.float32)
    shares[CLASSES.index("floor")] = mask
    shares[CLASSES.index(shown)] = ~mask
    nothing = np.zeros((60, 80, 2))
    view = FloorView(np.zeros((60, 80, 3), np.uint8), 1.0, mask, np.ones_like(mask), nothing)
    assert seen_floor(view, Labels(shares, {}))[32, 43] == is_floor


def test_no_piece_stands_around_a_pillar() -> None:
    bed = Footprint(0.0, 3.6, 1.9, 2.2, 0.0)
    pillar = (-0.15, 0.15, 3.6, 3.9, 2.6)
    assert looking_ahead().site(labelled=True).stands(bed)
    assert not looking_ahead(blocks=(pillar,)).site(labelled=True).stands(bed)


def test_only_what_stands_in_front_hides(pieces: dict[str, Piece]) -> None:
    plan = Plan(looking_ahead().site(labelled=True), Furniture(pieces, "modern"), Random(1))
    plan.keep(Footprint(0.0, 3.2, 1.8, 0.9, 0.0), 0.8)
    assert plan.hides(Footprint(0.0, 2.0, 1.2, 0.4, 0.0), 1.2)
    assert not plan.hides(Footprint(0.6, 4.6, 0.4, 0.4, 0.0), 1.6)
    # Too little would be seen of this one.
    assert plan.hides(Footprint(0.0, 4.6, 0.4, 0.4, 0.0), 0.4)


def test_a_narrower_bed_makes_room_for_nightstands(pieces: dict[str, Piece]) -> None:
    camera = Camera(WIDTH * 0.5, 0.0, math.radians(10), 0.0, WIDTH, HEIGHT)
    site = Room(camera, 1.5, -1.45, 1.45, 4.6, 2.6, (), ()).site(labelled=True)
    placed = plan_room(site, pieces, room_type="bedroom", style="modern", seed=1)
    counted = Counter(placement.name for placement in placed)
    assert counted["nightstand"] == 2
    bed = next(placement for placement in placed if placement.name == "bed")
    assert bed.size[0] < pieces["bed_modern"].width
    # A narrow bed is hardly shorter.
    assert bed.size[1] / pieces["bed_modern"].depth > bed.size[0] / pieces["bed_modern"].width


def test_the_fullest_plan_wins(pieces: dict[str, Piece]) -> None:
    """By what belongs to the main piece, and by what fills the rest."""
    site = looking_ahead().site(labelled=True)

    def start() -> Plan:
        return Plan(site, Furniture(pieces, "modern"), Random(1))

    def add(anchor: Anchor, *names: str) -> Callable[[Plan, Anchor], None]:
        def added(plan: Plan, each: Anchor) -> None:
            for name in names if each is anchor else ():
                plan.add(name, plan.furniture[name], each.place)

        return added

    sofa = start().furniture["sofa"]
    first, second = find_anchors(start(), sofa, may_float=True)[:2]
    close = [replace(first, score=1.0), replace(second, score=0.9)]
    around, along = add(close[1], "rug", "coffee_table"), add(close[1], "plant", "sideboard")
    for furnish, fill in ((around, add(close[0])), (add(close[0]), along)):
        best = fullest(start, close, furnish, fill)
        assert best is not None
        assert len(best.placements) == 2
    assert fullest(start, [], around, along) is None


def test_a_free_sofa_does_not_turn_its_back_to_a_fireplace(pieces: dict[str, Piece]) -> None:
    """Glazing leaves no wall to lean on."""
    camera = Camera(WIDTH * 0.55, 0.0, math.radians(8), 0.0, WIDTH, HEIGHT)
    fireplace = Opening("fireplace", "back", -0.7, 0.7, 0.9)
    glazing = [Opening("window", wall, 0.5, 6.9, 2.2) for wall in ("left", "right")]
    openings = (fireplace, *glazing)
    site = Room(camera, 1.4, -2.6, 2.6, 7.0, 2.6, openings, ()).site(labelled=True)
    placed = plan_room(site, pieces, room_type="living_room", style="modern", seed=1)
    sofa = footprint(next(placement for placement in placed if placement.name == "sofa"))
    across, forward = sofa.inside(np.array([0.0, 6.6]))
    assert forward / math.hypot(float(across), float(forward)) > -0.3, sofa


def test_a_dark_thing_as_high_as_a_person_is_a_fireplace() -> None:
    """With a mantel and something over it."""
    known = looking_ahead(openings=(Opening("fireplace", "back", -0.6, 0.6, 1.75),))
    kinds = {zone.kind for zone in known.site(labelled=True).zones}
    assert "fireplace" in kinds
    assert "door" not in kinds


def test_a_door_of_which_only_the_upper_part_is_seen_stays_clear() -> None:
    openings = (Opening("door", "back", -0.5, 0.4, 2.03, bottom=1.0),)
    known = looking_ahead(openings=openings).site(labelled=True)
    assert not known.is_clear(Footprint(0.0, 4.7, 0.6, 0.6, 0.0))
    # A small cupboard is none.
    cupboard = (Opening("door", "back", -0.2, 0.2, 2.03, bottom=1.0),)
    known = looking_ahead(openings=cupboard).site(labelled=True)
    assert known.is_clear(Footprint(0.0, 4.7, 0.6, 0.6, 0.0))


@pytest.mark.parametrize("is_window", [True, False])
def test_the_outline_of_a_window_with_curtains_is_no_door(is_window: bool) -> None:
    """From the rod down to the floor; where there is no window, an opening looks the same."""
    window = Opening("window", "back", -0.8, 0.8, 2.1, bottom=0.9)
    known = looking_ahead(openings=(window,) if is_window else ())
    rays = known.camera.rays(pixel_grid(WIDTH, HEIGHT))
    with np.errstate(divide="ignore", invalid="ignore"):
        along, height = (rays[..., axis] / rays[..., 1] * known.depth for axis in (0, 2))
    outlined = (np.abs(along) < 0.9) & (np.abs(height + known.eye - 1.1) < 1.1)
    site = known.site(labelled=True, painted=outlined & (rays[..., 1] > 0))
    assert site.is_clear(Footprint(0.0, 4.7, 0.6, 0.6, 0.0)) == is_window


def test_a_room_with_a_lamp_gets_no_other(pieces: dict[str, Piece]) -> None:
    known = looking_ahead(right=2.6)
    to_the_right, to_the_left = (0.2, 0.6, 3.0, 3.4, 2.5), (-0.5, -0.1, 3.0, 3.4, 2.5)
    for hanging, expected in (((), 1), ((to_the_right,), 0), ((to_the_left,), 0)):
        site = replace(known, hanging=hanging).site(labelled=True)
        placed = plan_room(site, pieces, room_type="dining_room", style="modern", seed=1)
        assert [placement.name for placement in placed].count("pendant") == expected


def test_a_small_room_gets_a_table_for_two(pieces: dict[str, Piece]) -> None:
    camera = Camera(WIDTH * 0.45, 0.0, math.radians(22), 0.0, WIDTH, HEIGHT)
    window = Opening("window", "left", 1.0, 3.6, 2.1)
    site = Room(camera, 1.5, -1.15, 1.15, 3.7, 2.5, (window,), ()).site(labelled=True)
    placed = plan_room(site, pieces, room_type="dining_room", style="modern", seed=1)
    counted = Counter(placement.name for placement in placed)
    assert counted["dining_chair"] == 2
    table = next(placement for placement in placed if placement.name == "dining_table")
    assert table.size[0] < 1.0


def test_a_narrow_bed_stands_between_two_doors(pieces: dict[str, Piece]) -> None:
    openings = tuple(Opening("door", "back", start, start + 0.8, 2.03) for start in (-1.55, 0.75))
    sides = tuple(Opening("window", wall, 1.5, 5.0, 2.1) for wall in ("left", "right"))
    site = looking_ahead(openings=openings + sides).site(labelled=True)
    placed = plan_room(site, pieces, room_type="bedroom", style="modern", seed=1)
    bed = next(placement for placement in placed if placement.name == "bed")
    assert bed.size[0] < 1.3


def test_what_belongs_to_a_group_is_not_cut_by_the_edge_of_the_photo(plans: list[Planned]) -> None:
    for plan in plans:
        known = plan.room
        site = known.site(labelled=plan.labelled)
        for placement in plan.placements:
            if placement.name in ("nightstand", "armchair", "floor_lamp", "sideboard", "bench"):
                place = footprint(placement).scaled(4 / 3 if placement.name == "floor_lamp" else 1)
                assert site.cut(place, placement.size[2]) <= 0.25, (known, placement)


def test_the_walls_of_a_large_room_are_not_bare(pieces: dict[str, Piece]) -> None:
    camera = Camera(WIDTH * 0.5, math.radians(8), math.radians(6), 0.0, WIDTH, HEIGHT)
    large = Room(camera, 1.4, -3.0, 3.2, 6.4, 2.7, (), ()).site(labelled=True)
    for room_type in ROOM_TYPES:
        placed = plan_room(large, pieces, room_type=room_type, style="modern", seed=2)
        names = {placement.name for placement in placed}
        assert {"plant", "sideboard"} <= names, (room_type, names)
        assert names & {"picture", "mirror"}, (room_type, names)
        assert len(placed) >= 9, (room_type, names)


def test_a_picture_hangs_alone_only_where_no_other_is_near(plans: list[Planned]) -> None:
    for plan in plans:
        hung = [p for p in plan.placements if p.name == "picture"]
        over = [p for p in plan.placements if p.name in ("sofa", "bed", "sideboard")]
        for picture in hung:
            x, y, _ = picture.position
            if any(math.dist((x, y), p.position[:2]) < 1.4 for p in over):
                continue
            others = [p for p in hung if p is not picture]
            assert all(math.dist((x, y), p.position[:2]) >= 2.0 for p in others), plan.room


def test_places_with_room_on_both_sides_are_among_those_tried(pieces: dict[str, Piece]) -> None:
    """Also where the corner would show more of the bed."""
    camera = Camera(WIDTH * 0.6, math.radians(-25), math.radians(8), 0.0, WIDTH, HEIGHT)
    site = Room(camera, 1.4, -2.6, 0.8, 3.8, 2.6, (), ()).site(labelled=True)
    plan = Plan(site, Furniture(pieces, "modern"), Random(1))
    anchors = find_anchors(plan, pieces["bed_modern"], may_float=False)
    assert {anchor.has_sides for anchor in anchors} == {True, False}


def test_a_pair_of_nightstands_counts_twice(pieces: dict[str, Piece]) -> None:
    plan = Plan(looking_ahead().site(labelled=True), Furniture(pieces, "modern"), Random(1))
    worth = []
    for x in (-0.6, 0.6):
        place = Footprint(x, 4.0, 0.46, 0.43, 0.0)
        plan.add("nightstand", plan.furniture["nightstand"], place)
        worth.append(plan.fullness())
    assert worth[1] == pytest.approx(2 * worth[0])


def test_a_second_group_leaves_the_fireplace_in_view(pieces: dict[str, Piece]) -> None:
    camera = Camera(WIDTH * 0.55, 0.0, math.radians(8), 0.0, WIDTH, HEIGHT)
    fireplace = Opening("fireplace", "back", -0.7, 0.7, 1.2)
    known = Room(camera, 1.4, -3.0, 3.0, 7.5, 2.7, (fireplace,), ())
    site = known.site(labelled=True)
    fire = site.screen_box(Footprint(0.0, 7.5, 1.4, 0.02, 0.0), 0.0, 0.9)
    seen = 0
    for seed in range(3):
        placed = plan_room(site, pieces, room_type="living_room", style="modern", seed=seed)
        for placement in placed:
            if placement.name == "dining_table":
                seen += 1
                box = site.screen_box(footprint(placement), 0.0, 0.8)
                assert box.covers(fire) < 0.15, placement
                sofa = next(other for other in placed if other.name == "sofa")
                assert box.area < 1.3 * site.screen_box(footprint(sofa), 0.0, sofa.size[2]).area
    assert seen


def test_a_passage_that_we_see_at_an_angle_begins_behind_what_is_seen_of_it() -> None:
    """The thickness of the wall hides its far end."""
    along = np.array([[1.2, 3.0], [1.2, 3.9]])
    ahead = np.array([[-0.5, 4.0], [0.4, 4.0]])
    seen = [before(feet, "passage") for feet in (along, ahead)]
    widths = [place.width for place in seen if place is not None]
    assert widths[0] == pytest.approx(0.9 + 0.45 + 0.16)
    assert widths[1] == pytest.approx(0.9 + 0.16, abs=0.06)
    door = before(along, "door")
    assert door is not None
    assert door.width == pytest.approx(0.9 + 0.16)
    # Almost as wide as a passage may be, it is still one.
    assert before(np.array([[1.2, 1.0], [1.2, 3.9]]), "passage") is not None
