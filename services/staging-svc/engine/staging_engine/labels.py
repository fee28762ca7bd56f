"""What each part of a photo shows, and what the photo shows as a whole.

A small network of our own (`models/`, made in `training/`) reads the photo at three sizes, each together with
its mirror image, and the mean counts: what it says of one size of a worn floor or a cupboard changes with the
least crop. Its backbone knows photographs (ImageNet); what it says about rooms it learnt from rendered ones.
One thread, so the same photo always gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.photo import Pixels

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CLASSES = ("floor", "wall", "ceiling", "door", "window", "furniture", "other")
KINDS = (
    "empty_room",
    "furnished_room",
    "bathroom",
    "kitchen",
    "corridor",
    "stairs",
    "outdoors",
    "drawing",
    "person",
    "other",
)

_MODEL = Path(__file__).with_name("models") / "room_reader.onnx"
# The last one is what it was trained with.
_LONG_SIDES = (256, 320, 384)
# Sides that the network can halve five times.
_STEP = 32
# ImageNet's animals, food, plants and mushrooms: the network's own kinds know none of these.
_ANIMALS = 398
_FOREIGN = (*range(_ANIMALS), *range(923, 970), *range(984, 999))
_CLOSE = 192
_LIKELY, _UNLIKELY = 0.3, 0.1
_LEAST_FOREIGN, _CERTAINLY_FOREIGN = 0.4, 0.8


@dataclass(frozen=True, slots=True)
class Labels:
    """What the network sees."""

    shares: NDArray[np.float32]
    """How likely each cell of the photo is floor, wall, … (7, rows, columns), in the order of CLASSES; sums to 1.
    The cells lie over the whole photo, about 96 along its longer side."""
    kinds: Mapping[str, float]
    """How likely the photo shows each of KINDS; sums to 1."""
    at_a_glance: Labels | None = None
    """What it sees at the smallest size alone, if it has looked at others too."""

    def share(self, name: str) -> NDArray[np.float32]:
        """How likely each cell is one of CLASSES, (rows, columns)."""
        cells: NDArray[np.float32] = self.shares[CLASSES.index(name)]
        return cells

    def share_at(self, name: str, size: tuple[int, int]) -> NDArray[np.float32]:
        """The same for each pixel of a picture of this width and height that shows the whole photo."""
        pixels = cv2.resize(self.share(name), size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(pixels, np.float32)

    @property
    def shows_room(self) -> bool:
        """Whether an empty room is likely, and a drawing and the outdoors are not: then colours and lines alone do not
        tell otherwise."""
        others = max(self.kinds["drawing"], self.kinds["outdoors"])
        return self.kinds["empty_room"] > _LIKELY and others < _UNLIKELY


@dataclass(frozen=True, slots=True)
class Closeup:
    """What the network sees in a part of a photo."""

    person: float
    """How likely somebody is in it."""
    animal: float
    """How much of what ImageNet knows speaks for an animal, 0…1."""


def look_closer(crop: Pixels) -> Closeup:
    """Look at a square part of a BGR photo by itself; some 30 ms on one core."""
    is_larger = len(crop) > _CLOSE
    small = cv2.resize(
        crop, (_CLOSE, _CLOSE), interpolation=cv2.INTER_AREA if is_larger else cv2.INTER_CUBIC
    )
    _, kinds, classes = _run(np.asarray(small, np.uint8))
    return Closeup(float(kinds[KINDS.index("person")]), float(classes[:_ANIMALS].sum()))


def glance(photo: Pixels) -> Labels:
    """Read a BGR photo at the smallest size only; about a tenth of a second on one core."""
    return _read(photo, _LONG_SIDES[0])


def read_labels(photo: Pixels) -> Labels:
    """Read a BGR photo; about half a second on one core."""
    read = [_read(photo, side) for side in _LONG_SIDES]
    rows, columns = read[-1].shares.shape[1:]
    shares = np.mean([_resized(each.shares, (columns, rows)) for each in read], axis=0)
    kinds = {kind: float(np.mean([each.kinds[kind] for each in read])) for kind in KINDS}
    return Labels(shares.astype(np.float32), kinds, at_a_glance=read[0])


def _read(photo: Pixels, side: int) -> Labels:
    height, width = photo.shape[:2]
    scale = side / max(height, width)
    size = (_whole_steps(width * scale), _whole_steps(height * scale))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    shares, kinds, classes = _run(np.asarray(small, np.uint8))
    return Labels(shares, _kinds(kinds, classes))


def _run(
    small: Pixels,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Shares, kinds and ImageNet's classes of a picture with sides that the network can halve."""
    rgb = np.ascontiguousarray(small[..., ::-1].transpose(2, 0, 1)[None], np.float32)
    shares, kinds, classes = _session().run(["shares", "kinds", "classes"], {"rgb": rgb})
    return (
        np.asarray(shares, np.float32),
        np.asarray(kinds, np.float32),
        np.asarray(classes, np.float32),
    )


def _resized(shares: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    planes = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in shares]
    return np.asarray(planes, np.float32)


def _whole_steps(side: float) -> int:
    return max(_STEP, round(side / _STEP) * _STEP)


def _kinds(own: NDArray[np.float32], classes: NDArray[np.float32]) -> dict[str, float]:
    share = float(classes[list(_FOREIGN)].sum())
    foreign = min(1.0, max(0.0, (share - _LEAST_FOREIGN) / (_CERTAINLY_FOREIGN - _LEAST_FOREIGN)))
    kinds = {kind: float(value) * (1 - foreign) for kind, value in zip(KINDS, own, strict=True)}
    kinds["other"] += foreign
    return kinds


@lru_cache(maxsize=1)
def _session() -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    # The arena would keep the largest photo's memory for ever.
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(_MODEL, options, providers=["CPUExecutionProvider"])
