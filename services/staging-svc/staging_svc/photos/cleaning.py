"""Makes an uploaded photo fit to be shown: a known format, a sane size, upright, no metadata.

This runs in the child process with limits. The photo is encoded again, so that only its pixels are
kept: no EXIF, no location, no profile, no bytes after the end.
"""

import io
import warnings
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TypedDict

import pillow_heif
from PIL import AvifImagePlugin, Image, ImageChops

from staging_svc.photos import heif, jpeg, png, smaller, webp
from staging_svc.photos.colour import plain, to_srgb
from staging_svc.photos.container import CheckSize, DamagedError, IncompleteError, Unpacked
from staging_svc.photos.exif import focal_35mm_of, orientation_of
from staging_svc.photos.sizes import smaller_forms

QUALITY = 92
# Rows that are compared at a time.
BAND = 256
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PhotoRefusedError(Exception):
    """The file is not a photo we can use; `code` says why, `values` are what the code's text names."""

    def __init__(self, code: str, **values: int) -> None:
        super().__init__(code)
        self.code = code
        self.values: Mapping[str, int] = values


class Cleaned(TypedDict):
    """What the file truly is, its size as it was uploaded, but upright, that of its cleaned derivative
    and its placeholder; `is_animated` if only the first of its pictures was taken. `focal_35mm` is what it
    was taken with, null if that is not sure."""

    content_type: str
    source_width: int
    source_height: int
    width: int
    height: int
    placeholder: str
    is_animated: bool
    focal_35mm: float | None


def clean(source: str, target: str, *, max_pixels: int, min_side: int, max_side: int) -> Cleaned:
    """Write the cleaned JPEG of `source` to `target` and its smaller forms beside it; PhotoRefusedError
    says what is wrong."""
    _prepare_decoders(max_pixels)
    check_size = partial(_check_size, max_pixels=max_pixels, min_side=min_side, max_side=max_side)
    unpacked = _unpack(Path(source).read_bytes(), check_size)
    picture, size, exif = _decode(unpacked, check_size, max_side)
    picture = plain(picture, is_inverted=unpacked.is_inverted)
    picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    orientation = orientation_of(exif)
    if orientation in TURNS:
        picture = picture.transpose(TURNS[orientation])
    picture = to_srgb(picture, unpacked.profile or picture.info.get("icc_profile", b""))
    # Encoders copy comments, profiles and more from here.
    picture.info = {}
    # Encoded in memory first: Pillow's encoders do not notice when a full disk cuts a write short.
    encoded = io.BytesIO()
    try:
        picture.save(encoded, "JPEG", quality=QUALITY, optimize=True)
    except OSError as error:
        # Of a plain picture, and with nothing to write to, an encoder fails for want of memory only.
        raise MemoryError from error
    Path(target).write_bytes(encoded.getbuffer())
    placeholder = smaller.write(picture, smaller_forms(Path(target), *picture.size))
    width, height = reversed(size) if orientation >= 5 else size
    return Cleaned(
        content_type=unpacked.content_type,
        source_width=width,
        source_height=height,
        width=picture.width,
        height=picture.height,
        placeholder=placeholder,
        is_animated=unpacked.is_animated,
        focal_35mm=focal_35mm_of(exif, size, may_be_turned=unpacked.format == "HEIF"),
    )


def _prepare_decoders(max_pixels: int) -> None:
    # Our own cap is checked before anything is decoded; Pillow's stays as a second one.
    Image.MAX_IMAGE_PIXELS = max_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # Only the decoder of HEIC may start threads.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    pillow_heif.register_heif_opener(
        decode_threads=0, thumbnails=False, depth_images=False, aux_images=False
    )


def _unpack(data: bytes, check_size: CheckSize) -> Unpacked:
    """Tell by its first bytes what the file is; what it was called or declared does not matter."""
    try:
        if data.startswith(jpeg.SIGNATURE):
            return jpeg.unpack(data, check_size)
        if data.startswith(png.SIGNATURE):
            return png.unpack(data, check_size)
        if webp.is_webp(data):
            return webp.unpack(data, check_size)
        if heif.is_heif(data):
            return heif.unpack(data)
    except IncompleteError as error:
        raise PhotoRefusedError("photo_truncated") from error
    except DamagedError as error:
        raise PhotoRefusedError("photo_damaged") from error
    raise PhotoRefusedError("photo_not_an_image")


def _check_size(size: tuple[int, int], *, max_pixels: int, min_side: int, max_side: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise PhotoRefusedError("photo_too_large", width=width, height=height)
    if min(size) < min_side:
        raise PhotoRefusedError("photo_too_small", width=width, height=height)
    # The derivative is at most `max_side` long, and still has to be `min_side` wide.
    if max(size) * min_side > min(size) * max_side:
        raise PhotoRefusedError("photo_too_narrow", width=width, height=height)


def _decode(
    unpacked: Unpacked, check_size: CheckSize, max_side: int
) -> tuple[Image.Image, tuple[int, int], bytes]:
    """The picture, at a smaller scale if its format allows, its full size, and its EXIF."""
    try:
        with _opened(unpacked.format, unpacked.file) as image:
            size = image.size
            check_size(size)
            exif = unpacked.exif or image.info.get("exif") or b""
            # JPEG decodes at a smaller scale directly: less memory for the largest photos.
            image.draft(None, (max_side, max_side))
            image.load()
        if unpacked.witness:
            with _opened(unpacked.format, unpacked.witness) as witness:
                witness.draft(None, (max_side, max_side))
                witness.load()
            _compare(image, witness)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefusedError("photo_undecodable") from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:
        if "memory" in str(error).lower():
            raise MemoryError from error
        is_cut_off = unpacked.format in ("HEIF", "AVIF") and heif.is_cut_off(unpacked.file)
        raise PhotoRefusedError("photo_truncated" if is_cut_off else "photo_damaged") from error
    return image, size, exif


def _opened(kind: str, file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file), formats=(kind,))


def _compare(image: Image.Image, witness: Image.Image) -> None:
    """Refuse unless both have the same pixels."""
    for top in range(0, image.height, BAND):
        band = (0, top, image.width, min(top + BAND, image.height))
        difference = ImageChops.difference(image.crop(band), witness.crop(band))
        if any(low or high for low, high in _extremes(difference)):
            raise PhotoRefusedError("photo_truncated")


def _extremes(picture: Image.Image) -> list[tuple[int, int]]:
    return [channel.getextrema() for channel in picture.split()]  # type: ignore[misc]
