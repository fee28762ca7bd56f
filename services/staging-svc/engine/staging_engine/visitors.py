"""People and animals that are too small in the photo to make it another kind of photo.

What stands on the floor is cut out and looked at by itself: then the network knows somebody who takes a
thousandth of the photo.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.labels import Closeup, Labels, look_closer
from staging_engine.photo import Pixels
from staging_engine.port import Check, StagingRefusedError

_MESSAGE = "There seems to be somebody or an animal in the photo. Use a photo of the empty room without them."
# Each of the cells of the labels, four by four.
_FINER = 4
_THING, _FLOOR = 0.25, 0.5
# A hole in the floor that the network gives to nothing: certainly floor around it, and hardly floor in it.
_SURELY_FLOOR, _HARDLY_FLOOR = 0.6, 0.45
_HOLE = np.ones((25, 25), np.uint8)
_HOLE_COUNTS = 0.3
_TOUCHES = np.ones((7, 7), np.uint8)
# In such parts of cells; the largest is a share of the photo.
_SMALLEST, _LARGEST = 25, 0.15
_MOST = 6
_AROUND = 1.4
# Of the longer side of the photo; less shows too little around the thing.
_LEAST_CROP = 0.07
# Fireplaces, plugs, lamps and what windows mirror in a floor come to 0.37 in one of these, and to nothing in the other.
_PERSON, _ANIMAL, _EITHER = 0.45, 0.38, 0.2

Box = tuple[int, int, int, int]


def check_visitors(photo: Pixels, labels: Labels) -> None:
    """Refuse a photo with a person or an animal on the floor."""
    for box in _things(labels):
        if _is_alive(look_closer(_crop(photo, labels, box))):
            raise StagingRefusedError(
                "not_a_room", _MESSAGE, checks=(Check("shows_room", False, _MESSAGE),)
            )


def _is_alive(seen: Closeup) -> bool:
    either = min(seen.person, seen.animal) > _EITHER
    return either or seen.person > _PERSON or seen.animal > _ANIMAL


def _things(labels: Labels) -> list[Box]:
    """Where something stands on the floor or makes a hole in it, the clearest first: left, top, width, height in
    parts of cells."""
    rows, columns = labels.shares.shape[1:]
    size = (columns * _FINER, rows * _FINER)
    floor, furniture, other = (
        labels.share_at(name, size) for name in ("floor", "furniture", "other")
    )
    thing = furniture + other
    is_thing = thing > _THING
    beside = cv2.dilate((floor > _FLOOR).astype(np.uint8), _TOUCHES) > 0
    closed = cv2.morphologyEx((floor > _SURELY_FLOOR).astype(np.uint8), cv2.MORPH_CLOSE, _HOLE)
    hole = (closed > 0) & (floor < _HARDLY_FLOOR) & ~is_thing
    found = [
        (float(thing[part].sum()), box) for box, part in _parts(is_thing) if beside[part].any()
    ]
    found += [(_HOLE_COUNTS * float(part.sum()), box) for box, part in _parts(hole)]
    return [box for _, box in sorted(found, reverse=True)[:_MOST]]


def _parts(mask: NDArray[np.bool_]) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=4
    )
    for part in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[part])
        if _SMALLEST <= area <= _LARGEST * mask.size:
            yield (left, top, width, height), np.asarray(numbers == part)


def _crop(photo: Pixels, labels: Labels, box: Box) -> Pixels:
    """The square around a thing."""
    height, width = photo.shape[:2]
    rows, columns = labels.shares.shape[1:]
    left, top, wide, high = np.array(box) / _FINER * np.tile([width / columns, height / rows], 2)
    side = int(min(max(_AROUND * max(wide, high), _LEAST_CROP * max(width, height)), width, height))
    x = int(min(max(left + wide / 2 - side / 2, 0), width - side))
    y = int(min(max(top + high / 2 - side / 2, 0), height - side))
    return photo[y : y + side, x : x + side]
