"""What would make a better photo, seen in the photo itself."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.camera import Segments, level_score
from staging_engine.labels import Labels, glance
from staging_engine.photo import Pixels
from staging_engine.port import Hint

BLACK_BARS = Hint(
    "black_bars", "The photo has black bars at its edges: without them, the result will be better."
)
SIDEWAYS = Hint("sideways", "The photo seems to lie on its side: turn it upright and try again.")

_BLACK = 16
_THINNEST_BAR = 0.015
# Of the lines: more than the two scores of nearly every upright photo that we know differ.
_LEAN = 0.12
# Of what the network says of the photo turned and as it is, where it knows an empty room in the turned one: nearly all
# upright rooms come to less than 0.1, one to 0.22, and the same on their side to 0.3 and more.
_KNOWN_BETTER = 0.25
_LIKELY = 0.8
_SURELY = 0.5
# Else it only speaks against what the lines say.
_KNOWN_WORSE = -0.4


def find_hints(photo: Pixels, segments: Segments, labels: Labels) -> tuple[Hint, ...]:
    """The hints for this photo."""
    hints = []
    if _has_bars(photo):
        hints.append(BLACK_BARS)
    if _is_sideways(photo, segments, labels):
        hints.append(SIDEWAYS)
    return tuple(hints)


def _has_bars(photo: Pixels) -> bool:
    """Whether two opposite edges are black; a single one may be a dark corner of the room."""
    small = cv2.resize(photo, (200, 200), interpolation=cv2.INTER_AREA)
    black = np.asarray(small).max(axis=2) <= _BLACK
    return any(
        min(_leading(lines), _leading(lines[::-1])) >= _THINNEST_BAR
        for lines in (black.all(axis=0), black.all(axis=1))
    ) and not bool(black.all())


def _leading(lines: NDArray[np.bool_]) -> float:
    """The share of lines before the first that is not black."""
    return float(np.argmin(lines)) / len(lines)


def _is_sideways(photo: Pixels, segments: Segments, labels: Labels) -> bool:
    """Whether the network knows an empty room far better, or the lines agree far better on a camera, if the photo is
    turned by a quarter."""
    quarters = (np.ascontiguousarray(np.rot90(photo, turns)) for turns in (1, -1))
    doubt, chance = _doubt_and_chance(labels.at_a_glance or glance(photo))
    turned_doubt, turned_chance = min(_doubt_and_chance(glance(quarter)) for quarter in quarters)
    better = doubt - turned_doubt + turned_chance - chance
    # Somebody who lies is no person to the network.
    if turned_chance > _LIKELY and better > _KNOWN_BETTER and labels.kinds["person"] < _SURELY:
        return True
    # Boards, blinds and grooves may have more lines than a room that the network knows.
    return not labels.shows_room and better > _KNOWN_WORSE and _leans(photo, segments)


def _doubt_and_chance(labels: Labels) -> tuple[float, float]:
    doubt = float(np.log(1.001 - labels.shares.max(axis=0)).mean())
    return doubt, labels.kinds["empty_room"]


def _leans(photo: Pixels, segments: Segments) -> bool:
    """Whether the lines say so: upright, those of a room meet at the level of the eyes, and only those that go up are
    parallel."""
    if not len(segments):
        return False
    height, width = photo.shape[:2]
    turned = Segments(_turn(segments.middles), _turn(segments.directions), segments.weights)
    diagonal = math.hypot(width, height)
    return level_score(turned, diagonal) - level_score(segments, diagonal) > _LEAN


def _turn(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([-vectors[:, 1], vectors[:, 0]])
