"""Passages that the room box does not know: a wall ends, and beside its end floor goes on behind it.

Seen from the camera, the foot of what stands there jumps away at such an end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from staging_engine.geometry import Floats

Passage = tuple[Floats, slice]
"""Both ends of a passage on the floor, (2, 2), and the columns that look through it."""

_JUMP_M = 0.55
_JUMP_SHARE = 1.12
# Outlines of the floor are blurred a little.
_BLUR = 3
_WALL_M = 0.3
_BEHIND_M = 0.4
_NARROWEST_M, _WIDEST_M = 0.6, 3.2
_FARTHEST_M = 9.0


def find_passages(feet: Floats, columns: NDArray[np.intp]) -> Iterator[Passage]:
    """Where people pass beside the end of a wall; `feet` (n, 2) are where the floor ends in each column."""
    away = np.hypot(*feet.T)
    for near, far in _jumps(away, columns):
        step = 1 if far > near else -1
        passage = _beside(feet, near, far, step)
        if passage is not None:
            yield passage


def _jumps(away: Floats, columns: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Pairs of columns, the first at the end of a wall, the second the first that sees behind it."""
    for step in (1, -1):
        last = -1
        order = range(len(away)) if step > 0 else range(len(away) - 1, -1, -1)
        for near in order:
            far = near + _BLUR * step
            if not 0 <= far < len(away) or abs(int(columns[far] - columns[near])) > _BLUR + 1:
                continue
            is_jump = away[far] - away[near] > _JUMP_M and away[far] > _JUMP_SHARE * away[near]
            # The first column of a blurred jump is still on the wall.
            if is_jump and (last < 0 or abs(near - last) > _BLUR) and away[near] < _FARTHEST_M:
                last = near
                yield near, far


def _wall(feet: Floats, near: int, step: int) -> Floats | None:
    """From a wall's end along it; None where it is no more than a post."""
    end = before = feet[near]
    for column in range(near + step, len(feet) if step > 0 else -1, step):
        foot = feet[column]
        if math.dist(foot, before) > _JUMP_M:
            return None
        if math.dist(foot, end) > _WALL_M:
            along: Floats = foot - end
            return along
        before = foot
    return None


def _beside(feet: Floats, near: int, far: int, step: int) -> Passage | None:
    """The passage beside a wall's end, in the plane of that wall; None where there is none."""
    end = feet[near]
    wall = _wall(feet, near, -step)
    if wall is None:
        return None
    axis = int(np.argmax(np.abs(wall)))
    across = 1 - axis
    outwards = 1.0 if end[across] > 0 else -1.0
    other, last = None, far
    for column in range(far, len(feet) if step > 0 else -1, step):
        foot = feet[column]
        if (foot[across] - end[across]) * outwards < _BEHIND_M:
            break
        # Where the line of sight crosses the wall's plane.
        crossing = foot * (end[across] / foot[across])
        if abs(crossing[axis] - end[axis]) > _WIDEST_M:
            return None
        other, last = crossing, column
    if other is None or abs(other[axis] - end[axis]) < _NARROWEST_M:
        return None
    return np.stack([end, other]), slice(min(far, last), max(far, last) + 1)
