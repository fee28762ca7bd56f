"""From a room type and a style to a list of placed furniture."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from staging_engine.bedroom import plan_bedroom
from staging_engine.dining_room import plan_dining_room
from staging_engine.furniture import Furniture, Piece
from staging_engine.living_room import plan_living_room
from staging_engine.planner import Placement, Plan
from staging_engine.port import StagingRefusedError
from staging_engine.site import Site

_NARROWEST_ROOM_M = 2.2
_MAIN_PIECES = {"living_room": "sofa", "bedroom": "bed", "dining_room": "dining table"}
_PLANNERS: dict[str, Callable[[Callable[[], Plan]], Plan | None]] = {
    "living_room": plan_living_room,
    "bedroom": plan_bedroom,
    "dining_room": plan_dining_room,
}


def plan_room(
    site: Site, pieces: Mapping[str, Piece], *, room_type: str, style: str, seed: int
) -> list[Placement]:
    """What stands where; the same for the same seed. Refused when the main piece has no place."""
    if site.room.width_m < _NARROWEST_ROOM_M:
        raise StagingRefusedError(
            "cannot_place",
            "The room seems to be narrower than 2.2 m, which leaves no way past the furniture.",
        )
    furniture = Furniture(pieces, style)
    plan = _PLANNERS[room_type](lambda: Plan(site, furniture, random.Random(seed)))
    if plan is None:
        raise StagingRefusedError(
            "cannot_place",
            f"No place was found for the {_MAIN_PIECES[room_type]} that leaves doors and passages clear. "
            "Use a photo that shows more of the floor, or choose another room type.",
        )
    return plan.placements
