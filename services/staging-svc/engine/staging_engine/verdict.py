"""Whether a photo can be furnished: what speaks for and against it, and how sure that is.

Each check has a limit of its own and a sentence for the customer. `confidence` weighs the same signals
together; below its limit the photo is refused although no single check says why.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from staging_engine.content import floor_cover
from staging_engine.labels import Labels
from staging_engine.port import Check, RefusalCode, StagingRefusedError
from staging_engine.reading import Reading
from staging_engine.room import CEILING, FLOOR, surfaces

_WALLS = ("wall", "door", "window")
# Where a check refuses by itself. Sizes in metres and square metres, the others are shares or chances.
LIMITS = {
    "camera": 0.45,
    "room": 0.3,
    "floor": 0.04,
    "parts": 0.8,
    "free": 0.55,
    "steady": 0.88,
    "width": 2.2,
    "depth": 15.0,
    "area": 120.0,
    "covered": 0.115,
    "hole": 0.068,
    "large_hole": 0.125,
    "furniture": 0.14,
    "spotted": 0.02,
    "is_empty_room": 0.1,
    "marked": 0.04,
    "scale_spread": 0.12,
}
# Of these, more is worse.
UPPER_LIMITS = ("depth", "area", "scale_spread", "covered", "hole", "furniture", "marked")
# What `fit_verdict.py` found: for each signal of `evidence` its weight, and the middle and spread it is measured in.
_FITTED = json.loads(Path(__file__).with_name("weights.json").read_text())
# Less is refused even where every check has passed. `fit_verdict.py` chooses 0.38 to 0.45 on rendered rooms; photos
# that deceive both floor and walls come a little higher.
_LEAST_CONFIDENCE = 0.5
# From these chances on, a kind speaks against the photo by itself, even where an empty room is possible too.
# Empty rooms with built-in cupboards, a worn floor or a staircase in a corner come near the higher ones.
_CLEARLY = {
    "outdoors": 0.5,
    "drawing": 0.5,
    "person": 0.5,
    "other": 0.6,
    "bathroom": 0.6,
    "corridor": 0.7,
    "kitchen": 0.8,
    "furnished_room": 0.85,
    "stairs": 0.9,
}
# Between these, how likely an empty room is weighs in the confidence. The network is much surer of the rendered
# rooms that it was trained on than of photos: of more than the upper one nothing follows.
_UNLIKELY, _LIKELY_ENOUGH = 0.05, 0.3
# Where much furniture is seen, these say what to call it.
_HAVE_FURNITURE = ("furnished_room", "bathroom", "kitchen")
_LIKELY = 0.3


@dataclass(frozen=True, slots=True)
class Verdict:
    """How likely a good picture is, what was looked at, and the refusal if there is one."""

    confidence: float
    checks: tuple[Check, ...]
    refusal: StagingRefusedError | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a photo is refused, and what to do about it."""

    code: RefusalCode
    message: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """A check: what it says when passed and when failed, and the refusal if failing refuses."""

    code: str
    passed: str
    failed: str
    refusal: Refusal | None = None


_SHOWS_ROOM = _Rule(
    "shows_room",
    "The photo shows the inside of a room.",
    "This does not look like an empty room. Use a photo of an empty living room, bedroom or dining room.",
)
_KINDS: dict[str, Refusal] = {
    "outdoors": Refusal(
        "not_a_room",
        "This looks like a photo of the outdoors. Use a photo of an empty room, taken inside.",
    ),
    "drawing": Refusal(
        "not_a_room",
        "This looks like a plan or a drawing. Use a photo of an empty room.",
    ),
    "person": Refusal(
        "not_a_room",
        "There seems to be somebody in the photo. Use a photo of the empty room without people.",
    ),
    "bathroom": Refusal(
        "not_a_room",
        "This looks like a bathroom, which cannot be furnished. Use a photo of an empty living room, "
        "bedroom or dining room.",
    ),
    "kitchen": Refusal(
        "cannot_place",
        "This looks like a kitchen: between its units there is no floor for furniture. Use a photo of an "
        "empty living room, bedroom or dining room.",
    ),
    "corridor": Refusal(
        "cannot_place",
        "This looks like a corridor, which is too narrow for furniture. Use a photo of an empty living "
        "room, bedroom or dining room.",
    ),
    "stairs": Refusal(
        "not_a_room",
        "This looks like a staircase. Use a photo of an empty room with a level floor.",
    ),
    "furnished_room": Refusal(
        "already_furnished",
        "There is furniture in the room already. Use a photo of an empty room.",
    ),
    "other": Refusal("not_a_room", _SHOWS_ROOM.failed),
}
_IS_EMPTY = _Rule(
    "is_empty",
    "The floor is free.",
    "There seem to be things on the floor already.",
    Refusal(
        "already_furnished",
        "There seem to be things on the floor already. Use a photo of an empty room.",
    ),
)
_ROOM_SHAPE = _Rule(
    "room_shape",
    "Floor, walls and ceiling were recognised.",
    "The lines of the photo only partly agree on where floor, walls and ceiling meet.",
    Refusal(
        "room_not_found",
        "No room with floor and walls was recognised. Use a level photo that shows two walls and much of "
        "the floor, or mark the corners of the floor yourself.",
    ),
)
_STEADY = _Rule(
    "steady",
    "Floor and walls are found at the same places in lighter, darker, smaller and mirrored versions of "
    "the photo.",
    "Floor and walls are found at other places when the photo is made lighter, darker, smaller or "
    "mirrored.",
    Refusal(
        "room_not_found",
        "It is not clear in the photo where the floor ends. Use a brighter, level photo that shows two "
        "walls and much of the floor, or mark the corners of the floor yourself.",
    ),
)
_ROOM_SIZE = _Rule(
    "room_size",
    "The room is large enough for furniture.",
    "The room seems to be too narrow or too long for furniture.",
    Refusal(
        "cannot_place",
        "The room seems to be too narrow for furniture. Use a photo of a room that is at least 2.2 m wide, or mark the "
        "corners of the floor yourself.",
    ),
)
_TOO_LARGE: Refusal = Refusal(
    "room_not_found",
    "The room seems to be longer than 15 m or larger than 120 m², so it was probably not recognised well. Use a level photo that shows two "
    "walls and much of the floor, or mark the corners of the floor yourself.",
)
_CLEAR_VIEW = _Rule(
    "clear_view",
    "Nothing stands in front of the floor.",
    "Something stands in front of the floor: furniture would be painted over it.",
    Refusal(
        "cannot_place",
        "Something stands in front of the floor, such as a half-wall, a column or a kitchen island. Take "
        "the photo from in front of it.",
    ),
)
_MARKED_FLOOR = _Rule(
    "marked_floor",
    "The marked corners fit a room with right angles.",
    "The marked corners do not fit a room with right angles.",
    Refusal(
        "room_not_found",
        "The marked corners do not fit a room with right angles. Mark where the walls meet the floor: the "
        "two far corners, and a point of each side wall near you.",
    ),
)
# Of many small doubts.
_UNSURE: Refusal = Refusal(
    "room_not_found",
    "The room was not recognised well enough for furniture to stand right. Use a bright, level photo that "
    "shows two walls and much of the floor, or mark the corners of the floor yourself.",
)
_MARKED_CONFIDENCE = 0.9
_NO_LINES: Refusal = Refusal(
    "room_not_found",
    "No room with floor and walls was recognised. Use a level photo of an empty room that shows the "
    "floor.",
)
_KNOWN_SCALE = _Rule(
    "known_scale",
    "It is clear how large the room is.",
    "How large the room is could be told only roughly: tell us the height of the ceiling if the furniture "
    "looks too large or too small.",
)


def no_lines() -> StagingRefusedError:
    """The refusal of a picture without straight lines."""
    return _refusal(_NO_LINES, (_check(_ROOM_SHAPE, False),))


def measure_signals(reading: Reading) -> dict[str, float]:
    """What speaks for and against the photo, by name."""
    covered, hole = floor_cover(reading.view, reading.room, reading.labels)
    signals = {
        "camera": reading.camera.score,
        "room": reading.room.confidence,
        "floor": float(reading.view.mask.mean()),
        "covered": covered,
        "hole": hole,
        "width": reading.room.width_m,
        "depth": reading.room.depth_m,
        "area": reading.room.area_m2,
        "scale_spread": reading.scale_spread,
    }
    if reading.labels is not None:
        signals |= _label_signals(reading, reading.labels)
    return signals


def _label_signals(reading: Reading, labels: Labels) -> dict[str, float]:
    camera = reading.camera
    rows, columns = labels.shares.shape[1:]
    shown = surfaces(camera, reading.room, camera.cells(columns, rows))
    floor, ceiling, furniture = (labels.share(name) for name in ("floor", "ceiling", "furniture"))
    walls = np.sum([labels.share(name) for name in _WALLS], axis=0)
    right = np.where(shown == FLOOR, floor, np.where(shown == CEILING, ceiling, walls))
    things = furniture + labels.share("other")
    on_floor = shown == FLOOR
    # A room that is not seen at all has no part in the right place.
    structure = max(float((floor + ceiling + walls).sum()), 1e-6)
    return {
        "parts": float(right.sum() / structure),
        "free": float(floor[on_floor].mean()) if on_floor.any() else 0.0,
        "things": float(things.mean()),
        "furniture": float(furniture.mean()),
    } | {f"is_{kind}": chance for kind, chance in labels.kinds.items()}


def judge(signals: Mapping[str, float]) -> Verdict:
    """The verdict on a photo; a signal that is missing says nothing."""
    checks, refusals = look(signals)
    confidence = _confidence(signals)
    if not refusals and confidence < _LEAST_CONFIDENCE:
        refusals = [_doubt(signals)]
    return Verdict(confidence, checks, _refusal(refusals[0], checks) if refusals else None)


def look(signals: Mapping[str, float]) -> tuple[tuple[Check, ...], list[Refusal]]:
    """The checks, and the refusals that those that failed lead to."""
    kind = _clear_kind(signals)
    shows_room = _check(_SHOWS_ROOM, kind is None)
    if kind is not None:
        shows_room = Check(shows_room.code, False, _KINDS[kind].message)
    rules = (
        (_IS_EMPTY, not _is_covered(signals)),
        (_ROOM_SHAPE, _within(signals, "camera", "room", "floor", "parts")),
        (_ROOM_SIZE, _within(signals, "width", "depth", "area")),
        (_CLEAR_VIEW, _within(signals, "free")),
        (_STEADY, _within(signals, "steady")),
        (_KNOWN_SCALE, _within(signals, "scale_spread")),
    )
    refusals = [] if kind is None else [_KINDS[kind]]
    refusals += [
        _TOO_LARGE if rule is _ROOM_SIZE and _within(signals, "width") else rule.refusal
        for rule, passed in rules
        if rule.refusal and not passed
    ]
    return (shows_room, *(_check(rule, passed) for rule, passed in rules)), refusals


def evidence(signals: Mapping[str, float]) -> dict[str, float]:
    """What the confidence is made of."""
    weighed = {name: signals[name] for name in ("room", "parts", "free") if name in signals}
    if "furniture" in signals:
        weighed["furniture"] = math.log(signals["furniture"] + 0.02)
    if "is_empty_room" in signals:
        chance = min(max(signals["is_empty_room"], _UNLIKELY), _LIKELY_ENOUGH)
        weighed["is_empty_room"] = math.log(chance)
    return weighed


def judge_marked(reading: Reading) -> Verdict:
    """The verdict on a floor that a person marked: asks only whether it can be one."""
    room, away = reading.room, reading.marked_away
    fits = away is not None and away <= LIMITS["marked"]
    rules = (
        (_MARKED_FLOOR, fits),
        (_ROOM_SIZE, room.width_m >= LIMITS["width"]),
        (_KNOWN_SCALE, reading.scale_spread <= LIMITS["scale_spread"]),
    )
    checks = tuple(_check(rule, passed) for rule, passed in rules)
    refusals = [rule.refusal for rule, passed in rules if rule.refusal and not passed]
    confidence = _MARKED_CONFIDENCE if fits and not refusals else 0.0
    return Verdict(confidence, checks, _refusal(refusals[0], checks) if refusals else None)


def _check(rule: _Rule, passed: bool) -> Check:
    return Check(rule.code, passed, rule.passed if passed else rule.failed)


def _refusal(refusal: Refusal, checks: tuple[Check, ...]) -> StagingRefusedError:
    return StagingRefusedError(refusal.code, refusal.message, checks=checks)


def _clear_kind(signals: Mapping[str, float]) -> str | None:
    """What the photo shows if that is clearly no empty room."""
    clear = [kind for kind, limit in _CLEARLY.items() if _chance(signals, kind) > limit]
    if not clear and not _within(signals, "is_empty_room"):
        clear = list(_KINDS)
    if not clear and signals.get("furniture", 0.0) > LIMITS["furniture"]:
        clear = [kind for kind in _HAVE_FURNITURE if _chance(signals, kind) > _LIKELY]
    return max(clear, key=lambda kind: _chance(signals, kind), default=None)


def _chance(signals: Mapping[str, float], kind: str) -> float:
    return signals.get(f"is_{kind}", 0.0)


def _is_covered(signals: Mapping[str, float]) -> bool:
    """Whether there is much furniture; or spots on the floor both in other colours and outside of its area, which
    are large or with some furniture: else they may be sunlight and reflections."""
    furniture = signals.get("furniture", LIMITS["spotted"])
    if furniture > LIMITS["furniture"]:
        return True
    spots = signals["covered"] > LIMITS["covered"] and signals["hole"] > LIMITS["hole"]
    return spots and (signals["hole"] > LIMITS["large_hole"] or furniture >= LIMITS["spotted"])


def _within(signals: Mapping[str, float], *names: str) -> bool:
    return all(
        signals.get(name, LIMITS[name]) <= LIMITS[name]
        if name in UPPER_LIMITS
        else signals.get(name, LIMITS[name]) >= LIMITS[name]
        for name in names
    )


def _confidence(signals: Mapping[str, float]) -> float:
    total = float(_FITTED["offset"])
    weighed = evidence(signals)
    for name, (weight, middle, spread) in _FITTED["weights"].items():
        total += weight * (weighed.get(name, middle) - middle) / spread
    return 1 / (1 + math.exp(-total))


def _doubt(signals: Mapping[str, float]) -> Refusal:
    """The refusal of a photo that no single check refuses: by what the photo most likely shows instead."""
    likeliest = max(_KINDS, key=lambda kind: _chance(signals, kind))
    if _chance(signals, likeliest) > signals.get("is_empty_room", 1.0):
        return _KINDS[likeliest]
    return _UNSURE
