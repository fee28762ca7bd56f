"""Properties every plan has."""

import functools
from collections.abc import Callable, Iterator

import pytest

from staging_engine.choices import CATALOG
from staging_engine.footprint import Footprint, overlap
from staging_engine.furniture import Piece
from staging_engine.plan import plan_room
from staging_engine.planner import Placement
from staging_engine.site import Site

ROOMS = ("room_a_living", "room_b_bedroom", "room_c_loft")
ROOM_TYPES = [entry.key for entry in CATALOG.room_types]
STYLES = [entry.key for entry in CATALOG.styles]
MAIN_PIECE = {"living_room": "sofa", "bedroom": "bed", "dining_room": "dining_table"}
# These lie under, stand on or hang over others; chairs are pushed under the table.
NOT_SOLID = {"rug", "picture", "mirror", "table_lamp", "pendant", "cord", "dining_chair"}

Sites = Callable[[str], Site]
Pieces = dict[str, Piece]
Case = tuple[str, str, str]
Plans = Callable[[Case, int], list[Placement]]


@pytest.fixture(
    params=[(room, kind, style) for room in ROOMS for kind in ROOM_TYPES for style in STYLES]
)
def case(request: pytest.FixtureRequest) -> Case:
    """The name of a room, what it is furnished as, and in which style."""
    chosen: Case = request.param
    return chosen


@pytest.fixture(scope="module")
def plans(sites: Sites, pieces: Pieces) -> Plans:
    """The plan for a case and a seed, made once."""

    @functools.cache
    def plan(case: Case, seed: int) -> list[Placement]:
        room, room_type, style = case
        return plan_room(sites(room), pieces, room_type=room_type, style=style, seed=seed)

    return plan


def footprint(placement: Placement) -> Footprint:
    x, y, _ = placement.position
    width, depth, _ = placement.size
    return Footprint(x, y, width, depth, placement.rotation)


def solid(placements: list[Placement]) -> Iterator[tuple[Placement, Footprint]]:
    for placement in placements:
        if placement.name not in NOT_SOLID:
            # Leaves and lamp shades may touch; what they stand on may not.
            factor = 0.8 if placement.name in ("plant", "floor_lamp") else 1.0
            yield placement, footprint(placement).scaled(factor)


def test_main_piece_is_placed(case: Case, plans: Plans) -> None:
    placements = plans(case, 1)
    assert MAIN_PIECE[case[1]] in [placement.name for placement in placements]
    assert len(placements) >= 5


def test_nothing_overlaps_or_leaves_the_room(case: Case, sites: Sites, plans: Plans) -> None:
    site = sites(case[0])
    for seed in (0, 1, 2):
        standing = list(solid(plans(case, seed)))
        for index, (first, place) in enumerate(standing):
            assert site.contains(place, -0.05), first
            for second, other in standing[index + 1 :]:
                assert not overlap(place, other), (first.name, second.name)


def test_everything_stands_on_floor_or_furniture(
    case: Case, sites: Sites, pieces: Pieces, plans: Plans
) -> None:
    room, _, style = case
    for placement in plans(case, 0):
        height = placement.position[2]
        if placement.name in ("picture", "mirror", "pendant", "cord"):
            assert height + placement.size[2] / 2 < sites(room).ceiling + 1.5
        elif placement.name == "table_lamp":
            assert height == pytest.approx(pieces[f"nightstand_{style}"].height)
        else:
            assert height == 0


def test_same_seed_makes_the_same_plan(
    case: Case, sites: Sites, pieces: Pieces, plans: Plans
) -> None:
    room, room_type, style = case
    again = plan_room(sites(room), pieces, room_type=room_type, style=style, seed=1)
    assert again == plans(case, 1)


def test_seeds_differ(plans: Plans) -> None:
    made = [plans(("room_a_living", "living_room", "modern"), seed) for seed in range(4)]
    assert any(plan != made[0] for plan in made[1:])


def test_overlap_sees_turned_rectangles() -> None:
    square = Footprint(0, 0, 2, 2, 0)
    assert overlap(square, Footprint(1.9, 0, 2, 2, 0.785))
    assert not overlap(square, Footprint(2.6, 0, 2, 2, 0.785))
    assert overlap(square, Footprint(2.6, 0, 2, 2, 0.785), gap=0.4)
