"""What a photo says about the room, and how steady that is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.camera import Segments, estimate_camera, find_segments
from staging_engine.corners import Corners, head_height
from staging_engine.edges import Edges
from staging_engine.floor import FloorView, find_floor, within
from staging_engine.geometry import Camera
from staging_engine.labels import Labels
from staging_engine.openings import Opening, door_heads, find_openings
from staging_engine.photo import Pixels
from staging_engine.port import LayoutHint
from staging_engine.room import CEILING, FLOOR, LEFT, RoomBox, find_room, room_of, surfaces
from staging_engine.scale import door_clues, measure, told_door_clue

# Of the longer side, for the tries with a changed photo: lines and floor are looked for at this size.
_TRY_SIDE = 1000
_SMALLER = 0.7
_LIGHTER, _DARKER = 0.7, 1.4
_COMPARED = (64, 48)


@dataclass(frozen=True, slots=True)
class Told:
    """What the customer and the camera say about the photo."""

    focal_35mm: float | None = None
    ceiling_height_m: float | None = None
    layout: LayoutHint | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Camera, floor and room of a photo."""

    camera: Camera
    view: FloorView
    room: RoomBox
    labels: Labels | None
    openings: tuple[Opening, ...]
    """In camera heights."""
    scale_spread: float
    """The usual error of the room's scale, as a share of it."""
    marked_away: float | None
    """How far the marked corners are from those of the room, as a share of the photo's diagonal; None where
    they cannot belong to a room."""


def read_room(
    photo: Pixels, segments: Segments, told: Told, labels: Labels | None = None
) -> Reading:
    """The room that the photo shows, or the one that a person marked in it."""
    height, width = photo.shape[:2]
    corners = None if told.layout is None else Corners.of(told.layout, width, height)
    camera = estimate_camera(photo, segments, focal_35mm=told.focal_35mm, corners=corners)
    view = find_floor(photo, camera, labels)
    walls = corners and corners.walls(camera)
    room = room_of(*walls, view, camera) if walls else find_room(view, camera)
    if walls:
        view = within(view, room.left, room.right, room.depth)
    openings = find_openings(labels, camera, room) if labels else ()
    head = told.layout and head_height(told.layout, camera)
    clues = [told_door_clue(head)] if head else door_clues(door_heads(openings))
    measured = measure(
        room,
        camera,
        Edges(view, camera),
        clues=clues,
        ceiling_height_m=told.ceiling_height_m,
        labels=labels,
    )
    return Reading(
        camera=camera,
        view=view,
        room=measured.room,
        labels=labels,
        openings=openings,
        scale_spread=measured.spread,
        marked_away=corners.distance(camera, walls) if corners and walls else None,
    )


def steadiness(photo: Pixels, reading: Reading, told: Told) -> float:
    """How much of the photo is called floor, wall and ceiling alike when the photo is mirrored, smaller,
    lighter and darker: the mean over the four, 0…1."""
    height, width = photo.shape[:2]
    scale = min(1.0, _TRY_SIDE / max(height, width))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    smaller = cv2.resize(small, None, fx=_SMALLER, fy=_SMALLER, interpolation=cv2.INTER_AREA)
    tries = [
        (small, True),
        (smaller, False),
        (_curve(small, _LIGHTER), False),
        (_curve(small, _DARKER), False),
    ]
    shares = []
    for changed, is_mirrored in tries:
        pixels = np.asarray(cv2.flip(changed, 1) if is_mirrored else changed, np.uint8)
        labels = _mirrored(reading.labels) if is_mirrored else reading.labels
        again = read_room(pixels, find_segments(pixels), told, labels)
        first, second = _parts(reading.camera, reading.room), _parts(again.camera, again.room)
        same = first == (second[:, ::-1] if is_mirrored else second)
        shares.append(float(same.mean()))
    return float(np.mean(shares))


def alike(camera: Camera, room: RoomBox, other_camera: Camera, other_room: RoomBox) -> float:
    """The share of a photo that two readings of it call floor, wall and ceiling alike."""
    return float((_parts(camera, room) == _parts(other_camera, other_room)).mean())


def _mirrored(labels: Labels | None) -> Labels | None:
    return labels and replace(labels, shares=labels.shares[..., ::-1])


def _parts(camera: Camera, room: RoomBox) -> NDArray[np.int8]:
    """Floor, wall or ceiling on a coarse grid over the photo."""
    columns, rows = _COMPARED
    shown = surfaces(camera, room, camera.cells(columns, rows))
    return np.where((shown == FLOOR) | (shown == CEILING), shown, LEFT)


def _curve(photo: cv2.typing.MatLike, gamma: float) -> cv2.typing.MatLike:
    steps = np.linspace(0.0, 1.0, 256) ** gamma * 255
    return cv2.LUT(photo, steps.astype(np.uint8))
