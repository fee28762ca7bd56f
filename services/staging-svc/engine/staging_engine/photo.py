"""Reading the photo and the numbers behind its pixels."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.port import MAX_SIDE, MIN_SIDE, EngineFailedError, StagingRefusedError

Pixels = NDArray[np.uint8]
Linear = NDArray[np.float32]


def read_photo(path: Path) -> Pixels:
    """The photo as BGR, at most 4096 pixels long; a very small one is refused."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise EngineFailedError("engine_crashed", "The photo could not be read.")
    height, width = image.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise StagingRefusedError(
            "photo_too_small",
            f"The photo is {width} x {height} pixels; each side needs at least {MIN_SIDE}.",
        )
    scale = MAX_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return image.astype(np.uint8)


def to_linear(bgr: Pixels) -> Linear:
    """Linear RGB, 0…1, of sRGB-encoded BGR."""
    steps = np.arange(256, dtype=np.float64) / 255
    table = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    linear: Linear = table.astype(np.float32)[bgr[..., ::-1]]
    return linear


def to_srgb(linear: Linear) -> Linear:
    """sRGB-encoded RGB, 0…1, of linear RGB."""
    clipped = np.clip(linear, 0, 1)
    high = 1.055 * np.power(np.maximum(clipped, 1e-9), 1 / 2.4) - 0.055
    encoded: Linear = np.where(clipped <= 0.0031308, clipped * 12.92, high).astype(np.float32)
    return encoded
