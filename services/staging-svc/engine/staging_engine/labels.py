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
_FOREIGN = (*range(398), *range(923, 970), *range(984, 999))
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

    @property
    def shows_room(self) -> bool:
        """Whether an empty room is likely, and a drawing and the outdoors are not: then colours and lines alone do not
        tell otherwise."""
        others = max(self.kinds["drawing"], self.kinds["outdoors"])
        return self.kinds["empty_room"] > _LIKELY and others < _UNLIKELY


def read_labels(photo: Pixels) -> Labels:
    """Read a BGR photo; about half a second on one core."""
    read = [_read(photo, side) for side in _LONG_SIDES]
    rows, columns = read[-1].shares.shape[1:]
    shares = np.mean([_resized(each.shares, (columns, rows)) for each in read], axis=0)
    kinds = {kind: float(np.mean([each.kinds[kind] for each in read])) for kind in KINDS}
    return Labels(shares.astype(np.float32), kinds)


def _read(photo: Pixels, side: int) -> Labels:
    height, width = photo.shape[:2]
    scale = side / max(height, width)
    size = (_whole_steps(width * scale), _whole_steps(height * scale))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    rgb = np.ascontiguousarray(small[..., ::-1].transpose(2, 0, 1)[None], np.float32)
    shares, kinds, classes = _session().run(["shares", "kinds", "classes"], {"rgb": rgb})
    return Labels(np.asarray(shares, np.float32), _kinds(np.asarray(kinds), np.asarray(classes)))


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
