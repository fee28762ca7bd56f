"""Makes the smaller forms of a photo, and its placeholder.

Of an uploaded photo they are made in the child process, from the pixels that it has decoded anyway; of
what we have rendered ourselves, in the staging process.
"""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from staging_svc.photos.sizes import Smaller
from staging_svc.photos.thumbhash import MAX_SIDE, thumbhash

QUALITY = 80
# The most of WebP's efforts before time more than doubles; at 4 the files are a tenth smaller.
EFFORT = 2


def make_all(photo: Path, wanted: Sequence[Smaller]) -> str:
    """Write all of `wanted`, narrowest first, of a JPEG of our own; returns the placeholder."""
    with Image.open(photo, formats=("JPEG",)) as picture:
        # Decoded at a smaller scale if that is still large enough.
        picture.draft("RGB", (wanted[-1].width, wanted[-1].height))
        picture.load()
    return write(picture, wanted)


def write(picture: Image.Image, wanted: Sequence[Smaller]) -> str:
    """The same of pixels in RGB."""
    # Each from the next larger one, which is as good and much faster.
    for form in reversed(wanted):
        picture = _resized(picture, (form.width, form.height))
        encoded = io.BytesIO()
        try:
            picture.save(encoded, "WEBP", quality=QUALITY, method=EFFORT)
        except OSError as error:
            # Of a plain picture, and with nothing to write to, an encoder fails for want of memory only.
            raise MemoryError from error
        form.path.write_bytes(encoded.getbuffer())
    return _placeholder(picture)


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    if picture.size == size:
        return picture
    # About as sharp as Lanczos' when pictures get smaller, in half the time.
    return picture.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)


def _placeholder(picture: Image.Image) -> str:
    small = picture.copy()
    small.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BOX)
    return base64.b64encode(thumbhash(*small.size, small.tobytes())).decode()
