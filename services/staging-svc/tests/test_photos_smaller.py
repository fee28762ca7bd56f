"""Smaller forms of photos, and placeholders."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from staging_svc.photos.service import clean_photo, make_smaller
from staging_svc.photos.sizes import smaller_forms
from staging_svc.photos.thumbhash import thumbhash
from staging_testing import encoded

Shade = Callable[[int, int, int, int], tuple[int, int, int]]

PICTURES: dict[str, Shade] = {
    "waves": lambda x, y, *_: (
        (x * 37 + y * 11 + 7) % 256,
        (x * x + y * 5) % 256,
        (y * y * 3 + x * 2 + 90) % 256,
    ),
    "gradient": lambda x, y, width, height: (255 * x // width, 255 * y // height, 128),
    "black": lambda *_: (0, 0, 0),
}


# Made with version 0.1.1 of the npm package `thumbhash`, its first implementation, with alpha 255.
@pytest.mark.parametrize(
    ("picture", "width", "height", "expected"),
    [
        ("waves", 32, 21, "nxcGHYZAZLlYdohmhnd2dDhA9657"),
        ("waves", 21, 32, "3wcGFQYQ8RHWp2hGgog4NkNg0f2d"),
        ("waves", 32, 32, "3wcCFwRBEbcFZKqZd0dUh4dkhAIl3P4I"),
        ("waves", 32, 8, "3xYGGowwZIlDdjiaAOz/nIg="),
        ("waves", 8, 32, "nDcGIhBkgJc2VIhlZYCi9Gg="),
        ("waves", 3, 2, "zFUaFYqGeAmHiIiHiIiIkICGCHd3"),
        ("waves", 1, 1, "SAUSrwQI9wiIh4hwj3CI+AiIcH/4CIgA"),
        ("waves", 100, 67, "3wcCDYIDZkbHRYakgnRD2fsWo4r4"),
        ("gradient", 3, 2, "VyYuNZh2eAmGiHiHiJiIkIBxCOeI"),
        ("black", 32, 21, "AAgCBYAAAAAAAAAAAAAAAAAAAAAA"),
    ],
)
def test_a_placeholder_is_the_one_that_its_inventor_makes(
    picture: str, width: int, height: int, expected: str
) -> None:
    shade = PICTURES[picture]
    rgb = bytes(
        value for y in range(height) for x in range(width) for value in shade(x, y, width, height)
    )
    assert base64.b64encode(thumbhash(width, height, rgb)).decode() == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((4096, 2731), [(320, 213), (640, 427), (1280, 853)]),
        ((1280, 720), [(320, 180), (640, 360), (1280, 720)]),
        ((800, 600), [(320, 240), (640, 480), (800, 600)]),
        ((640, 480), [(320, 240), (640, 480)]),
        ((410, 4096), [(320, 3197), (410, 4096)]),
    ],
)
def test_nothing_is_made_wider(size: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    forms = smaller_forms(Path("photo.jpg"), *size)
    assert [(form.width, form.height) for form in forms] == expected


def picture(width: int, height: int) -> Image.Image:
    """Red on the left, blue below, so that it is clear which way up it is."""
    made = Image.new("RGB", (width, height), (200, 40, 40))
    made.paste((230, 230, 220), (width // 2, 0, width, height))
    made.paste((40, 40, 200), (0, height * 3 // 4, width, height))
    return made


@pytest.mark.parametrize("size", [(1600, 1067), (4000, 3000), (500, 900)])
async def test_both_ways_make_the_same_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    source, target = tmp_path / "source", tmp_path / "original.jpg"
    source.write_bytes(encoded(picture(*size), quality=95))
    uploaded = await clean_photo(source, target)
    ours, placeholder = await make_smaller(target, uploaded.width, uploaded.height)
    assert ours == uploaded.smaller
    assert len(base64.b64decode(placeholder)) == len(base64.b64decode(uploaded.placeholder))
    for form in ours:
        with Image.open(form.path) as small:
            assert (small.format, small.size) == ("WEBP", (form.width, form.height))
            assert not {"exif", "xmp", "icc_profile"} & small.info.keys()
            wanted = picture(*size).resize(small.size)
            difference = ImageChops.difference(small.convert("RGB"), wanted).resize((16, 16))
            assert max(high for _, high in difference.getextrema()) < 40  # type: ignore[misc]


async def test_they_are_upright_and_without_metadata(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a private remark"
    source = tmp_path / "source"
    source.write_bytes(encoded(picture(1600, 1200), exif=exif))
    cleaned = await clean_photo(source, tmp_path / "original.jpg")
    assert [(form.width, form.height) for form in cleaned.smaller] == [
        (320, 427),
        (640, 853),
        (1200, 1600),
    ]
    for form in cleaned.smaller:
        assert b"remark" not in form.path.read_bytes()
