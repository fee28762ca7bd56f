"""Bad input, made from photos of rooms: each of KINDS has to be refused, and each of HARMLESS has to be kept."""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from staging_engine.pipeline import analyse
from staging_engine.port import StagingRefusedError, StagingRequest

Picture = NDArray[np.uint8]


def _upside_down(photo: Picture, _: Picture) -> object:
    return cv2.rotate(photo, cv2.ROTATE_180)


def _on_its_side(photo: Picture, _: Picture) -> object:
    return cv2.rotate(photo, cv2.ROTATE_90_CLOCKWISE)


def _bent(photo: Picture, _: Picture) -> Picture:
    """As a fish-eye lens sees it: the radius goes with the angle."""
    height, width = photo.shape[:2]
    edge, widest = np.hypot(width, height) / 2, 1.25
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = x - width / 2, y - height / 2
    radius = np.hypot(x, y) + 1e-9
    farther = np.tan(radius / edge * widest) / np.tan(widest) * edge / radius
    across, down = (x * farther + width / 2, y * farther + height / 2)
    bent = cv2.remap(photo, across.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(bent, np.uint8)


def _round(photo: Picture, other: Picture) -> Picture:
    height, width = photo.shape[:2]
    disc = np.zeros((height, width), np.uint8)
    cv2.circle(disc, (width // 2, height // 2), int(min(height, width) * 0.49), 1, -1)
    return _bent(photo, other) * disc[..., None]


def _barred(photo: Picture, _: Picture) -> object:
    wide = photo.shape[1] // 5
    return cv2.copyMakeBorder(photo, 0, 0, wide, wide, cv2.BORDER_CONSTANT)


def _framed(photo: Picture, _: Picture) -> object:
    rim = photo.shape[0] // 12
    white = (255, 255, 255)
    return cv2.copyMakeBorder(photo, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=white)


def _before_itself(photo: Picture, _: Picture) -> Picture:
    """Between blurred parts of itself, as videos show upright pictures."""
    height, width = photo.shape[:2]
    wide = int(width * 1.6)
    behind = cv2.resize(photo, (wide, int(wide * height / width)))
    behind = cv2.GaussianBlur(behind, (0, 0), 25)
    top, left = (behind.shape[0] - height) // 2, (wide - width) // 2
    whole = np.asarray(behind[top : top + height], np.uint8).copy()
    whole[:, left : left + width] = photo
    return whole


def _at_night(photo: Picture, _: Picture) -> Picture:
    light = (photo / 255) ** 2.2 * 0.02
    light += np.random.default_rng(1).normal(0, 0.05, light.shape) * np.sqrt(light)
    return (np.clip(light, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


def _side_by_side(photo: Picture, other: Picture) -> object:
    return np.hstack([photo, cv2.resize(other, photo.shape[1::-1])])


def _stacked(photo: Picture, other: Picture) -> object:
    return np.vstack([photo, cv2.resize(other, photo.shape[1::-1])])


def _inset(photo: Picture, other: Picture) -> Picture:
    height, width = photo.shape[:2]
    whole, gap = photo.copy(), height // 50
    small = cv2.resize(other, (width // 3, height // 3))
    whole[height - gap - height // 3 : height - gap, width - gap - width // 3 : width - gap] = small
    return whole


def _halves(photo: Picture, other: Picture) -> Picture:
    """Before and after, with a white line between."""
    width = photo.shape[1]
    whole, after = photo.copy(), cv2.resize(cv2.flip(other, 1), photo.shape[1::-1])
    whole[:, width // 2 :] = after[:, width // 2 :]
    whole[:, width // 2 - 2 : width // 2 + 2] = 255
    return whole


def _negative(photo: Picture, _: Picture) -> Picture:
    return 255 - photo


def _sketched(photo: Picture, _: Picture) -> object:
    grey = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)
    lines = cv2.divide(grey, 255 - cv2.GaussianBlur(255 - np.asarray(grey), (21, 21), 0), scale=256)
    return cv2.cvtColor(lines, cv2.COLOR_GRAY2BGR)


def _one_colour(photo: Picture, _: Picture) -> Picture:
    return np.full_like(photo, 150)


def _grey(photo: Picture, _: Picture) -> object:
    return cv2.cvtColor(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def _sepia(photo: Picture, other: Picture) -> object:
    tinted = np.asarray(_grey(photo, other)) * np.array([0.69, 0.86, 1.05])
    return np.clip(tinted, 0, 255).astype(np.uint8)


def _watermarked(photo: Picture, _: Picture) -> object:
    """An agency's name across the photo, a quarter visible."""
    height, width = photo.shape[:2]
    names = np.zeros_like(photo)
    for row in range(height // 8, height, height // 4):
        _write(names, "estate agents ltd", (width // 10, row + 20), width / 900)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 25, 1.0)
    lighter = photo + 0.25 * np.asarray(cv2.warpAffine(names, turn, (width, height)))
    return np.clip(lighter, 0, 255).astype(np.uint8)


def _with_logo(photo: Picture, _: Picture) -> Picture:
    marked = photo.copy()
    height, width = photo.shape[:2]
    cv2.rectangle(
        marked, (width * 4 // 5 - 10, 10), (width - 10, 10 + height // 10), (160, 60, 20), -1
    )
    _write(marked, "HOMES & Co", (width * 4 // 5, height // 15), width / 1100)
    return marked


def _dated(photo: Picture, _: Picture) -> Picture:
    marked = photo.copy()
    height, width = photo.shape[:2]
    _write(
        marked, "14 03 '19", (int(width * 0.7), int(height * 0.95)), width / 1100, (30, 140, 255)
    )
    return marked


def _write(
    picture: Picture,
    words: str,
    at: tuple[int, int],
    size: float,
    colour: tuple[int, int, int] = (255, 255, 255),
) -> None:
    cv2.putText(picture, words, at, 0, size, colour, 2, cv2.LINE_AA)


def _vignetted(photo: Picture, _: Picture) -> object:
    height, width = photo.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    away = np.hypot(x / width * 2 - 1, y / height * 2 - 1)[..., None]
    return (photo * np.clip(1 - 0.45 * away**2.2, 0.05, 1)).astype(np.uint8)


def _tone_mapped(photo: Picture, _: Picture) -> object:
    """As merged exposures look: everything equally bright, with halos."""
    light = photo.mean(axis=2) / 255
    around = cv2.GaussianBlur(light, (0, 0), photo.shape[1] / 40)
    mapped = np.clip(0.5 + (light - around) * 2.2, 0.02, 1) / np.maximum(light, 0.03)
    return np.clip(photo * mapped[..., None], 0, 255).astype(np.uint8)


def _tilted(photo: Picture, _: Picture) -> object:
    height, width = photo.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 8, 1.25)
    return cv2.warpAffine(photo, turn, (width, height))


def _compressed(photo: Picture, _: Picture) -> object:
    jpeg = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 25])[1]
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR)


KINDS: Mapping[str, Callable[[Picture, Picture], object]] = {
    "upside down": _upside_down,
    "on its side": _on_its_side,
    "fish-eye": _bent,
    "round": _round,
    "black bars": _barred,
    "white frame": _framed,
    "blurred sides": _before_itself,
    "night": _at_night,
    "two side by side": _side_by_side,
    "two stacked": _stacked,
    "picture in picture": _inset,
    "before and after": _halves,
    "negative": _negative,
    "pencil drawing": _sketched,
    "one colour": _one_colour,
    "black and white": _grey,
    "sepia": _sepia,
}
"""By name, from a photo and another one: what becomes of them."""
HARMLESS: Mapping[str, Callable[[Picture, Picture], object]] = {
    "watermark": _watermarked,
    "logo": _with_logo,
    "date stamp": _dated,
    "vignette": _vignetted,
    "HDR halos": _tone_mapped,
    "tilted by 8 degrees": _tilted,
    "JPEG of quality 25": _compressed,
}
"""The same, of changes that leave a photo that can be furnished."""


def kept_by_kind(folder: Path, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many of these photos are kept, by the kind of bad input or of harmless change that is made of them."""
    photos = [np.asarray(cv2.imread(str(folder / f"{name}.jpg")), np.uint8) for name in names]
    return {
        f"bad input kept, of {len(photos)} each": _kept(photos, KINDS),
        f"harmless changes kept, of {len(photos)} each": _kept(photos, HARMLESS),
    }


def _kept(
    photos: Sequence[Picture], kinds: Mapping[str, Callable[[Picture, Picture], object]]
) -> dict[str, int]:
    kept = dict.fromkeys(kinds, 0)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "spoiled.png"
        request = StagingRequest(path, Path(os.devnull), "living_room", "modern", seed=1)
        for index, photo in enumerate(photos):
            for kind, spoil in kinds.items():
                cv2.imwrite(str(path), np.asarray(spoil(photo, photos[index - 1])))
                try:
                    analyse(request)
                except StagingRefusedError:
                    continue
                kept[kind] += 1
    return kept
