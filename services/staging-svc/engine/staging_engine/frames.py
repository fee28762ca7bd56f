"""Openings that only their outline shows: two jambs from the floor up to a lintel.

Where the room behind is as white as the wall, the network takes all of it for wall. The outline stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from staging_engine.edges import edges_of, look_up
from staging_engine.floor import FloorView
from staging_engine.geometry import Camera, Floats
from staging_engine.openings import Opening, wall_grid
from staging_engine.room import RoomBox

Mask = NDArray[np.bool_]

# Metres over the floor. Lower lintels are of niches and fireplaces.
_JAMB_FROM_M, _JAMB_TO_M = 0.15, 1.8
_SILL_M, _BELOW_SILLS = 0.55, 0.65
_LINTEL_FROM_M, _LINTEL_TO_M = 1.85, 2.75
_UNDER_CEILING_M = 0.15
_NARROWEST_M, _WIDEST_M = 0.6, 3.2
# Of a jamb and of a lintel, as much is seen as an edge; of a lintel that only one jamb carries, more.
_JAMB, _LINTEL, _LONE_LINTEL = 0.75, 0.7, 0.92
# A corner of the room goes on over the lintel.
_MOST_ABOVE = 0.65
_LEAST_SEEN = 0.9
# Of most columns and of most rows of a patterned wall, as much is edges.
_PATTERN_UPRIGHT, _PATTERN_LEVEL = 0.5, 0.35


def find_frames(view: FloorView, camera: Camera, room: RoomBox) -> Iterator[Opening]:
    """The openings that jambs and a lintel outline in the walls of the box."""
    across, down = edges_of(view.image)
    for wall in ("back", "left", "right"):
        along, heights, pixels, seen = wall_grid(camera, room, wall)
        if len(along) < 2:
            continue
        outlines = _Outlines(
            along * room.camera_height_m,
            heights * room.camera_height_m,
            look_up(across, pixels * view.scale) & seen,
            look_up(down, pixels * view.scale) & seen,
            seen,
        )
        for first, last, top in outlines.frames(room.ceiling_m):
            yield Opening(
                "door",
                wall,
                start=float(along[first]),
                end=float(along[last]),
                bottom=0.0,
                top=float(heights[top]),
                whole=True,
            )


class _Outlines:
    """Where a wall shows edges: pictures whose rows are heights, in metres."""

    def __init__(
        self, along: Floats, heights: Floats, upright: Mask, level: Mask, seen: Mask
    ) -> None:
        self._along, self._heights = along, heights
        self._upright, self._level, self._seen = upright, level, seen

    def frames(self, ceiling_m: float) -> Iterator[tuple[int, int, int]]:
        """The columns of two jambs and the row of their lintel."""
        highest = min(_LINTEL_TO_M, ceiling_m - _UNDER_CEILING_M)
        lintels = self._rows(_LINTEL_FROM_M, highest)
        if not len(lintels) or self._is_patterned():
            return
        jambs = self._jambs()
        # An opening may reach up to the next wall.
        ends = {0, len(self._along) - 1} - {*jambs[:1], *jambs[-1:]}
        found: list[tuple[int, int]] = []
        pairs = combinations(sorted({*jambs, *ends}), 2)
        # The widest first: what is in it is part of it.
        for first, last in sorted(pairs, key=lambda pair: pair[0] - pair[1]):
            width = self._along[last] - self._along[first]
            is_known = any(start <= first and last <= end for start, end in found)
            if is_known or not _NARROWEST_M <= width <= _WIDEST_M or {first, last} <= ends:
                continue
            lengths = self._level[lintels, first + 1 : last].mean(axis=1)
            top = int(lintels[int(np.argmax(lengths))])
            above = self._rows(self._heights[top] + 0.1, ceiling_m - 0.1)
            goes_on = [
                self._upright[above, side].mean() if len(above) else 0.0
                for side in (first, last)
                if side not in ends
            ]
            least = _LONE_LINTEL if {first, last} & ends else _LINTEL
            if lengths.max() >= least and max(goes_on) <= _MOST_ABOVE:
                found.append((first, last))
                yield first, last, top

    def _is_patterned(self) -> bool:
        """Whether the wall is all edges, as of bricks: among them no outline can be told."""
        rows = self._rows(_JAMB_FROM_M, _LINTEL_TO_M)
        seen = self._seen[rows].mean(axis=0) >= _LEAST_SEEN
        if not seen.any():
            return False
        upright, level = (edges[rows][:, seen] for edges in (self._upright, self._level))
        return bool(
            np.median(upright.mean(axis=0)) > _PATTERN_UPRIGHT
            and np.median(level.mean(axis=1)) > _PATTERN_LEVEL
        )

    def _jambs(self) -> list[int]:
        """The columns that are an edge from the floor up to a door's height, the clearest of neighbours."""
        rows = self._rows(_JAMB_FROM_M, _JAMB_TO_M)
        share = self._upright[rows].mean(axis=0)
        share[self._seen[rows].mean(axis=0) < _LEAST_SEEN] = 0.0
        # Windows end at their sill.
        low = self._rows(_JAMB_FROM_M, _SILL_M)
        share[self._upright[low].mean(axis=0) < _BELOW_SILLS] = 0.0
        jambs = []
        for run in np.split(np.arange(len(share)), np.flatnonzero(np.diff(share >= _JAMB)) + 1):
            if share[run[0]] >= _JAMB:
                jambs.append(int(run[int(np.argmax(share[run]))]))
        return jambs

    def _rows(self, low: float, high: float) -> NDArray[np.intp]:
        return np.flatnonzero((self._heights >= low) & (self._heights <= high))
