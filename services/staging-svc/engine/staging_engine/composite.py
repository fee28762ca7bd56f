"""Laying the rendered furniture over the photo, in linear light."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from staging_engine.photo import Linear, Pixels, to_linear, to_srgb

Crop = tuple[int, int, int, int]

LABEL = "Virtually staged"

# Shadow catchers leave a faint veil where nothing is shadowed.
_VEIL = 0.03
# Two bounces of light fill a shadow more than those of a real room do.
_SHADOW_DEPTH = 1.5
_TRACE = 0.004
_FEATHER = 28
_SHOULDER = 0.75
_NOISE = (0.0008, 0.006)
_NOISE_ON_BLACK = 0.25
_JPEG_QUALITY = 92
_LABEL_SIZE = 0.0135
_SMALLEST_LABEL = 12


def composite(photo: Pixels, rendered: Linear, crop: Crop, seed: int) -> Pixels:
    """The photo (BGR) with a rendered layer laid over `crop`; returns RGB.

    The layer is premultiplied linear RGBA, and the share of each pixel that furniture covers.
    """
    left, top, right, bottom = crop
    layer = _with_clean_edges(np.nan_to_num(rendered, posinf=0.0, neginf=0.0))
    layer = _without_veil(_fitted(layer, right - left, bottom - top))
    layer *= _feather(crop, photo.shape)[..., None]
    colour, alpha = _soft_shoulder(layer[..., :3]), layer[..., 3:]
    result = photo[..., ::-1].copy()
    beneath = to_linear(photo[top:bottom, left:right])
    encoded = to_srgb(beneath * (1 - alpha) + colour)
    # On black, grain of that size would look like dust.
    encoded += _noise(photo, alpha, seed) * (_NOISE_ON_BLACK + (1 - _NOISE_ON_BLACK) * encoded)
    mixed = (np.clip(encoded, 0, 1) * 255 + 0.5).astype(np.uint8)
    touched = (alpha[..., 0] > 0) | (colour.max(axis=-1) > 0)
    result[top:bottom, left:right][touched] = mixed[touched]
    return result


def save_jpeg(image: Pixels, path: Path, *, label: bool) -> None:
    """Write RGB as a JPEG without any metadata, with the disclosure label if asked for."""
    picture = Image.fromarray(image)
    if label:
        _write_label(picture)
    picture.save(path, "JPEG", quality=_JPEG_QUALITY, subsampling=0, optimize=True)


def _with_clean_edges(rendered: Linear) -> Linear:
    """The RGBA layer, its shadows deepened, its outlines drawn by the coverage, which is finer than the
    layer's own alpha.

    There the furniture's colour is that of its neighbourhood, and the shadow that of the surroundings.
    """
    layer, cover = rendered[..., :4].copy(), np.clip(rendered[..., 4], 0, 1)
    is_shadow = cover <= _TRACE
    deep = 1 - np.power(1 - np.clip(layer[is_shadow, 3], 0, 1), _SHADOW_DEPTH)
    layer[is_shadow, 3] = deep
    is_mixed = ((cover > _TRACE) & (cover < 1 - _TRACE)).astype(np.uint8)
    edge = cv2.dilate(is_mixed, np.ones((3, 3), np.uint8)) > 0
    if not edge.any():
        return layer
    colour = _blurred(layer[..., :3], 0.9) / np.maximum(_blurred(cover, 0.9), _TRACE)[..., None]
    outside = (is_shadow & ~edge).astype(np.float32)
    weight = _blurred(outside, 2.5)
    shadow = _blurred(layer[..., 3] * outside, 2.5) / np.maximum(weight, 1e-4)
    shadow *= np.clip(weight / _TRACE, 0, 1)
    alpha = cover + (1 - cover) * shadow
    layer[edge] = np.dstack([colour * cover[..., None], alpha])[edge]
    return layer


def _blurred(values: Linear, spread: float) -> Linear:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), spread), np.float32)


def _fitted(layer: Linear, width: int, height: int) -> Linear:
    if layer.shape[:2] == (height, width):
        return layer.copy()
    resized = cv2.resize(layer, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.maximum(np.asarray(resized, np.float32), 0)


def _without_veil(layer: Linear) -> Linear:
    """Take the veil off and stretch the rest, so that no edge appears where it ends."""
    alpha = np.clip(layer[..., 3:], 0, 1)
    cleared = np.clip((alpha - _VEIL) / (1 - _VEIL), 0, 1)
    share = np.where(alpha > 1e-4, np.minimum(cleared / np.maximum(alpha, 1e-4), 1), 0)
    return np.concatenate([layer[..., :3] * share, cleared], axis=-1).astype(np.float32)


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
