"""How large the room is: the height of the camera over the floor, in metres.

A photo shows a room only up to its scale. Each clue (how photographers hold a camera, the ceiling, doors,
what the customer says) is a guess of one length with a usual error and a chance that it is wrong
altogether; the camera height and the ceiling that agree best with all of them win.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from staging_engine.edges import Edges
from staging_engine.geometry import Camera, Floats
from staging_engine.labels import Labels
from staging_engine.room import RoomBox, lowest_ceiling

# The head of a door leaf over the floor; the network takes the frame for a part of the door.
_DOOR_HEAD_M, _FRAME_HEAD_M = 2.03, 2.14
# Listing photographers put a level camera on a low tripod; people with a phone tilt it, before their chest.
_TRIPOD, _BY_HAND = (1.14, 0.09), (1.46, 0.09)
_LEVEL_BELOW, _LEVEL_BLUR = math.radians(3.0), math.radians(0.8)
_SUREST_OF_POSTURE = 0.9
_TOLD_CEILING_SPREAD = 0.015
_DOOR_SPREAD = 0.035
_DOOR_TRUST = 0.85
_TOLD_DOOR_SPREAD = 0.02
# What a clue that is wrong says of a length: anything, a factor of e up or down.
_ANYTHING = 0.5
# A ceiling edge of this contrast is e times as likely as none.
_EDGE_UNIT = 1.5
# So many times e for each share of the photo that the network calls ceiling where the ceiling would be.
_PART_UNIT = 100.0
_HEIGHTS_M = np.geomspace(0.6, 2.6, 148)
_CEILINGS_OVER_EYE = np.geomspace(0.25, 4.0, 140)


@dataclass(frozen=True, slots=True)
class Guess:
    """A length, its usual error as a share of it, and the chance that it is about this photo at all."""

    length_m: float
    spread: float
    trust: float = 1.0


# Most ceilings, and the rest: old houses, lofts, attics, offices.
_CEILINGS = (Guess(2.53, 0.05, 0.75), Guess(2.9, 0.20, 0.25))


@dataclass(frozen=True, slots=True)
class Measured:
    """The room in its scale."""

    room: RoomBox
    spread: float
    """The usual error of that scale, as a share of it."""


Clue = tuple[Guess, ...]
"""Guesses of the camera's height that exclude each other; what their trust lacks to one is for anything."""


def door_clues(heads: Iterable[float]) -> list[Clue]:
    """Clues from the heads of doors that the network sees, in camera heights."""
    return [(Guess(_FRAME_HEAD_M / head, _DOOR_SPREAD, _DOOR_TRUST),) for head in heads]


def told_door_clue(head: float) -> Clue:
    """The clue of a door that a person marked."""
    return (Guess(_DOOR_HEAD_M / head, _TOLD_DOOR_SPREAD),)


def measure(
    room: RoomBox,
    camera: Camera,
    edges: Edges,
    *,
    clues: Iterable[Clue] = (),
    ceiling_height_m: float | None = None,
    labels: Labels | None = None,
) -> Measured:
    """The room with its ceiling and in its scale."""
    by_height = _log_chance(_HEIGHTS_M, _posture(camera))
    for clue in clues:
        by_height = by_height + _log_chance(_HEIGHTS_M, clue)
    seen = _ceiling_edges(room, edges)
    if labels is not None:
        seen = seen + _PART_UNIT * _EDGE_UNIT * _labelled_ceiling(room, camera, labels)
    ceilings = (1 + _CEILINGS_OVER_EYE)[:, None] * _HEIGHTS_M
    known = (
        _CEILINGS if ceiling_height_m is None else (Guess(ceiling_height_m, _TOLD_CEILING_SPREAD),)
    )
    logs = seen[:, None] / _EDGE_UNIT + _log_chance(ceilings, known) + by_height
    chances = np.exp(logs - logs.max())
    over = int(np.argmax(chances.sum(axis=1)))
    height, _ = _mean(chances[over])
    found = replace(room, ceiling=float(_CEILINGS_OVER_EYE[over]), camera_height_m=height)
    return Measured(found, _mean(chances.sum(axis=0))[1])


def _mean(chances: Floats) -> tuple[float, float]:
    """The height that is meant by how likely each one is, and its usual error as a share of it."""
    logs = np.log(_HEIGHTS_M)
    middle = float(np.average(logs, weights=chances))
    return math.exp(middle), math.sqrt(float(np.average((logs - middle) ** 2, weights=chances)))


def _posture(camera: Camera) -> Clue:
    """How high a camera that is tilted like this one is held."""
    is_level = 1 / (1 + math.exp((abs(camera.pitch) - _LEVEL_BELOW) / _LEVEL_BLUR))
    trust = min(max(is_level, 1 - _SUREST_OF_POSTURE), _SUREST_OF_POSTURE)
    return (Guess(*_TRIPOD, trust), Guess(*_BY_HAND, 1 - trust))


def _ceiling_edges(room: RoomBox, edges: Edges) -> Floats:
    """The contrast along the ceiling's lines, for each of the heights over the eye."""
    left, right, depth = -room.left, room.right, room.depth
    starts = np.array([[left, depth], [left, 0.2], [right, 0.2]])
    ends = np.array([[right, depth], [left, depth], [right, depth]])
    back, *sides = edges.contrast(*(_raised(points) for points in (starts, ends)))
    summed: Floats = back + sum(sides) / 2
    return summed


def _raised(points: Floats) -> Floats:
    """Points (n, 2) of the room at each of the ceiling's heights, (n, heights, 3)."""
    count = len(_CEILINGS_OVER_EYE)
    over = np.broadcast_to(_CEILINGS_OVER_EYE, (len(points), count))[..., None]
    return np.concatenate([np.repeat(points[:, None], count, axis=1), over], axis=-1)


def _labelled_ceiling(room: RoomBox, camera: Camera, labels: Labels) -> Floats:
    """The share of the photo that the network rightly calls ceiling, less what it calls wall, if the
    ceiling is so far over the eye: for each of the heights."""
    rows, columns = labels.shares.shape[1:]
    rays = camera.rays(camera.cells(columns, rows))
    lowest = lowest_ceiling(room, rays)
    shares = [labels.share(name) for name in ("ceiling", "wall", "window", "door")]
    gain = (shares[0] - shares[1] - shares[2] - shares[3]).astype(np.float64)
    counted = np.isfinite(lowest)
    # A cell shows the ceiling if that is lower than where its ray meets a wall.
    order = np.argsort(lowest[counted], kind="stable")
    gains = np.concatenate([np.cumsum(gain[counted][order][::-1])[::-1], [0.0]])
    first = np.searchsorted(lowest[counted][order], _CEILINGS_OVER_EYE)
    summed: Floats = gains[first] / gain.size
    return summed


def _log_chance(lengths: Floats, guesses: Iterable[Guess]) -> Floats:
    """The logarithm of how likely each length is by guesses that exclude each other."""
    logs = np.log(lengths)
    total, trusted = np.zeros_like(lengths), 0.0
    for guess in guesses:
        total += guess.trust * _density(logs - math.log(guess.length_m), guess.spread)
        trusted += guess.trust
    total += (1 - trusted) * _density(np.zeros_like(logs), _ANYTHING)
    chance: Floats = np.log(total + 1e-300)
    return chance


def _density(away: Floats, spread: float) -> Floats:
    density: Floats = np.exp(-((away / spread) ** 2) / 2) / spread
    return density
