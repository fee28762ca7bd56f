"""What each part of a photo shows (stub until the network lands)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLASSES = ("floor", "wall", "ceiling", "door", "window", "furniture", "other")


@dataclass(frozen=True, slots=True)
class Labels:
    """Shares (7, rows, columns) in the order of CLASSES, and how likely the photo shows which kind."""

    shares: NDArray[np.float32]
    kinds: Mapping[str, float]
