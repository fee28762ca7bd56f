"""Laying the rendered furniture over the photo, in linear light."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from staging_engine.photo import Linear, Pixels, to_linear, to_srgb

Crop = tuple[int, int, int, int]
Mask = NDArray[np.bool_]

LABEL = "Virtually staged"

# Shadow catchers leave a faint veil where nothing is shadowed.
_VEIL = 0.03
# Two bounces of light fill a shadow more than those of a real room do.
_SHADOW_DEPTH = 1.8
_TRACE = 0.004
# What is so many times as bright as most of the floor is mirrored in it.
_GLARE = 1.5
_GLARE_PX = 2.0
_EDGE_PX = 0.9
# An outline is drawn so much finer than the photo.
_FINER = 4
_SUBPIXEL_BITS = 4
_FAR = 2**28
_FEATHER = 28
_SHOULDER = 0.75
_NOISE = (0.0008, 0.006)
_NOISE_ON_BLACK = 0.25
_JPEG_QUALITY = 92
_LABEL_SIZE = 0.0135
_SMALLEST_LABEL = 12


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the renderer made of a part of the photo."""

    furniture: Linear
    """Premultiplied linear RGBA; few samples have made the alpha, so that outlines are dotted."""
    shadow: Linear
    """The share of the light that furniture takes from floor and walls; may be smaller."""
    outline: Linear
    """Triangles that together are what the furniture covers, (n, 3, 2), in pixels of the photo's part."""


def composite(
    photo: Pixels, rendered: Rendered, crop: Crop, seed: int, floor: Mask | None = None
) -> Pixels:
    """The photo (BGR) with furniture and its shadows laid over `crop`; returns RGB.

    `floor` is where the photo shows floor, at any size.
    """
    left, top, right, bottom = crop
    size = right - left, bottom - top
    light = to_linear(photo)
    cover = draw_outline(rendered.outline, *size)
    feather = _feather(crop, photo.shape)
    shadow = _fitted(_deepened(_finite(rendered.shadow)), *size) * feather
    if floor is not None:
        # A shadow takes the light that falls on the floor, not that of a window mirrored in it.
        shadow *= 1 - _glare(light, floor)[top:bottom, left:right] * (1 - shadow)
    colour = _soft_shoulder(_fitted(_solid(_finite(rendered.furniture)), *size))
    cover *= feather
    beneath = light[top:bottom, left:right]
    encoded = to_srgb(beneath * ((1 - cover) * (1 - shadow))[..., None] + colour * cover[..., None])
    # On black, grain of that size would look like dust.
    grain = _noise(photo, np.maximum(cover, shadow)[..., None], seed)
    encoded += grain * (_NOISE_ON_BLACK + (1 - _NOISE_ON_BLACK) * encoded)
    mixed = (np.clip(encoded, 0, 1) * 255 + 0.5).astype(np.uint8)
    result = photo[..., ::-1].copy()
    touched = (cover > 0) | (shadow > 0)
    result[top:bottom, left:right][touched] = mixed[touched]
    return result


def draw_outline(triangles: Linear, width: int, height: int) -> Linear:
    """How much of each pixel the triangles cover together, 0…1."""
    canvas = np.zeros((height * _FINER, width * _FINER), np.uint8)
    # OpenCV's whole numbers are the middles of pixels, and it fills half a pixel more on every side.
    fine = np.clip((triangles * _FINER - 1) * 2**_SUBPIXEL_BITS, -_FAR, _FAR)
    for corners in np.rint(fine).astype(np.int32):
        cv2.fillConvexPoly(canvas, corners, 255, cv2.LINE_8, _SUBPIXEL_BITS)
    filled = cv2.erode(canvas, np.ones((2, 2), np.uint8))
    shrunk = cv2.resize(filled, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk / 255, np.float32)


def save_jpeg(image: Pixels, path: Path, *, label: bool) -> None:
    """Write RGB as a JPEG without any metadata, with the disclosure label if asked for."""
    picture = Image.fromarray(image)
    if label:
        _write_label(picture)
    picture.save(path, "JPEG", quality=_JPEG_QUALITY, subsampling=0, optimize=True)


def _finite(layer: Linear) -> Linear:
    return np.nan_to_num(layer, posinf=0.0, neginf=0.0)


def _solid(furniture: Linear) -> Linear:
    """The furniture's colour, on its outlines and just outside that of its neighbourhood."""
    colour, alpha = furniture[..., :3], np.clip(furniture[..., 3], 0, 1)
    near = _blurred(alpha, _EDGE_PX)
    spread = _blurred(colour, _EDGE_PX) / np.maximum(near, _TRACE)[..., None]
    return np.where((alpha < 1 - _TRACE)[..., None], spread, colour).astype(np.float32)


def _deepened(shadow: Linear) -> Linear:
    """Shadows without the catchers' veil, stretched so that no edge appears where it ends."""
    cleared = np.clip((shadow - _VEIL) / (1 - _VEIL), 0, 1)
    return np.asarray(1 - np.power(1 - cleared, _SHADOW_DEPTH), np.float32)


def _glare(photo: Linear, floor: Mask) -> Linear:
    """Of a pixel of floor, the share of its light that is more than such a floor throws back."""
    height, width = photo.shape[:2]
    light = photo.mean(axis=-1)
    is_floor = cv2.resize(floor.astype(np.float32), (width, height))
    seen = light[is_floor > 0.5]
    if not seen.size:
        return np.zeros_like(light)
    usual = _GLARE * float(np.median(seen))
    share = np.clip(1 - usual / np.maximum(light, 1e-6), 0, 1)
    return _blurred(np.asarray(share * is_floor, np.float32), _GLARE_PX)


def _blurred(values: Linear, spread: float) -> Linear:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), spread), np.float32)


def _fitted(layer: Linear, width: int, height: int) -> Linear:
    if layer.shape[:2] == (height, width):
        return layer
    resized = cv2.resize(layer, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.maximum(np.asarray(resized, np.float32), 0)


def _feather(crop: Crop, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """1 inside, falling to 0 at the sides of the crop that lie inside the photo."""
    left, top, right, bottom = crop
    height, width = shape[:2]
    x, y = np.arange(right - left), np.arange(bottom - top)
    near_x = np.minimum(
        x if left > 0 else np.full_like(x, _FEATHER),
        x[::-1] if right < width else np.full_like(x, _FEATHER),
    )
    near_y = np.minimum(
        y if top > 0 else np.full_like(y, _FEATHER),
        y[::-1] if bottom < height else np.full_like(y, _FEATHER),
    )
    nearest = np.minimum(near_x[None, :], near_y[:, None])
    return np.clip(nearest / _FEATHER, 0, 1).astype(np.float32)


def _soft_shoulder(colour: Linear) -> Linear:
    """Let highlights approach white instead of clipping, as a camera does."""
    over = np.maximum(colour - _SHOULDER, 0) / (1 - _SHOULDER)
    bent = _SHOULDER + (1 - _SHOULDER) * (1 - np.exp(-over))
    return np.where(colour > _SHOULDER, bent, colour).astype(np.float32)


def _noise(photo: Pixels, alpha: Linear, seed: int) -> Linear:
    """Grain like the photo's own; rendered surfaces are too clean beside it."""
    grey = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    residue = np.median(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.2)))
    sigma = float(np.clip(residue * 1.2, *_NOISE))
    random = np.random.default_rng(seed)
    grain = random.standard_normal(alpha.shape, dtype=np.float32) * sigma
    return grain * alpha


def _write_label(picture: Image.Image) -> None:
    size = max(_SMALLEST_LABEL, int(picture.width * _LABEL_SIZE))
    font = ImageFont.load_default(size)
    draw = ImageDraw.Draw(picture, "RGBA")
    left, top, right, bottom = draw.textbbox((0, 0), LABEL, font=font)
    pad, margin = size * 0.6, size * 0.9
    x = picture.width - margin - pad - (right - left)
    y = picture.height - margin - pad - (bottom - top)
    frame = (x - pad, y - pad * 0.8, x + right - left + pad, y + bottom - top + pad * 0.8)
    draw.rounded_rectangle(frame, size * 0.45, fill=(0, 0, 0, 105))
    draw.text((x - left, y - top), LABEL, font=font, fill=(255, 255, 255, 235))
