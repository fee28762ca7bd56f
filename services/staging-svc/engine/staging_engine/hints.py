"""What would make a better photo, seen in the photo itself."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.camera import Segments, level_score
from staging_engine.labels import Labels
from staging_engine.photo import Pixels
from staging_engine.port import Hint

BLACK_BARS = Hint(
    "black_bars", "The photo has black bars at its edges: without them, the result will be better."
)
SIDEWAYS = Hint("sideways", "The photo seems to lie on its side: turn it upright and try again.")

_BLACK = 16
_THINNEST_BAR = 0.015
# Much more than the two scores of any upright photo that we know differ.
_LEAN = 0.12


def find_hints(photo: Pixels, segments: Segments, labels: Labels) -> tuple[Hint, ...]:
    """The hints for this photo."""
    hints = []
    if _has_bars(photo):
        hints.append(BLACK_BARS)
    # Lying on its side, the network does not know a room.
    if not labels.shows_room and _is_sideways(photo, segments):
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


def _is_sideways(photo: Pixels, segments: Segments) -> bool:
    """Whether the lines agree far better on a camera if the photo is turned by a quarter: upright, the
    lines of a room meet at the level of the eyes, and only those that go up are parallel."""
    if not len(segments):
        return False
    height, width = photo.shape[:2]
    turned = Segments(_turn(segments.middles), _turn(segments.directions), segments.weights)
    diagonal = math.hypot(width, height)
    return level_score(turned, diagonal) - level_score(segments, diagonal) > _LEAN


def _turn(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([-vectors[:, 1], vectors[:, 0]])
