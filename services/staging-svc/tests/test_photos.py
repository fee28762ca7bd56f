"""The child that cleans photos: its limits, its environment, and what its end says of the photo.
`test_photo_corpus` has what becomes of the photos themselves."""

import asyncio
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from signal import SIGABRT, SIGKILL, SIGSEGV, SIGTERM, SIGXCPU, Signals

import pytest
from PIL import Image

from photos_testing import encoded, fields
from staging_svc.photos.service import (
    FIRST_PICTURE_ONLY,
    LIMITS,
    CleanedPhoto,
    CleaningInterruptedError,
    Limits,
    PhotoRefusedError,
    clean_photo,
)
from staging_testing import cleaning_child, huge_png, room_photo

MIB = 1024 * 1024
ORIENTATION, GPS, MAKE = 0x0112, 0x8825, 0x010F
PLAIN = Image.new("RGB", (800, 600), (120, 130, 140))


async def cleaned(
    folder: Path, content: bytes, limits: Limits = LIMITS
) -> tuple[CleanedPhoto, Image.Image]:
    source, target = folder / "source", folder / "target.jpg"
    source.write_bytes(content)
    said = await clean_photo(source, target, limits=limits)
    return said, Image.open(io.BytesIO(target.read_bytes()))


async def refused(folder: Path, content: bytes, limits: Limits = LIMITS) -> PhotoRefusedError:
    with pytest.raises(PhotoRefusedError) as caught:
        await cleaned(folder, content, limits)
    assert caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("HEIF", "image/heic"),
        ("AVIF", "image/avif"),
    ],
)
async def test_each_format_becomes_a_plain_jpeg(
    tmp_path: Path, kind: str, content_type: str
) -> None:
    said, image = await cleaned(tmp_path, encoded(PLAIN, kind))
    assert (said.content_type, said.hints) == (content_type, ())
    assert (said.source_width, said.source_height, said.width, said.height) == (800, 600, 800, 600)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (800, 600))


async def test_metadata_is_gone_and_orientation_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[MAKE] = "Camera"
    exif[GPS] = {1: "N", 2: (48.0, 8.0, 0.0)}
    content = encoded(PLAIN, exif=exif, comment=b"at home") + b"<script>alert(1)</script>"
    said, image = await cleaned(tmp_path, content)
    assert (said.source_width, said.source_height) == image.size == (600, 800)
    assert not image.getexif()
    assert not {"comment", "exif", "icc_profile", "xmp"} & image.info.keys()
    written = (tmp_path / "target.jpg").read_bytes()
    assert b"script" not in written
    assert b"Camera" not in written


async def test_first_picture_of_an_animation_comes_with_a_hint(tmp_path: Path) -> None:
    content = encoded(PLAIN, "PNG", save_all=True, append_images=[fields().resize(PLAIN.size)])
    said, image = await cleaned(tmp_path, content)
    assert said.hints == (FIRST_PICTURE_ONLY,)
    assert image.getpixel((20, 20)) == (120, 130, 140)


async def test_long_side_is_at_most_4096(tmp_path: Path) -> None:
    said, image = await cleaned(tmp_path, encoded(Image.new("RGB", (8200, 5000), "grey")))
    assert (said.source_width, said.source_height) == (8200, 5000)
    assert max(image.size) == 4096


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "code", "words"),
        [
            (
                huge_png(50_000, 50_000),
                "photo_too_large",
                "50000 x 50000 pixels, which is 2500 mega",
            ),
            (huge_png(8_000, 7_000), "photo_too_large", "at most 50 megapixels"),
            (room_photo(2000, 399), "photo_too_small", "2000 x 399 pixels"),
            (room_photo(12_000, 1_000), "photo_too_narrow", "12.0 times as long"),
            (room_photo()[:3000], "photo_truncated", "missing"),
            (b"<!doctype html>", "photo_not_an_image", "HEIC"),
        ],
    )
    async def test_message_says_what_is_wrong(
        self, tmp_path: Path, content: bytes, code: str, words: str
    ) -> None:
        error = await refused(tmp_path, content)
        assert error.code == code
        assert words in error.message

    @pytest.mark.parametrize(
        "limits",
        [Limits(memory_bytes=120 * MIB), Limits(output_bytes=100)],
        ids=["memory", "output"],
    )
    async def test_limit_that_is_exceeded(self, tmp_path: Path, limits: Limits) -> None:
        large = encoded(Image.new("RGB", (7000, 7000), "grey"))
        assert (await refused(tmp_path, large, limits)).code == "photo_undecodable"

    @pytest.mark.parametrize("kind", ["HEIF", "AVIF", "PNG"])
    async def test_memory_limit_holds_for_every_decoder(self, tmp_path: Path, kind: str) -> None:
        large = encoded(Image.new("RGB", (3600, 3600), "grey"), kind)
        limits = Limits(memory_bytes=160 * MIB)
        assert (await refused(tmp_path, large, limits)).code == "photo_undecodable"

    async def test_too_much_time(self, tmp_path: Path) -> None:
        noisy = Image.effect_noise((6000, 6000), 60).convert("RGB")
        content = encoded(noisy, "PNG", compress_level=1)
        assert (await refused(tmp_path, content, Limits(cpu_seconds=1))).code == "photo_undecodable"

    async def test_bug_of_ours_says_crash(self, tmp_path: Path) -> None:
        limits = Limits(min_side="none")  # type: ignore[arg-type]
        error = await refused(tmp_path, room_photo(), limits)
        assert error.code == "photo_crashed"
        assert "crash" in error.message


AS_SOMEBODY_ELSE = """
import os
from PIL import Image
from staging_svc.photos import child, cleaning
Image.init()
if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(65534)
child.main()
"""


@pytest.fixture
def waiting(tmp_path: Path) -> Callable[[], asyncio.Task[CleanedPhoto]]:
    """A photo that cannot be opened without waiting."""
    source = tmp_path / "source"
    os.mkfifo(source)
    return lambda: asyncio.create_task(clean_photo(source, tmp_path / "target.jpg"))


class TestChild:
    @pytest.mark.parametrize(
        ("number", "error", "code"),
        [
            (SIGKILL, CleaningInterruptedError, None),
            (SIGTERM, CleaningInterruptedError, None),
            (SIGXCPU, PhotoRefusedError, "photo_undecodable"),
            (SIGSEGV, PhotoRefusedError, "photo_crashed"),
            (SIGABRT, PhotoRefusedError, "photo_crashed"),
        ],
    )
    async def test_it_matters_what_killed_it(
        self,
        waiting: Callable[[], asyncio.Task[CleanedPhoto]],
        number: Signals,
        error: type[Exception],
        code: str | None,
    ) -> None:
        cleaning = waiting()
        (await cleaning_child()).send_signal(number)
        with pytest.raises(error) as caught:
            await cleaning
        assert getattr(caught.value, "code", None) == code

    async def test_no_time_says_nothing_about_the_photo(self, tmp_path: Path) -> None:
        with pytest.raises(CleaningInterruptedError):
            await cleaned(tmp_path, room_photo(600, 600), Limits(wall_seconds=0.0001))

    async def test_broken_installation_says_nothing_about_the_photo(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The child looks for our modules there, and finds none of the decoders.
        empty = tmp_path / "python"
        empty.symlink_to("/bin/false")
        monkeypatch.setattr("sys.executable", str(empty))
        with pytest.raises(CleaningInterruptedError):
            await cleaned(tmp_path, room_photo())

    async def test_missing_file_says_nothing_about_the_photo(self, tmp_path: Path) -> None:
        with pytest.raises(CleaningInterruptedError):
            await clean_photo(tmp_path / "absent", tmp_path / "target.jpg")

    def test_heic_is_decoded_for_an_ordinary_user(self) -> None:
        # Root may start threads whatever the limit says. As somebody else a child could not read the
        # interpreter everywhere, so everything is imported before the change.
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o777)
            source = Path(folder, "source")
            source.write_bytes(encoded(PLAIN, "HEIF"))
            arguments = {**asdict(LIMITS), "source": str(source), "target": f"{folder}/target.jpg"}
            child = subprocess.run(
                [sys.executable, "-c", AS_SOMEBODY_ELSE],
                input=json.dumps(arguments) + "\n",
                capture_output=True,
                text=True,
                check=True,
            )
        assert json.loads(child.stdout)["content_type"] == "image/heic"

    async def test_environment_is_empty(
        self,
        waiting: Callable[[], asyncio.Task[CleanedPhoto]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:secret@127.0.0.1/staging")
        cleaning = waiting()
        child = await cleaning_child()
        assert child.environ() == {"LANG": "C.UTF-8"}
        child.kill()
        with pytest.raises(CleaningInterruptedError):
            await cleaning
