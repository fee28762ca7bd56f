"""What holds for the plan of any room: here, of many that chance has built."""

import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from rooms_testing import HEIGHT, ROOM_TYPES, WIDTH, Room, footprint, room
from staging_engine.footprint import Footprint, overlap
from staging_engine.furniture import Piece
from staging_engine.plan import plan_room
from staging_engine.planner import Placement
from staging_engine.port import StagingRefusedError

ROOMS = range(12)
STYLES = ("modern", "scandinavian", "industrial")
FIXED = {"picture", "mirror", "pendant", "cord", "table_lamp"}


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


def test_what_belongs_to_a_group_is_not_cut_by_the_edge_of_the_photo(plans: list[Planned]) -> None:
    for plan in plans:
        known = plan.room
        site = known.site(labelled=plan.labelled)
        for placement in plan.placements:
            if placement.name in ("nightstand", "armchair", "floor_lamp", "sideboard", "bench"):
                place = footprint(placement).scaled(4 / 3 if placement.name == "floor_lamp" else 1)
                assert site.cut(place, placement.size[2]) <= 0.25, (known, placement)


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
