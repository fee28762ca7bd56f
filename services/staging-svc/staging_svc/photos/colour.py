"""Brings pictures of every mode to eight bits, and then to sRGB without transparency."""

import io

from PIL import Image, ImageChops, ImageCms

SIXTEEN_BITS = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I"})
GREY = frozenset({"1", "L", "LA", "La"})
WITH_ALPHA = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
# What the modes are called in profiles.
SPACES = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}
# As browsers and photo editors do: colours that sRGB has stay exactly as they are.
INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION


def plain(picture: Image.Image, *, is_inverted: bool) -> Image.Image:
    """The same picture as L, LA, RGB, RGBA or CMYK, of eight bits each; 255 is full ink in CMYK.

    `is_inverted` says of a CMYK picture that its file means it the other way round, which Pillow
    always assumes.
    """
    key = picture.info.get("transparency")
    if picture.mode in SIXTEEN_BITS:
        return _eight_bits(picture, key if isinstance(key, int) else None)
    if picture.mode == "CMYK":
        return picture if is_inverted else ImageChops.invert(picture)
    has_alpha = picture.mode in WITH_ALPHA or key is not None
    wanted = ("L" if picture.mode in GREY else "RGB") + ("A" if has_alpha else "")
    # A conversion to the same mode would be a copy.
    return picture if picture.mode == wanted else picture.convert(wanted)


def _eight_bits(picture: Image.Image, key: int | None) -> Image.Image:
    """Grey of 16 bits, scaled: Pillow's own conversion would make everything above 255 white.
    Pixels of the value `key` are transparent."""
    wide = picture.convert("I")
    grey = wide.point([round(value / 257) for value in range(65536)], "L")
    if key is None:
        return grey
    alpha = wide.point([0 if value == key else 255 for value in range(65536)], "L")
    return Image.merge("LA", (grey, alpha))


def to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """A plain picture as RGB, with the colours that the profile means, on white paper."""
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    if alpha is not None:
        picture = picture.convert(picture.mode.removesuffix("A"))
    picture = _apply(picture, profile)
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    if alpha is None:
        return picture
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=alpha)
    return paper


def _apply(picture: Image.Image, profile: bytes) -> Image.Image:
    """The picture in sRGB; as it is if the profile is broken or for other pictures than this."""
    if not profile:
        return picture
    try:
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = meant.profile.xcolor_space
        if space == SPACES["RGB"] and picture.mode == "L":
            picture = picture.convert("RGB")
        elif space == SPACES["L"] and picture.mode == "RGB" and _is_grey(picture):
            # Pillow opens grey with alpha of 16 bits as colours.
            picture = picture.getchannel("R")
        if space != SPACES[picture.mode]:
            return picture
        shown = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(
            picture, meant, shown, renderingIntent=INTENT, outputMode="RGB", flags=FLAGS
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return picture if converted is None else converted


def _is_grey(picture: Image.Image) -> bool:
    red, green, blue = picture.split()
    return all(ImageChops.difference(red, other).getbbox() is None for other in (green, blue))
