"""Photos of every kind that people have: which colours come out, or what is said about the file.

`clean` runs in this process here, because a child for each of these files would take minutes.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import pillow_heif
import pytest
from PIL import Image

import photos_testing as made
import profiles_testing as profiles
from photos_testing import FIELDS, HEIGHT, WIDTH, Colour, encoded, fields, noise
from staging_svc.photos.cleaning import Cleaned, PhotoRefusedError, clean

JPEG, PNG, WEBP, HEIC, AVIF = "image/jpeg", "image/png", "image/webp", "image/heic", "image/avif"
TYPES = {"JPEG": JPEG, "PNG": PNG, "WEBP": WEBP, "HEIF": HEIC, "AVIF": AVIF}

Clean = Callable[..., tuple[Cleaned, Image.Image]]


@pytest.fixture
def cleaned(tmp_path: Path) -> Clean:
    """What becomes of a file: what is said of it, and its derivative."""

    def run(content: bytes, *, min_side: int = 400) -> tuple[Cleaned, Image.Image]:
        source, target = tmp_path / "source", tmp_path / "target.jpg"
        source.write_bytes(content)
        said = clean(
            str(source), str(target), max_pixels=50_000_000, min_side=min_side, max_side=4096
        )
        return said, Image.open(io.BytesIO(target.read_bytes()))

    return run


def assert_fields(picture: Image.Image, wanted: tuple[Colour, ...], within: int = 4) -> None:
    """The four fields have these colours."""
    assert picture.mode == "RGB"
    for index, colour in enumerate(wanted):
        place = (
            picture.width * (1 + 2 * (index % 2)) // 4,
            picture.height * (1 + 2 * (index // 2)) // 4,
        )
        found = picture.getpixel(place)
        assert isinstance(found, tuple)
        assert max(abs(a - b) for a, b in zip(found, colour, strict=True)) <= within, (index, found)


def refusal(cleaned: Clean, content: bytes, **options: int) -> str:
    with pytest.raises(PhotoRefusedError) as caught:
        cleaned(content, **options)
    return caught.value.code


def grey(value: int) -> Colour:
    return value, value, value


GREYS = (10, 100, 180, 250)
INKS = ((0, 0, 0, 0), (255, 0, 0, 0), (0, 0, 255, 0), (0, 0, 0, 128))
INKS_SHOWN = ((255, 255, 255), (0, 255, 255), (255, 255, 0), (127, 127, 127))


class TestPixels:
    @pytest.mark.parametrize("kind", TYPES)
    def test_colours_stay_in_every_format(self, cleaned: Clean, kind: str) -> None:
        said, picture = cleaned(encoded(fields(), kind))
        assert said["content_type"] == TYPES[kind]
        assert (said["source_width"], said["source_height"]) == picture.size == (WIDTH, HEIGHT)
        assert_fields(picture, FIELDS, within=6)

    @pytest.mark.parametrize(
        "options", [{"progressive": True}, {"restart_marker_blocks": 7}, {"subsampling": 2}]
    )
    def test_every_coding_of_jpeg(self, cleaned: Clean, options: dict[str, Any]) -> None:
        assert_fields(cleaned(encoded(fields(), **options))[1], FIELDS)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_grey(self, cleaned: Clean, kind: str) -> None:
        _, picture = cleaned(encoded(fields(GREYS, "L"), kind))
        assert_fields(picture, tuple(grey(value) for value in GREYS))

    def test_black_and_white(self, cleaned: Clean) -> None:
        _, picture = cleaned(encoded(fields((0, 1, 1, 0), "1"), "PNG"))
        assert_fields(picture, tuple(grey(value) for value in (0, 255, 255, 0)))

    def test_grey_of_16_bits_is_scaled(self, cleaned: Clean) -> None:
        _, picture = cleaned(made.deep_png([value * 257 for value in GREYS], 0))
        assert_fields(picture, tuple(grey(value) for value in GREYS))

    def test_grey_of_16_bits_with_a_transparent_value(self, cleaned: Clean) -> None:
        content = made.deep_png(
            [0x1234, 0x1235, 0x8080, 0xFFFF], 0, made.chunk(b"tRNS", b"\x12\x34")
        )
        _, picture = cleaned(content)
        assert_fields(picture, (grey(255), grey(0x12), grey(128), grey(255)))

    def test_colour_of_16_bits(self, cleaned: Clean) -> None:
        wide = [tuple(value * 257 for value in colour) for colour in FIELDS]
        assert_fields(cleaned(made.deep_png(wide, 2))[1], FIELDS)

    def test_grey_and_colour_of_16_bits_with_alpha(self, cleaned: Clean) -> None:
        _, picture = cleaned(made.deep_png([(0, 0), (0, 65535), (32896, 65535), (0, 32896)], 4))
        assert_fields(picture, (grey(255), grey(0), grey(128), grey(127)))
        wide = [(65535, 0, 0, alpha) for alpha in (0, 21845, 43690, 65535)]
        _, picture = cleaned(made.deep_png(wide, 6))
        assert_fields(picture, ((255, 255, 255), (255, 170, 170), (255, 85, 85), (255, 0, 0)))

    @pytest.mark.parametrize("depth", [1, 2, 4])
    def test_grey_of_few_bits(self, cleaned: Clean, depth: int) -> None:
        half = WIDTH // 2 * depth // 8
        rows = (b"\0" + bytes(half) + b"\xff" * half) * HEIGHT
        _, picture = cleaned(made.png(WIDTH, HEIGHT, depth, 0, rows))
        assert_fields(picture, (grey(0), grey(255), grey(0), grey(255)))

    def test_interlaced(self, cleaned: Clean) -> None:
        # One pixel of the first pass, then what is in between, all of one colour.
        width, height = 600, 512
        sizes = [
            (-((x - width) // dx), -((y - height) // dy))
            for x, y, dx, dy in (
                (0, 0, 8, 8),
                (4, 0, 8, 8),
                (0, 4, 4, 8),
                (2, 0, 4, 4),
                (0, 2, 2, 4),
                (1, 0, 2, 2),
                (0, 1, 1, 2),
            )
        ]
        rows = b"".join((b"\0" + bytes(FIELDS[0]) * columns) * count for columns, count in sizes)
        content = made.png(width, height, 8, 2, rows, interlace=1)
        assert_fields(cleaned(content)[1], (FIELDS[0],) * 4)
        cut = made.png(width, height, 8, 2, rows[:-1], interlace=1)
        assert refusal(cleaned, cut) == "photo_truncated"

    def test_palette(self, cleaned: Clean) -> None:
        few = fields().quantize(4)
        assert_fields(cleaned(encoded(few, "PNG"))[1], FIELDS)
        first = few.getpixel((10, 10))
        _, picture = cleaned(encoded(few, "PNG", transparency=first))
        assert_fields(picture, ((255, 255, 255), *FIELDS[1:]))
        half = bytes(128 if index == first else 255 for index in range(4))
        _, picture = cleaned(encoded(few, "PNG", transparency=half))
        assert_fields(picture, ((227, 157, 147), *FIELDS[1:]))

    def test_large_palette_is_made_smaller_without_steps(self, cleaned: Clean) -> None:
        stripes = Image.new("L", (2, 1))
        stripes.putpixel((1, 0), 255)
        tiled = Image.new("L", (8192, 1100))
        stripes = stripes.resize((2, 1100))
        for left in range(0, 8192, 2):
            tiled.paste(stripes, (left, 0))
        _, picture = cleaned(encoded(tiled.convert("P"), "PNG", compress_level=1))
        assert picture.width == 4096
        assert_fields(picture, (grey(128),) * 4, within=12)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
    def test_transparency_is_laid_on_white(self, cleaned: Clean, kind: str) -> None:
        clear = fields([(200, 0, 0, alpha) for alpha in (0, 85, 170, 255)], "RGBA")
        options = {"exact": True, "lossless": True} if kind == "WEBP" else {}
        _, picture = cleaned(encoded(clear, kind, **options))
        assert_fields(
            picture, ((255, 255, 255), (237, 170, 170), (218, 85, 85), (200, 0, 0)), within=8
        )

    def test_transparent_colour(self, cleaned: Clean) -> None:
        _, picture = cleaned(encoded(fields(), "PNG", transparency=made.TOP_LEFT))
        assert_fields(picture, ((255, 255, 255), *FIELDS[1:]))

    def test_inks_as_adobe_writes_them(self, cleaned: Clean) -> None:
        content = encoded(fields(INKS, "CMYK"))
        assert b"Adobe" in content
        assert_fields(cleaned(content)[1], INKS_SHOWN)

    def test_inks_without_adobe_are_not_inverted(self, cleaned: Clean) -> None:
        inverted = [tuple(255 - ink for ink in inks) for inks in INKS]
        content = made.without(encoded(fields(inverted, "CMYK")), 0xEE)
        assert_fields(cleaned(content)[1], INKS_SHOWN)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
    def test_first_picture_of_an_animation(self, cleaned: Clean, kind: str) -> None:
        later = [fields([grey(9 * step)] * 4) for step in (1, 2)]
        content = encoded(fields(), kind, save_all=True, append_images=later, duration=100)
        said, picture = cleaned(content)
        assert said["is_animated"]
        assert_fields(picture, FIELDS, within=8)

    def test_second_picture_of_a_camera_is_ignored(self, cleaned: Clean) -> None:
        content = encoded(fields(), "MPO", save_all=True, append_images=[fields([grey(0)] * 4)])
        said, picture = cleaned(content)
        assert (said["content_type"], said["is_animated"]) == (JPEG, False)
        assert_fields(picture, FIELDS, within=8)

    @pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
    def test_grey_of_heif(self, cleaned: Clean, kind: str) -> None:
        _, picture = cleaned(encoded(fields(GREYS, "L"), kind))
        assert_fields(picture, tuple(grey(value) for value in GREYS))

    def test_heic_of_ten_bits(self, cleaned: Clean) -> None:
        deep = [struct.pack("<3H", *(value * 257 for value in colour)) for colour in FIELDS]
        half = WIDTH // 2
        rows = [
            (deep[2 * row] * half + deep[2 * row + 1] * half) * (HEIGHT // 2) for row in range(2)
        ]
        heif = pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), b"".join(rows))
        file = io.BytesIO()
        heif.save(file, quality=95)
        assert_fields(cleaned(file.getvalue())[1], FIELDS)

    @pytest.mark.parametrize(("kind", "content_type"), [("HEIF", "image/heif"), ("AVIF", AVIF)])
    def test_brand_that_both_have(self, cleaned: Clean, kind: str, content_type: str) -> None:
        content = encoded(fields(), kind)
        said, picture = cleaned(content[:8] + b"mif1" + content[12:])
        assert said["content_type"] == content_type
        assert_fields(picture, FIELDS, within=6)


class TestProfiles:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
    @pytest.mark.parametrize("space", profiles.WIDE_SPACES)
    def test_wide_colours_are_brought_to_srgb(self, cleaned: Clean, kind: str, space: str) -> None:
        content = encoded(fields(), kind, icc_profile=profiles.matrix_profile(space))
        assert_fields(
            cleaned(content)[1], tuple(profiles.seen(colour, space) for colour in FIELDS), within=7
        )

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_profile_of_grey(self, cleaned: Clean, kind: str) -> None:
        content = encoded(fields(GREYS, "L"), kind, icc_profile=profiles.grey_profile(1.0))
        assert_fields(
            cleaned(content)[1], tuple(grey(profiles.srgb(value / 255)) for value in GREYS)
        )

    def test_profile_of_grey_of_16_bits_and_of_grey_with_alpha(self, cleaned: Clean) -> None:
        chunk = made.chunk(b"iCCP", b"linear\0\0" + zlib.compress(profiles.grey_profile(1.0)))
        shown = tuple(grey(profiles.srgb(value / 255)) for value in GREYS)
        assert_fields(cleaned(made.deep_png([value * 257 for value in GREYS], 0, chunk))[1], shown)
        opaque = made.deep_png([(value * 257, 65535) for value in GREYS], 4, chunk)
        assert_fields(cleaned(opaque)[1], shown)

    def test_profile_of_colours_on_a_palette_and_on_alpha(self, cleaned: Clean) -> None:
        profile = profiles.matrix_profile("ProPhoto")
        shown = tuple(profiles.seen(colour, "ProPhoto") for colour in FIELDS)
        assert_fields(cleaned(encoded(fields().quantize(4), "PNG", icc_profile=profile))[1], shown)
        opaque = encoded(fields().convert("RGBA"), "PNG", icc_profile=profile)
        assert_fields(cleaned(opaque)[1], shown)

    def test_profile_of_inks(self, cleaned: Clean) -> None:
        content = encoded(
            fields([INKS[0], INKS[1], INKS[1], INKS[0]], "CMYK"), icc_profile=profiles.ink_profile()
        )
        assert_fields(cleaned(content)[1], (grey(255), grey(119), grey(119), grey(255)))

    def test_profile_in_parts(self, cleaned: Clean) -> None:
        profile = profiles.matrix_profile("ProPhoto")
        parts = [
            made.segment(0xE2, b"ICC_PROFILE\0" + bytes((number, 2)) + part)
            for number, part in ((2, profile[300:]), (1, profile[:300]))
        ]
        _, picture = cleaned(made.with_segments(encoded(fields()), *parts))
        assert_fields(picture, tuple(profiles.seen(colour, "ProPhoto") for colour in FIELDS))

    @pytest.mark.parametrize("length", [0, 1, 50, 127, 128, 132, 200, 400])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
    def test_profile_that_is_cut_off_is_ignored(
        self, cleaned: Clean, kind: str, length: int
    ) -> None:
        profile = profiles.matrix_profile("ProPhoto")[:length]
        assert_fields(cleaned(encoded(fields(), kind, icc_profile=profile))[1], FIELDS, within=6)

    def test_profile_for_other_pictures_is_ignored(self, cleaned: Clean) -> None:
        for profile in (profiles.grey_profile(1.0), profiles.ink_profile()):
            assert_fields(cleaned(encoded(fields(), icc_profile=profile))[1], FIELDS)
        _, picture = cleaned(encoded(fields(GREYS, "L"), icc_profile=profiles.ink_profile()))
        assert_fields(picture, tuple(grey(value) for value in GREYS))


class TestOrientation:
    @pytest.mark.parametrize("orientation", made.SHOWN)
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_every_orientation(self, cleaned: Clean, kind: str, orientation: int) -> None:
        exif = made.exif(made.turned(orientation))
        said, picture = cleaned(encoded(fields(), kind, exif=b"Exif\0\0" + exif))
        size = (WIDTH, HEIGHT) if orientation < 5 else (HEIGHT, WIDTH)
        assert (said["source_width"], said["source_height"]) == picture.size == size
        assert_fields(picture, tuple(FIELDS[index] for index in made.SHOWN[orientation]), within=6)

    @pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
    @pytest.mark.parametrize("orientation", made.SHOWN)
    def test_heif_is_turned_once(self, cleaned: Clean, kind: str, orientation: int) -> None:
        # Encoders write what EXIF says as properties of the picture, and leave EXIF as it is.
        content = encoded(fields(), kind, exif=made.exif(made.turned(orientation)))
        said, picture = cleaned(content)
        assert (said["source_width"], said["source_height"]) == picture.size
        assert_fields(picture, tuple(FIELDS[index] for index in made.SHOWN[orientation]), within=8)

    @pytest.mark.parametrize("name", made.TURNED_EXIF)
    def test_orientation_beside_something_broken_counts(self, cleaned: Clean, name: str) -> None:
        _, picture = cleaned(made.with_exif(encoded(fields()), made.TURNED_EXIF[name]))
        assert_fields(picture, tuple(FIELDS[index] for index in made.SHOWN[6]))


class TestMetadata:
    @pytest.mark.parametrize("name", made.ODD_EXIF)
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_odd_exif_is_ignored(self, cleaned: Clean, kind: str, name: str) -> None:
        exif = made.ODD_EXIF[name]
        content = (
            encoded(fields(), kind)
            if kind != "WEBP"
            else encoded(fields(), kind, exif=exif or b"\0")
        )
        if kind == "JPEG":
            content = made.with_exif(content, exif)
        if kind == "PNG":
            content = made.with_chunks(content, made.chunk(b"eXIf", exif))
        _, picture = cleaned(content)
        assert_fields(picture, FIELDS, within=6)

    @pytest.mark.parametrize("name", made.ODD_EXIF)
    def test_odd_exif_of_heif_is_ignored(self, cleaned: Clean, name: str) -> None:
        # Written without, and then put over a harmless one of the same length.
        odd = made.ODD_EXIF[name]
        harmless = made.exif((made.MAKE, made.ASCII, 4, b"abc\0")).ljust(len(odd), b"\0")
        for kind in ("HEIF", "AVIF"):
            content = encoded(fields(), kind, exif=harmless)
            assert harmless in content
            _, picture = cleaned(content.replace(harmless, odd.ljust(len(harmless), b"\0")))
            assert_fields(picture, FIELDS, within=6)

    @pytest.mark.parametrize("name", made.ODD_SEGMENTS)
    def test_odd_segment_of_jpeg_is_ignored(self, cleaned: Clean, name: str) -> None:
        content = encoded(fields())
        assert_fields(cleaned(made.with_segments(content, made.ODD_SEGMENTS[name]))[1], FIELDS)
        head, scan, end = (
            b"".join([*made.segments_of(content)][:-2]),
            *[*made.segments_of(content)][-2:],
        )
        assert_fields(cleaned(head + made.ODD_SEGMENTS[name] + scan + end)[1], FIELDS)

    @pytest.mark.parametrize("name", made.ODD_CHUNKS)
    def test_odd_chunk_of_png_is_ignored(self, cleaned: Clean, name: str) -> None:
        content = made.with_chunks(encoded(fields(), "PNG"), made.ODD_CHUNKS[name])
        assert_fields(cleaned(content)[1], FIELDS)

    @pytest.mark.parametrize("density", [(0, 0), (1e9, 1e-9), (float("inf"), 1)])
    def test_resolution_is_nobodys_business(
        self, cleaned: Clean, density: tuple[float, float]
    ) -> None:
        exif = made.exif((made.X_RESOLUTION, made.RATIONAL, 1, struct.pack("<L", 26)))
        tail = struct.pack("<f", density[0]) + struct.pack("<f", density[1])
        assert_fields(cleaned(made.with_exif(encoded(fields()), exif + tail))[1], FIELDS)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_random_metadata_never_fails_a_photo(self, cleaned: Clean, kind: str) -> None:
        random = Random(kind)
        for _ in range(150):
            entries = [
                (random.choice((0x0112, 0x8769, 0x8825, random.getrandbits(16))), *numbers(random))
                for _ in range(random.randrange(6))
            ]
            exif = made.exif(*entries, following=random.choice((0, 8, random.getrandbits(32))))
            exif += random.randbytes(random.randrange(40))
            profile = bytearray(profiles.matrix_profile("Display P3"))
            for place in random.sample(range(len(profile)), random.randrange(20)):
                profile[place] = random.getrandbits(8)
            content = encoded(noise(), kind, icc_profile=bytes(profile), exif=b"Exif\0\0" + exif)
            cleaned(content, min_side=16)


def numbers(random: Random) -> tuple[int, int, bytes]:
    """Type, count and value of an entry of EXIF."""
    count = random.choice((0, 1, 2, 1000, 0xFFFFFFFF))
    return random.randrange(16), count, random.randbytes(4)


def cuts(parts: Iterator[bytes]) -> list[int]:
    """Where a file of these parts can be cut between two of them."""
    return list(accumulate(len(part) for part in parts))


CODINGS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "subsampled": {"subsampling": 2},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 5},
    "restart rows": {"restart_marker_rows": 1},
    "optimized": {"optimize": True},
}


def pixels(cleaned: Clean, content: bytes) -> bytes | None:
    """The pixels of what is taken, None if the file is refused because a part is missing."""
    try:
        return cleaned(content, min_side=16)[1].tobytes()
    except PhotoRefusedError as error:
        if error.code != "photo_truncated":
            raise
        return None


class TestCutOff:
    """Cut off anywhere, a file is either refused, or all of its pixels are right."""

    @pytest.mark.parametrize("coding", CODINGS)
    @pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
    def test_jpeg(self, cleaned: Clean, mode: str, coding: str) -> None:
        content = encoded(noise(mode=mode), quality=60, **CODINGS[coding])
        whole = pixels(cleaned, content)
        places = {
            *cuts(made.segments_of(content)),
            *range(4, len(content), 97),
            *range(len(content) - 40, len(content)),
        }
        taken = []
        for place in sorted(place for place in places if place > 2):
            for end in (b"", b"\xff\xd9", bytes(500)):
                found = pixels(cleaned, content[:place] + end)
                assert found in (None, whole), place
                taken += [place] if found else []
        # Without the mark of the end, whole or half, nothing is missing.
        assert {len(content) - 2, len(content) - 1, len(content)} <= {*taken, len(content)}
        assert min(taken) >= len(content) - 6

    def test_png(self, cleaned: Clean) -> None:
        content = encoded(noise(), "PNG")
        whole = pixels(cleaned, content)
        taken = []
        for place in sorted(
            {
                *cuts(made.chunks_of(content)),
                *range(8, len(content), 199),
                *range(len(content) - 40, len(content)),
            }
        ):
            found = pixels(cleaned, content[:place])
            assert found in (None, whole), place
            taken += [place] if found else []
        # IEND, a checksum, and the checksum of the packed data may be missing.
        assert len(content) - 12 - 4 - 4 in taken
        assert min(taken) >= len(content) - 12 - 4 - 4 - 16

    @pytest.mark.parametrize("lossless", [False, True])
    def test_webp(self, cleaned: Clean, lossless: bool) -> None:
        content = encoded(
            noise(),
            "WEBP",
            lossless=lossless,
            exif=b"Exif\0\0" + made.exif(made.turned(1)),
            xmp=b"<x/>" * 9,
        )
        whole = pixels(cleaned, content)
        boundaries = cuts(made.riff_chunks_of(content))
        before = (boundary - 1 for boundary in boundaries[1:])
        for place in [*boundaries, *before, *range(12, len(content), 199)]:
            found = pixels(cleaned, content[:place])
            assert found == whole if place >= boundaries[2] else found in (None, whole)

    @pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
    def test_heif(self, cleaned: Clean, kind: str) -> None:
        content = encoded(noise(), kind)
        cleaned(content, min_side=16)
        for place in range(16, len(content), 61):
            assert refusal(cleaned, content[:place], min_side=16) in (
                "photo_truncated",
                "photo_damaged",
            ), place
        assert refusal(cleaned, content[:-50], min_side=16) == "photo_truncated"

    @pytest.mark.parametrize("kind", TYPES)
    def test_garbage_behind_the_end_is_ignored(self, cleaned: Clean, kind: str) -> None:
        for garbage in (
            b"<script>alert(1)</script>",
            bytes(5000),
            b"\xff\xd9\xff",
            encoded(fields([grey(0)] * 4)),
        ):
            _, picture = cleaned(encoded(fields(), kind) + garbage)
            assert_fields(picture, FIELDS, within=6)

    def test_damage_is_called_so(self, cleaned: Clean) -> None:
        content = bytearray(encoded(noise(), "PNG"))
        content[len(content) // 2] ^= 0xFF
        assert refusal(cleaned, bytes(content), min_side=16) == "photo_damaged"


class TestType:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\xd8",
            b"<!doctype html><script>alert(1)</script>",
            b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"/>',
            encoded(fields(), "GIF"),
            encoded(fields(), "BMP"),
            encoded(fields(), "TIFF"),
            encoded(fields(), "ICO"),
            encoded(fields(), "JPEG2000"),
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"\0\0\0\x18ftypmp42" + bytes(600),
        ],
        ids=[
            "nothing",
            "two bytes",
            "html",
            "svg",
            "gif",
            "bmp",
            "tiff",
            "ico",
            "jpeg2000",
            "wave",
            "video",
        ],
    )
    def test_other_files_are_no_photos(self, cleaned: Clean, content: bytes) -> None:
        assert refusal(cleaned, content) == "photo_not_an_image"

    @pytest.mark.parametrize(
        ("start", "code"),
        [
            (b"\xff\xd8\xff", "photo_truncated"),
            (b"\x89PNG\r\n\x1a\n", "photo_truncated"),
            (b"RIFF\x10\0\0\0WEBP", "photo_truncated"),
            (b"\0\0\0\x14ftypheic\0\0\0\0mif1", "photo_damaged"),
            (b"\0\0\0\x14ftypavif\0\0\0\0avif", "photo_damaged"),
        ],
    )
    def test_start_of_a_photo_is_not_enough(self, cleaned: Clean, start: bytes, code: str) -> None:
        assert refusal(cleaned, start) == code
        assert refusal(cleaned, start + b"\x5a" * 5000) in ("photo_truncated", "photo_damaged")


class TestSize:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_flood_is_refused_with_its_size(self, cleaned: Clean, kind: str) -> None:
        content = bytearray(encoded(fields(), kind))
        if kind == "JPEG":
            place = content.index(b"\xff\xc0") + 5
            content[place : place + 4] = struct.pack(">HH", 50_000, 60_000)
        elif kind == "PNG":
            header = struct.pack(">LLBBBBB", 60_000, 50_000, 8, 2, 0, 0, 0)
            content[8:33] = made.chunk(b"IHDR", header)
        else:
            place = content.index(b"\x9d\x01\x2a") + 3
            content[place : place + 4] = struct.pack("<HH", 16_000, 15_000)
        with pytest.raises(PhotoRefusedError) as caught:
            cleaned(bytes(content))
        assert caught.value.code == "photo_too_large"
        assert caught.value.values["width"] in (60_000, 16_000)

    @pytest.mark.parametrize(
        ("size", "code"),
        [
            ((12_000, 1_000), "photo_too_narrow"),
            ((600, 6_200), "photo_too_narrow"),
            ((399, 800), "photo_too_small"),
        ],
    )
    def test_shape_is_refused_for_the_true_reason(
        self, cleaned: Clean, size: tuple[int, int], code: str
    ) -> None:
        content = encoded(Image.new("RGB", size, "grey"))
        with pytest.raises(PhotoRefusedError) as caught:
            cleaned(content)
        assert caught.value.code == code
        assert caught.value.values == {"width": size[0], "height": size[1]}

    def test_widest_possible_photo(self, cleaned: Clean) -> None:
        said, picture = cleaned(encoded(Image.new("RGB", (8_192, 800), "grey")))
        assert picture.size == (4096, 400)
        assert (said["source_width"], said["source_height"]) == (8_192, 800)
