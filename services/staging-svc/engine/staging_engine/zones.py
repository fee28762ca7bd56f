"""What has to stay clear: doors, openings, glazing to the floor, fireplaces, radiators.

In each column of the photo the floor ends somewhere. What stands there, a wall or anything else, is looked at
along the vertical over that foot, so that no wall of the room box has to be where the photo shows one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.floor import FloorView
from staging_engine.footprint import Footprint
from staging_engine.frames import find_frames
from staging_engine.geometry import Camera, Floats
from staging_engine.jambs import find_passages
from staging_engine.labels import CLASSES, Labels
from staging_engine.openings import Opening, find_openings, shows_floor_behind
from staging_engine.room import RoomBox

Kind = Literal["door", "passage", "window", "fireplace", "thing", "unseen"]
Mask = NDArray[np.bool_]
Column = NDArray[np.float64]

DEPTHS_M: dict[Kind, float] = {
    "door": 0.95,
    "passage": 0.8,
    "window": 0.8,
    "fireplace": 0.85,
    "thing": 0.35,
    "unseen": 0.8,
}
"""How far into the room each stays clear; a door needs its swing, a fireplace people before it. A thing is
a radiator, a built-in cupboard, a stair: whatever stands there already. Of a wall that we look along, nobody can
say that there is no door in it."""
HEIGHTS_M: dict[Kind, float] = {"door": 2.0, "passage": 2.0, "fireplace": 0.9}
"""Up to where some of them should also be seen."""
WAYS: tuple[Kind, ...] = ("door", "passage")
_SIDE_M = 0.08
# Of an opening in a wall that we look along, the wall's thickness hides the far end.
_THICK_M, _MOST_HIDDEN_M = 0.2, 0.8
_BEHIND_M = 0.25
# Of a door that the photo cuts away, as much as is missing is added.
_DOOR_M, _NARROWEST_CUT_M = 0.9, 0.15
_NARROWEST_M: dict[Kind, float] = {
    "door": 0.5,
    "passage": 0.35,
    "window": 0.4,
    "fireplace": 0.35,
    "thing": 0.25,
    "unseen": 0.6,
}
# A wider one is not an opening, but a wall that the box does not know.
_WIDEST_OPENING_M = 3.0
_BEYOND_M = 0.45
_WIDEST_GAP = 4
# Openings in a wall of the box, in camera heights: doors begin near the floor and reach over the eye.
_DOOR_BEGINS, _DOOR_REACHES = 0.4, 1.0
_GLASS_BEGINS = 0.2
_UPPER_PART_M = 0.55
# Of an outline, a window over a sill takes so much if it is the window's.
_MOST_OF_FRAME = 0.6
_PART_OF_PASSAGE = 0.35
# A side wall that we look along at a smaller angle: its tangent.
_ALONG = 0.14
_BAY = 0.3

_SAMPLES_M = np.linspace(0.08, 2.0, 25)
_LOW = (_SAMPLES_M > 0.1) & (_SAMPLES_M < 0.5)
_TALL = (_SAMPLES_M > 0.3) & (_SAMPLES_M < 1.7)
_HIGH = (_SAMPLES_M > 1.15) & (_SAMPLES_M < 1.8)
_MOST = 0.55
_LIKELY: dict[Kind, float] = {"door": 0.5, "window": 0.5, "thing": 0.42}
# Against the typical wall: an opening shows a darker room, a fireplace soot.
_DARK = 0.42
_CLIPPED = 246
_BRIGHT_ROOM = 200
_HOLE_SHARE = 0.02
_LEAST_OF_DOOR = 0.2
_SURE_FLOOR, _POSSIBLE_FLOOR = 0.75, 0.25


@dataclass(frozen=True, slots=True)
class Zone:
    """A rectangle of the floor that stays clear, and because of what."""

    kind: Kind
    place: Footprint

    @property
    def foot(self) -> Footprint:
        """What the zone lies before, as a thin rectangle."""
        at = self.place.at(0.0, _BEHIND_M - self.place.depth / 2)
        return Footprint(*at, self.place.width, 0.02, self.place.rotation)


def seen_floor(view: FloorView, labels: Labels | None) -> Mask:
    """Where the photo shows floor: by its colours, corrected by the labels, without small holes in which the
    labels see no thing."""
    mask, is_thing = view.mask, np.zeros(view.mask.shape)
    if labels is not None:
        height, width = mask.shape
        share = {
            name: labels.share_at(name, (width, height)) for name in ("floor", "furniture", "other")
        }
        mask = view.below & (
            (mask & (share["floor"] > _POSSIBLE_FLOOR)) | (share["floor"] > _SURE_FLOOR)
        )
        is_thing += share["furniture"] + share["other"] > _MOST
    holes = (~mask).astype(np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=4)
    left, top, width, height, area = np.asarray(stats).T
    small = area < _HOLE_SHARE * mask.sum()
    right, bottom = left + width, top + height
    inner = (left > 0) & (top > 0) & (right < mask.shape[1]) & (bottom < mask.shape[0])
    things = np.bincount(np.asarray(parts).ravel(), is_thing.ravel(), len(area)) / area
    filled = small & inner & (things < _LIKELY["thing"])
    filled[0] = False
    whole: Mask = mask | filled[np.asarray(parts)]
    return whole


def find_zones(
    camera: Camera, room: RoomBox, view: FloorView, floor: Mask, labels: Labels | None
) -> tuple[Zone, ...]:
    """The zones along everything that stands where the seen floor ends."""
    rows = _feet(floor)
    columns = np.flatnonzero(rows >= 0)
    if not len(columns):
        return ()
    eye = room.camera_height_m
    seen = view.points[rows[columns], columns] * eye
    feet, is_beyond = _inside(seen, room)
    facade = _Facade(camera, view, feet, eye)
    found = facade.evident()
    found["passage"] = is_beyond
    if labels is not None:
        told = facade.labelled(labels)
        # What is dark up to a person's height and called a thing is a fireplace with something over it, no way.
        is_fire = found["door"] & told["thing"] & ~told["door"]
        found["fireplace"] |= is_fire
        found["door"] &= ~is_fire
        for kind, marked in told.items():
            found[kind] = found[kind] | marked if kind in found else marked
    zones = [
        Zone(kind, place)
        for kind, marked in found.items()
        for run in _runs(marked, columns)
        if (place := before(feet[run], kind, _is_cut(columns[run], floor.shape[1]))) is not None
    ]
    glass = None if labels is None else facade.tall_glass(labels)
    zones += [
        Zone("passage", place)
        for ends, through in find_passages(seen, columns)
        # Nobody walks through a bay with windows.
        if (glass is None or glass[through].mean() < _BAY)
        and (place := before(ends, "passage")) is not None
    ]
    zones += _unseen(room)
    openings = () if labels is None else find_openings(labels, camera, room)
    frames = [
        frame
        for frame in find_frames(view, camera, room)
        if not (
            _is_of_window(frame, openings)
            and not shows_floor_behind(frame, camera, room, view, floor)
        )
    ]
    # The frame of a passage looks like a door.
    zones += [
        zone
        for zone in _in_walls([*openings, *frames], room)
        if not any(_lies_in(zone, other) for other in zones if other.kind == "passage")
    ]
    return tuple(zones)


def _unseen(room: RoomBox) -> Iterator[Zone]:
    """The zones of the far ends of side walls that we look along."""
    for side in (room.left_m, room.right_m):
        ends = np.array([[side, abs(side) / _ALONG], [side, room.depth_m]])
        if ends[0, 1] < ends[1, 1] and (place := before(ends, "unseen")) is not None:
            yield Zone("unseen", place)


def _is_of_window(frame: Opening, openings: Iterable[Opening]) -> bool:
    """Whether most of an outline is that of a window over a sill: its curtains, or what is built in below it."""
    for window in openings:
        if window.kind == "window" and window.wall == frame.wall and window.bottom > _GLASS_BEGINS:
            common = min(frame.end, window.end) - max(frame.start, window.start)
            if common > _MOST_OF_FRAME * (frame.end - frame.start):
                return True
    return False


def _lies_in(zone: Zone, other: Zone) -> bool:
    """Whether a good part of a zone is also in the other."""
    across, forward = other.place.inside(zone.place.points(8))
    inside = (abs(across) < other.place.width / 2) & (abs(forward) < other.place.depth / 2)
    return bool(inside.mean() > _PART_OF_PASSAGE)


def _is_cut(columns: NDArray[np.intp], width: int) -> tuple[bool, bool]:
    """Whether the photo ends at the first and at the last of these columns."""
    return bool(columns[0] <= _WIDEST_GAP), bool(columns[-1] >= width - 1 - _WIDEST_GAP)


def _in_walls(openings: Iterable[Opening], room: RoomBox) -> Iterator[Zone]:
    """The zones of doors and of glazing to the floor in the walls of the box."""
    eye = room.camera_height_m
    for opening in openings:
        wide = (opening.end - opening.start) * eye
        if opening.kind == "window":
            is_way = opening.bottom <= _GLASS_BEGINS
        else:
            # Of a door in the colour of the wall, the network sometimes sees only the upper part.
            is_way = opening.top > _DOOR_REACHES and (
                opening.bottom <= _DOOR_BEGINS or wide >= _UPPER_PART_M
            )
        if not is_way:
            continue
        fixed = {"back": room.depth_m, "left": room.left_m, "right": room.right_m}[opening.wall]
        ends = np.array([[opening.start * eye, fixed], [opening.end * eye, fixed]])
        place = before(ends if opening.wall == "back" else ends[:, ::-1], opening.kind)
        if place is not None:
            yield Zone(opening.kind, place)


def _feet(floor: Mask) -> NDArray[np.int64]:
    """The row in which the floor that begins at the lower edge ends, by column; -1 where there is none."""
    closed = cv2.morphologyEx(floor.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 1), np.uint8))
    rows = np.full(floor.shape[1], -1, np.int64)
    for column, is_floor in enumerate(np.asarray(closed).T[:, ::-1] > 0):
        if is_floor.any():
            first = int(np.argmax(is_floor))
            ends = np.flatnonzero(~is_floor[first:])
            if len(ends) and ends[0]:
                rows[column] = floor.shape[0] - first - int(ends[0])
    return rows


def _inside(feet: Floats, room: RoomBox) -> tuple[Floats, Mask]:
    """Feet beyond the walls moved to them, and which these are: there one looks into another room."""
    away = np.array([room.left_m, room.right_m, room.depth_m])
    along = np.stack([feet[:, 0], feet[:, 0], feet[:, 1]], axis=1)
    with np.errstate(divide="ignore"):
        share = np.where(along * np.sign(away) > 0, away / along, np.inf).min(axis=1)
    beyond = np.max([away[0] - feet[:, 0], feet[:, 0] - away[1], feet[:, 1] - away[2]], axis=0)
    return feet * np.minimum(share, 1)[:, None], beyond > _BEYOND_M


class _Facade:
    """What rises over the feet: a picture whose rows are heights."""

    def __init__(self, camera: Camera, view: FloorView, feet: Floats, eye: float) -> None:
        count = len(feet)
        points = np.empty((count, len(_SAMPLES_M), 3))
        points[..., :2] = feet[:, None]
        points[..., 2] = _SAMPLES_M - eye
        pixels, _ = camera.project(points / eye)
        self._shares = pixels / (camera.width, camera.height)
        self._shown: Mask = np.all((self._shares > 0) & (self._shares < 1), axis=-1)
        grey = cv2.cvtColor(view.image, cv2.COLOR_BGR2GRAY)
        self._grey = self._sample(grey.astype(np.float64))

    def evident(self) -> dict[Kind, Mask]:
        """What the light alone tells: dark openings, soot, glass that dazzles down to the floor."""
        middle = self._shown & _TALL
        typical = float(np.median(self._grey[middle])) if middle.any() else 255.0
        dark = self._grey < _DARK * typical
        bright = (self._grey > _CLIPPED) & (typical < _BRIGHT_ROOM)
        low, high, tall = (self._share(dark, band) for band in (_LOW, _HIGH, _TALL))
        return {
            "door": tall > _MOST,
            "window": self._share(bright, _LOW) > _MOST,
            "fireplace": (low > _MOST) & (high < 1 - _MOST) & (tall <= _MOST),
        }

    def labelled(self, labels: Labels) -> dict[Kind, Mask]:
        """What the labels tell."""
        seen = {
            name: self._sample(np.asarray(share, np.float64))
            for name, share in zip(CLASSES, labels.shares, strict=True)
        }
        things = seen["furniture"] + seen["other"]
        door, glass = self._share(seen["door"], _TALL), self._share(seen["window"], _LOW)
        # Of a glass door the network calls a part window.
        part = self._share(seen["window"], _TALL)
        return {
            "door": door + np.where(door > _LEAST_OF_DOOR, part, 0.0) > _LIKELY["door"],
            "window": glass > _LIKELY["window"],
            "thing": self._share(things, _LOW) > _LIKELY["thing"],
        }

    def tall_glass(self, labels: Labels) -> Column:
        """How much of each column is window."""
        share = np.asarray(labels.share("window"), np.float64)
        return self._share(self._sample(share), _TALL)

    def _share(self, values: Column | Mask, band: Mask) -> Column:
        """The mean over the seen part of a band of heights, by column; 0 where little of it is seen."""
        shown: Mask = self._shown[:, band]
        total = np.where(shown, np.asarray(values, np.float64)[:, band], 0.0).sum(axis=1)
        share: Column = np.where(
            shown.mean(axis=1) > 0.5, total / np.maximum(shown.sum(axis=1), 1), 0
        )
        return share

    def _sample(self, values: Floats) -> Floats:
        height, width = values.shape
        size = np.array([width, height])
        finite = np.clip(np.nan_to_num(self._shares), 0, 1 - 1e-9)
        x, y = np.moveaxis((finite * size).astype(int), -1, 0)
        sampled: Floats = values[y, x]
        return sampled


def _runs(marked: Mask, columns: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """The indices of neighbouring marked columns; small gaps do not part them."""
    indices = np.flatnonzero(marked)
    if len(indices):
        parts = np.flatnonzero(np.diff(columns[indices]) > _WIDEST_GAP) + 1
        yield from np.split(indices, parts)


def _with_hidden_end(first: Floats, last: Floats) -> tuple[Floats, Floats]:
    """An opening with the part of its far end that the thickness of the wall hides."""
    along = (last - first) / math.dist(first, last)
    far = last if last @ along > -(first @ along) else first
    across = math.sqrt(max(float(far @ far - (far @ along) ** 2), 1e-6))
    hidden = along * min(_MOST_HIDDEN_M, _THICK_M * abs(float(far @ along)) / across)
    return (first, last + hidden) if far is last else (first - hidden, last)


def before(
    feet: Floats, kind: Kind, is_cut: tuple[bool, bool] = (False, False)
) -> Footprint | None:
    """The rectangle before a row of feet, on the side of the camera; None if the row is too short."""
    first, last = feet[0], feet[-1]
    width = math.dist(first, last)
    if kind in WAYS and any(is_cut) and _NARROWEST_CUT_M < width < _DOOR_M:
        missing = (last - first) * (_DOOR_M / width - 1)
        first, last = (first - missing, last) if is_cut[0] else (first, last + missing)
        width = _DOOR_M
    if width < _NARROWEST_M[kind] or (kind in WAYS and width > _WIDEST_OPENING_M):
        return None
    if kind == "passage":
        first, last = _with_hidden_end(first, last)
        width = math.dist(first, last)
    (x0, y0), (x1, y1) = first, last
    normal = np.array([y1 - y0, x0 - x1]) / width
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    if normal @ middle > 0:
        normal = -normal
    depth = DEPTHS_M[kind] + _BEHIND_M
    x, y = middle + normal * (depth / 2 - _BEHIND_M)
    rotation = math.atan2(float(normal[0]), -float(normal[1]))
    return Footprint(float(x), float(y), width + 2 * _SIDE_M, depth, rotation)
