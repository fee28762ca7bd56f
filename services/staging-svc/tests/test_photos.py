"""What the cleaning child makes of photos, good and bad."""

import asyncio
import io
import os
from pathlib import Path
from signal import SIGKILL, SIGXCPU, Signals

import pytest
from PIL import Image

from staging_svc.photos.service import (
    LIMITS,
    CleanedPhoto,
    CleaningInterruptedError,
    Limits,
    PhotoRefusedError,
    clean_photo,
)
from staging_testing import cleaning_child, encoded, huge_png, room_photo

ORIENTATION, GPS, MAKE = 0x0112, 0x8825, 0x010F
PLAIN = Image.new("RGB", (800, 600), (120, 130, 140))


async def cleaned(
    folder: Path, content: bytes, declared: str, limits: Limits = LIMITS
) -> tuple[CleanedPhoto, Image.Image]:
    source, target = folder / "source", folder / "target.jpg"
    source.write_bytes(content)
    sizes = await clean_photo(source, target, declared_type=declared, limits=limits)
    return sizes, Image.open(io.BytesIO(target.read_bytes()))


async def refusal(
    folder: Path, content: bytes, declared: str = "image/jpeg", limits: Limits = LIMITS
) -> str:
    with pytest.raises(PhotoRefusedError) as caught:
        await cleaned(folder, content, declared, limits)
    assert caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    ("kind", "declared"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
async def test_each_format_becomes_a_plain_jpeg(tmp_path: Path, kind: str, declared: str) -> None:
    sizes, image = await cleaned(tmp_path, encoded(PLAIN, kind), declared)
    assert sizes == CleanedPhoto(800, 600, 800, 600)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (800, 600))


async def test_metadata_is_gone_and_orientation_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[MAKE] = "Camera"
    exif[GPS] = {1: "N", 2: (48.0, 8.0, 0.0)}
    picture = PLAIN.copy()
    picture.paste((255, 0, 0), (0, 0, 400, 600))
    content = encoded(picture, exif=exif, comment=b"at home") + b"<script>alert(1)</script>"
    sizes, image = await cleaned(tmp_path, content, "image/jpeg")
    assert sizes == CleanedPhoto(600, 800, 600, 800)
    assert image.size == (600, 800)
    red, _, _ = image.convert("RGB").getpixel((300, 100))  # type: ignore[misc]
    assert red > 200
    assert not image.getexif()
    assert not {"comment", "exif", "icc_profile", "xmp"} & image.info.keys()
    written = (tmp_path / "target.jpg").read_bytes()
    assert b"script" not in written
    assert b"Camera" not in written


async def test_transparency_becomes_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    _, image = await cleaned(tmp_path, encoded(clear, "PNG"), "image/png")
    assert min(image.getpixel((300, 300))) > 250  # type: ignore[arg-type]


async def test_second_picture_of_a_camera_is_ignored(tmp_path: Path) -> None:
    twice = encoded(PLAIN, "MPO", save_all=True, append_images=[PLAIN.resize((160, 120))])
    sizes, _ = await cleaned(tmp_path, twice, "image/jpeg")
    assert sizes == CleanedPhoto(800, 600, 800, 600)


async def test_long_side_is_at_most_4096(tmp_path: Path) -> None:
    wide = encoded(Image.new("RGB", (8200, 5000), "grey"))
    sizes, image = await cleaned(tmp_path, wide, "image/jpeg")
    assert (sizes.source_width, sizes.source_height) == (8200, 5000)
    assert max(image.size) == 4096


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"/>',
        b"SIMPLE  =                    T" + b" " * 2850,
        encoded(PLAIN, "GIF"),
        encoded(PLAIN, "BMP"),
    ],
    ids=["html", "empty", "svg", "fits", "gif", "bmp"],
)
async def test_file_that_is_not_a_photo_is_refused(tmp_path: Path, content: bytes) -> None:
    assert await refusal(tmp_path, content) == "photo_not_an_image"


async def test_other_type_than_declared_is_refused(tmp_path: Path) -> None:
    assert await refusal(tmp_path, encoded(PLAIN, "PNG")) == "photo_type_mismatch"


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
async def test_truncated_jpeg_is_refused(tmp_path: Path, part: float) -> None:
    noisy = encoded(Image.effect_noise((800, 600), 60).convert("RGB"))
    content = noisy[: int(len(noisy) * part)]
    assert await refusal(tmp_path, content) == "photo_truncated"


async def test_pixel_flood_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    assert await refusal(tmp_path, huge_png(50_000, 50_000), "image/png") == "photo_too_large"
    assert await refusal(tmp_path, huge_png(8_000, 7_000), "image/png") == "photo_too_large"


async def test_small_photo_is_refused(tmp_path: Path) -> None:
    assert await refusal(tmp_path, room_photo(2000, 511)) == "photo_too_small"


async def test_animation_is_refused(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (600, 600), color) for color in ("red", "green", "blue")]
    for kind, declared in (("PNG", "image/png"), ("WEBP", "image/webp")):
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert await refusal(tmp_path, content, declared) == "photo_animated"


@pytest.mark.parametrize(
    "limits",
    [Limits(memory_bytes=120 * 1024 * 1024), Limits(output_bytes=100)],
    ids=["memory", "output"],
)
async def test_child_that_exceeds_a_limit_refuses_the_photo(tmp_path: Path, limits: Limits) -> None:
    large = encoded(Image.new("RGB", (7000, 7000), "grey"))
    assert await refusal(tmp_path, large, limits=limits) == "photo_undecodable"


async def test_photo_that_takes_too_much_time_is_refused(tmp_path: Path) -> None:
    noisy = encoded(Image.effect_noise((6000, 6000), 60).convert("RGB"), "PNG", compress_level=1)
    assert await refusal(tmp_path, noisy, "image/png", Limits(cpu_seconds=1)) == "photo_undecodable"


async def test_child_that_gets_no_time_says_nothing_about_the_photo(tmp_path: Path) -> None:
    with pytest.raises(CleaningInterruptedError):
        await refusal(tmp_path, room_photo(600, 600), limits=Limits(wall_seconds=0.0001))


@pytest.mark.parametrize(
    ("number", "error"),
    [(SIGKILL, CleaningInterruptedError), (SIGXCPU, PhotoRefusedError)],
    ids=["somebody", "its limit"],
)
async def test_it_matters_who_killed_the_child(
    tmp_path: Path, number: Signals, error: type[Exception]
) -> None:
    source = tmp_path / "source"
    # A file that cannot be opened without waiting.
    os.mkfifo(source)
    cleaning = asyncio.create_task(
        clean_photo(source, tmp_path / "target.jpg", declared_type="image/jpeg")
    )
    (await cleaning_child()).send_signal(number)
    with pytest.raises(error):
        await cleaning
