"""Whether a photo is upside down.

The network calls what is below floor and what is above ceiling, whichever way up a photo is. But it is surer of a photo
that is upright; floors have more colour than ceilings and are less even; doors and things stand on the floor, and
few hang from the ceiling. So the photo is compared with itself turned around. `training/fit_upright.py` finds the weights.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.labels import CLASSES, Labels, read_labels
from staging_engine.photo import Pixels
from staging_engine.port import Check, StagingRefusedError

WEIGHTS = {
    "colour": 0.97,
    "unevenness": 0.49,
    "doors": 1.12,
    "windows": 0.46,
    "things": 1.25,
    "doubt": -4.87,
}
"""What each kind of evidence counts, upright against turned around."""
# Below this a photo is refused; no upright one that we know comes so low.
_UPSIDE_DOWN = -1.8
# Of the evidence of the photo as it is: above this it need not be turned.
_CLEARLY_UPRIGHT = 2.0
# Less likely an empty room, it is refused for what it shows, whichever way up.
_POSSIBLY_EMPTY = 0.1
_SURELY = 0.6
_FEWEST_CELLS = 20
_TOUCHING = 3
_SHINES = 245
# So that the kinds of evidence are of about one size, and colours do not outweigh all others.
_COLOUR, _UNEVENNESS, _TOUCH = 10.0, 10.0, 5.0
_MOST = 1.0


def check_upright(photo: Pixels, labels: Labels) -> None:
    """Refuse a photo of a room that seems to be upside down."""
    if labels.kinds["empty_room"] < _POSSIBLY_EMPTY:
        return
    seen = evidence(photo, labels)
    if _alone(seen) > _CLEARLY_UPRIGHT:
        return
    turned = np.ascontiguousarray(photo[::-1, ::-1])
    if compared(seen, evidence(turned, read_labels(turned))) < _UPSIDE_DOWN:
        message = (
            "The photo seems to be upside down: turn it and try again, or mark the floor yourself."
        )
        raise StagingRefusedError(
            "room_not_found", message, checks=(Check("usable_picture", False, message),)
        )


def compared(seen: dict[str, float], turned: dict[str, float]) -> float:
    """How much more the photo looks upright than turned around."""
    return sum(weight * (seen[name] - turned[name]) for name, weight in WEIGHTS.items())


def evidence(photo: Pixels, labels: Labels) -> dict[str, float]:
    """What tells below from above."""
    shares = labels.shares
    rows, columns = shares.shape[1:]
    small = cv2.resize(photo, (columns, rows), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float64)
    # Lamps make a ceiling uneven that is not.
    shines = small.min(axis=2) >= _SHINES
    below, above = (
        lab[(shares[CLASSES.index(name)] > _SURELY) & ~shines] for name in ("floor", "ceiling")
    )
    are_seen = min(len(below), len(above)) >= _FEWEST_CELLS
    best = shares.argmax(axis=0)
    return {
        "colour": _at_most((_colour(below) - _colour(above)) / _COLOUR) if are_seen else 0.0,
        "unevenness": _at_most((below[:, 0].std() - above[:, 0].std()) / _UNEVENNESS)
        if are_seen
        else 0.0,
        "doors": _stand(best, "door"),
        "windows": _stand(best, "window"),
        "things": _stand(best, "other") + _stand(best, "furniture"),
        "doubt": float(np.log(1.001 - shares.max(axis=0)).mean()),
    }


def _alone(seen: dict[str, float]) -> float:
    """About what the comparison will say, without turning the photo: colours just change sides."""
    twice = {"colour", "unevenness"}
    return sum(
        weight * seen[name] * (2 if name in twice else 1)
        for name, weight in WEIGHTS.items()
        if name != "doubt"
    )


def _at_most(value: float) -> float:
    return min(max(value, -_MOST), _MOST)


def _colour(lab: NDArray[np.float64]) -> float:
    return float(np.median(np.hypot(lab[:, 1] - 128, lab[:, 2] - 128)))


def _stand(best: NDArray[np.intp], name: str) -> float:
    """In how many more columns such a thing touches the floor than the ceiling."""
    rows = len(best)
    is_thing = best == CLASSES.index(name)
    has_thing = is_thing.any(axis=0)
    top, bottom = _first(is_thing), rows - 1 - _first(is_thing[::-1])
    is_floor, is_ceiling = (best == CLASSES.index(part) for part in ("floor", "ceiling"))
    under = _first(is_floor) - bottom
    over = top - (rows - 1 - _first(is_ceiling[::-1]))
    stands = has_thing & is_floor.any(axis=0) & (under > 0) & (under <= _TOUCHING)
    hangs = has_thing & is_ceiling.any(axis=0) & (over > 0) & (over <= _TOUCHING)
    return _TOUCH * float(stands.mean() - hangs.mean())


def _first(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The first row of each column in which the mask is set; 0 where it never is."""
    return np.asarray(np.argmax(mask, axis=0))
