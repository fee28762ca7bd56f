"""From light to a photo: exposure, white balance, tone, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .stage import Random

Bgr = NDArray[np.uint8]


def develop(
    random: Random, light: NDArray[np.float32], *, night: bool = False, outside: bool = False
) -> tuple[Bgr, str]:
    """A BGR photo and the name of its look."""
    look = str(random.choice(["phone", "listing", "over", "dull"], p=[0.4, 0.38, 0.12, 0.1]))
    grey = np.maximum(light @ np.array([0.25, 0.6, 0.15], np.float32), 1e-5)
    middle = float(np.percentile(grey, 50))
    aim = {"phone": 0.27, "listing": 0.55, "over": 0.75, "dull": 0.12}[look] * float(
        random.uniform(0.7, 1.3)
    )
    if night:
        aim *= 0.5
    image = light * (aim / max(middle, 1e-4))
    mean = image.reshape(-1, 3).clip(0, 1).mean(axis=0) + 1e-4
    image = image * (mean.mean() / mean) ** (
        0.1 if outside else float(random.uniform(0.4, 0.95))
    )  # the camera's own balance
    warm = random.normal(0, 0.06)
    image = image * np.array([1 + warm, 1 + random.normal(0, 0.015), 1 - warm], np.float32)
    if look == "listing":  # the dark parts up and the bright ones down, as merged exposures have it
        tone = np.maximum(image.mean(axis=2), 1e-5)
        base = cv2.GaussianBlur(np.log(tone), (0, 0), max(2.0, light.shape[1] / 9))
        image = image * np.exp(-(base - np.log(0.5)) * float(random.uniform(0.15, 0.4)))[..., None]
    shoulder = float(random.uniform(0.6, 0.95))
    high = np.maximum(image - shoulder, 0)
    image = np.minimum(image, shoulder) + (1 - shoulder) * (
        1 - np.exp(-high / (1 - shoulder + 1e-6))
    )
    encoded = np.clip(image, 0, 1) ** (1 / 2.2)
    contrast = float(random.uniform(0.9, 1.2))
    encoded = np.clip((encoded - 0.5) * contrast + 0.5 + random.uniform(-0.03, 0.03), 0, 1)
    noise = float(random.choice([0.0, 0.004, 0.01, 0.02])) * (2 if night else 1)
    encoded = encoded + random.normal(0, 1, encoded.shape) * noise
    return (np.clip(encoded, 0, 1) * 255 + 0.5).astype(np.uint8)[..., ::-1].copy(), look
