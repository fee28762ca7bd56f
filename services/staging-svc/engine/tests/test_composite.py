"""Laying furniture over a photo."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from staging_engine.composite import Mask, Rendered, composite, draw_outline, save_jpeg
from staging_engine.photo import Pixels, to_linear, to_srgb

CROP = (40, 40, 120, 120)


def grey_photo(level: int = 128) -> Pixels:
    return np.full((160, 200, 3), level, np.uint8)


def layer(*, colour: float = 0.0, shadow: float = 0.0, until: float = 0.0) -> Rendered:
    """Shadow everywhere, furniture from the left side `until` that column."""
    furniture = np.zeros((80, 80, 4), np.float32)
    furniture[:, : int(np.ceil(until))] = (colour, colour, colour, 1)
    corners = np.array([(0, 0), (until, 0), (until, 80), (0, 80)], np.float32)
    triangles = np.stack([corners[[0, 1, 2]], corners[[0, 2, 3]]])
    return Rendered(furniture, np.full((40, 40), shadow, np.float32), triangles)


def test_encodings_are_inverse() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    back = np.round(to_srgb(to_linear(ramp)) * 255)
    assert (back[..., ::-1] == ramp).all()


def test_half_cover_mixes_light_not_code_values() -> None:
    mixed = composite(grey_photo(0), layer(colour=0.5, until=40.5), CROP, seed=0)
    # A quarter of full light is code value 137, not 64.
    assert mixed[80, 80].mean() == pytest.approx(137, abs=3)
    assert mixed[80, 79].mean() == pytest.approx(188, abs=3)
    assert mixed[80, 81].mean() == 0


def test_shadow_takes_light_and_is_deepened() -> None:
    shadowed = composite(grey_photo(200), layer(shadow=0.5), CROP, seed=0)
    expected = to_srgb(to_linear(np.full((1, 1, 3), 200, np.uint8)) * 0.5**1.8) * 255
    assert shadowed[80, 80].mean() == pytest.approx(float(expected.mean()), abs=4)


def test_pixels_without_furniture_do_not_change() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    untouched = composite(photo, layer(), CROP, seed=0)
    assert (untouched == photo[..., ::-1]).all()


def test_veil_of_the_catchers_is_dropped() -> None:
    photo = grey_photo()
    assert (composite(photo, layer(shadow=0.015), CROP, seed=0) == photo).all()


def test_furniture_hides_the_shadow_beneath_it() -> None:
    dark = composite(grey_photo(), layer(colour=0.5, shadow=0.9, until=40), CROP, seed=0)
    plain = composite(grey_photo(), layer(colour=0.5, until=40), CROP, seed=0)
    assert np.abs(dark[80, 70:80].astype(int) - plain[80, 70:80]).max() < 3
    assert dark[80, 80].mean() < 60


@pytest.mark.parametrize(("shadow", "kept"), [(0.3, 0.78), (0.97, 0.0)])
def test_light_mirrored_in_the_floor_is_kept_in_weak_shadows(shadow: float, kept: float) -> None:
    photo = grey_photo(60)
    photo[70:90, 70:90] = 230
    bright = to_linear(photo)[80, 80].mean()

    def lit(floor: Mask | None) -> float:
        image = composite(photo, layer(shadow=shadow), CROP, seed=0, floor=floor)
        return float(to_linear(image)[80, 80].mean() / bright)

    assert lit(np.ones((20, 25), bool)) == pytest.approx(kept, abs=0.05)
    assert lit(None) < 0.6
    assert lit(np.zeros((20, 25), bool)) == lit(None)


def test_outlines_have_no_dots() -> None:
    random = np.random.default_rng(0)
    rendered = layer(colour=0.02, until=39.3)
    few_samples = np.clip(random.uniform((0.3, -0.2, -0.5), (1.3, 0.8, 0.5), (80, 3)), 0, 1)
    rendered.furniture[:, 38:41, 3] = few_samples
    rendered.furniture[..., :3] = 0.02 * rendered.furniture[..., 3:]
    image = composite(grey_photo(230), rendered, CROP, seed=0).astype(float)
    rows = image[70:92, 72:88].mean(axis=-1)
    assert rows.std(axis=0).max() < 3
    assert (np.diff(rows.mean(axis=0)) > -2).all()


def test_outline_is_what_the_triangles_cover_together() -> None:
    corner = np.array([(2, 2), (10, 2), (2, 10)], np.float32)
    beside = corner + np.array((20, 0), np.float32)
    cover = draw_outline(np.stack([corner, corner, beside]), 40, 20)
    assert cover.shape == (20, 40)
    assert cover.sum() == pytest.approx(64, rel=0.05)
    assert cover[4, 4] == cover[4, 24] == 1
    assert 0.3 < cover[6, 5] < 0.7
    assert cover[9, 9] == cover[1, 1] == 0


def test_outline_may_reach_far_beyond_the_photo() -> None:
    huge = np.array([[(-1e9, 5), (1e9, 5), (20, 1e12)]], np.float32)
    cover = draw_outline(huge, 40, 20)
    assert cover[:4].max() == 0
    assert cover[6:].min() == 1


def test_crop_edges_are_soft() -> None:
    image = composite(grey_photo(), layer(shadow=0.6), CROP, seed=0).astype(int)
    row = image[80, 36:120, 0]
    assert abs(np.diff(row)).max() < 16


def test_broken_pixels_do_no_harm() -> None:
    broken = layer(colour=0.5, shadow=0.5, until=80)
    broken.furniture[10:20, 10:20] = np.nan
    broken.shadow[10:20, 10:20] = np.inf
    image = composite(grey_photo(), broken, CROP, seed=0)
    assert image.shape == (160, 200, 3)
    assert image[80, 80].mean() > 150


def test_smaller_render_is_enlarged() -> None:
    whole = layer(colour=0.5, until=80)
    small = Rendered(np.ascontiguousarray(whole.furniture[::2, ::2]), whole.shadow, whole.outline)
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
