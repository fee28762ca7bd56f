"""Laying furniture over a photo."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from staging_engine.composite import composite, save_jpeg
from staging_engine.photo import Linear, Pixels, to_linear, to_srgb

CROP = (40, 40, 120, 120)


def grey_photo(level: int = 128) -> Pixels:
    return np.full((160, 200, 3), level, np.uint8)


def layer(colour: float, alpha: float, cover: float = 0.0) -> Linear:
    channels = [*[colour] * 3, alpha, cover]
    return np.broadcast_to(channels, (80, 80, 5)).astype(np.float32)


def test_encodings_are_inverse() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    back = np.round(to_srgb(to_linear(ramp)) * 255)
    assert (back[..., ::-1] == ramp).all()


def test_half_cover_mixes_light_not_code_values() -> None:
    mixed = composite(grey_photo(0), layer(0.25, 0.5), CROP, seed=0)
    # A quarter of full light is code value 137, not 64.
    assert mixed[80, 80].mean() == pytest.approx(137, abs=3)


def test_shadow_takes_light_and_is_deepened() -> None:
    shadowed = composite(grey_photo(200), layer(0.0, 0.5), CROP, seed=0)
    expected = to_srgb(to_linear(np.full((1, 1, 3), 200, np.uint8)) * 0.5**1.5) * 255
    assert shadowed[80, 80].mean() == pytest.approx(float(expected.mean()), abs=4)


def test_pixels_without_furniture_do_not_change() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    untouched = composite(photo, layer(0.0, 0.0), CROP, seed=0)
    assert (untouched == photo[..., ::-1]).all()


def test_veil_of_the_catchers_is_dropped() -> None:
    photo = grey_photo()
    assert (composite(photo, layer(0.0, 0.015), CROP, seed=0) == photo).all()


def test_outlines_have_no_dots() -> None:
    random = np.random.default_rng(0)
    cover = np.clip((np.arange(80) - 39.3) / 2, 0, 1)[None].repeat(80, axis=0)
    few_samples = np.clip(cover + random.uniform(-0.3, 0.3, cover.shape) * (cover % 1 > 0), 0, 1)
    rendered = np.dstack([few_samples[..., None] * (0.02, 0.02, 0.02), few_samples, cover])
    image = composite(grey_photo(230), rendered.astype(np.float32), CROP, seed=0).astype(float)
    rows = image[70:92, 72:88].mean(axis=-1)
    assert rows.std(axis=0).max() < 3
    assert (np.diff(rows.mean(axis=0)) < 2).all()


def test_crop_edges_are_soft() -> None:
    image = composite(grey_photo(), layer(0.0, 0.6), CROP, seed=0).astype(int)
    row = image[80, 36:120, 0]
    assert abs(np.diff(row)).max() < 16


def test_broken_pixels_do_no_harm() -> None:
    broken = layer(0.5, 1.0)
    broken[10:20, 10:20] = np.nan
    assert composite(grey_photo(), broken, CROP, seed=0).shape == (160, 200, 3)


def test_smaller_render_is_enlarged() -> None:
    small = np.ascontiguousarray(layer(0.5, 1.0)[::2, ::2])
    assert composite(grey_photo(), small, CROP, seed=0)[80, 80].mean() > 150


def test_jpeg_carries_no_metadata_and_a_label(tmp_path: Path) -> None:
    image = np.full((600, 900, 3), 120, np.uint8)
    save_jpeg(image, tmp_path / "plain.jpg", label=False)
    save_jpeg(image, tmp_path / "label.jpg", label=True)
    with Image.open(tmp_path / "plain.jpg") as plain, Image.open(tmp_path / "label.jpg") as label:
        assert not label.getexif()
        assert "exif" not in label.info
        changed = np.abs(np.asarray(plain, int) - np.asarray(label, int)).max(axis=-1) > 20
    rows, columns = np.nonzero(changed)
    assert rows.min() > 500
    assert columns.min() > 600
