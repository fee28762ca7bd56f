"""Makes an uploaded photo fit to be shown: a known format, a sane size, upright, no metadata.

This runs in the child process with limits. The photo is encoded again, so that only its pixels are
kept: no EXIF, no location, no profile, no bytes after the end.
"""

import io
import warnings
from pathlib import Path
from typing import TypedDict

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
# Some cameras append a second picture to the first; Pillow then calls the format MPO.
TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
QUALITY = 92


class PhotoRefusedError(Exception):
    """The file is not a photo we can use; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Cleaned(TypedDict):
    """The size of the photo as it was uploaded, but upright, and the size of its cleaned derivative."""

    source_width: int
    source_height: int
    width: int
    height: int


def clean(
    source: str, target: str, *, declared_type: str, max_pixels: int, min_side: int, max_side: int
) -> Cleaned:
    """Write the cleaned JPEG of `source` to `target`; PhotoRefusedError says what is wrong."""
    # Our own cap is checked before anything is decoded; Pillow's stays as a second one.
    Image.MAX_IMAGE_PIXELS = max_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with _open(source) as image:
        _check_header(image, declared_type, max_pixels, min_side)
        # JPEG decodes at a smaller scale directly: less memory for the largest photos.
        width, height = image.size
        image.draft(None, (max_side, max_side))
        picture = _decode(image)
    picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    is_turned = _is_turned(picture)
    picture = ImageOps.exif_transpose(picture)
    picture = _to_srgb(picture)
    # Encoders copy comments, profiles and more from here.
    picture.info = {}
    # Encoded in memory first: Pillow's encoders do not notice when a full disk cuts a write short.
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=QUALITY, optimize=True)
    Path(target).write_bytes(encoded.getbuffer())
    return Cleaned(
        source_width=height if is_turned else width,
        source_height=width if is_turned else height,
        width=picture.width,
        height=picture.height,
    )


def _open(source: str) -> Image.Image:
    try:
        return Image.open(source, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise PhotoRefusedError("photo_not_an_image") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefusedError("photo_too_large") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise PhotoRefusedError("photo_truncated") from error


def _check_header(image: Image.Image, declared_type: str, max_pixels: int, min_side: int) -> None:
    if TYPES[str(image.format)] != declared_type:
        raise PhotoRefusedError("photo_type_mismatch")
    if image.width * image.height > max_pixels:
        raise PhotoRefusedError("photo_too_large")
    if min(image.size) < min_side:
        raise PhotoRefusedError("photo_too_small")
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise PhotoRefusedError("photo_animated")


def _decode(image: Image.Image) -> Image.Image:
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise PhotoRefusedError("photo_truncated") from error
    return image.copy() if image.format == "MPO" else image


def _is_turned(picture: Image.Image) -> bool:
    """Whether EXIF says that the sides are swapped (orientations 5 to 8)."""
    return int(picture.getexif().get(0x0112, 1)) >= 5


def _to_srgb(picture: Image.Image) -> Image.Image:
    """Convert to sRGB, with the colours that the profile means, and with white in place of
    transparency."""
    profile = picture.info.get("icc_profile")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture)
        picture = paper.convert("RGB")
    if picture.mode not in ("RGB", "CMYK", "L"):
        picture = picture.convert("RGB")
    if profile:
        picture = _apply_profile(picture, profile)
    return picture.convert("RGB")


def _apply_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        shown = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(picture, meant, shown, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A broken profile is no reason to refuse the photo: its numbers are shown as they are.
        return picture
    return picture if converted is None else converted
