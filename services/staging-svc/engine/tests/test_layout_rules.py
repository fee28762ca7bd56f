"""What a plan, and what has to stay clear, owes to one rule: each is shown in a room that is built for it."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from rooms_testing import HEIGHT, ROOM_TYPES, WIDTH, Opening, Room, footprint, looking_ahead, room
from staging_engine.anchors import Anchor, find_anchors, fullest
from staging_engine.filling import stand_plants
from staging_engine.floor import FloorView
from staging_engine.footprint import Footprint
from staging_engine.furniture import Furniture, Piece
from staging_engine.geometry import Camera, pixel_grid
from staging_engine.labels import CLASSES, Labels
from staging_engine.plan import plan_room
from staging_engine.planner import Plan
from staging_engine.port import StagingRefusedError
from staging_engine.zones import before, seen_floor


def test_no_plant_stands_on_a_rug(pieces: dict[str, Piece]) -> None:
    site, sofa = looking_ahead().site(labelled=True), Footprint(0.0, 4.0, 2.2, 0.9, 0.0)
    found = []
    for rug in (None, Footprint(0.0, 3.0, 9.0, 9.0, 0.0)):
        plan = Plan(site, Furniture(pieces, "modern"), Random(1))
        if rug is not None:
            plan.add("rug", replace(plan.furniture["rug"], width=9.0, depth=9.0), rug, solid=False)
        found.append(stand_plants(plan, sofa))
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


def test_the_walls_of_a_large_room_are_not_bare(pieces: dict[str, Piece]) -> None:
    camera = Camera(WIDTH * 0.5, math.radians(8), math.radians(6), 0.0, WIDTH, HEIGHT)
    large = Room(camera, 1.4, -3.0, 3.2, 6.4, 2.7, (), ()).site(labelled=True)
    for room_type in ROOM_TYPES:
        placed = plan_room(large, pieces, room_type=room_type, style="modern", seed=2)
        names = {placement.name for placement in placed}
        assert {"plant", "sideboard"} <= names, (room_type, names)
        assert names & {"picture", "mirror"}, (room_type, names)
        assert len(placed) >= 9, (room_type, names)


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
    far = along + np.array([0.0, 4.0])
    ahead = np.array([[-0.5, 4.0], [0.4, 4.0]])
    seen = [before(feet, "passage") for feet in (along, far, ahead)]
    widths = [place.width for place in seen if place is not None]
    assert widths[0] == pytest.approx(0.9 + 0.2 * 3.9 / 1.2 + 0.16)
    assert widths[1] == pytest.approx(0.9 + 0.8 + 0.16)
    assert widths[2] == pytest.approx(0.9 + 0.16, abs=0.06)
    door = before(along, "door")
    assert door is not None
    assert door.width == pytest.approx(0.9 + 0.16)
    # Almost as wide as a passage may be, it is still one.
    assert before(np.array([[1.2, 1.0], [1.2, 3.9]]), "passage") is not None
