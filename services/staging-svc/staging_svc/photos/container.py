"""What the containers of photos have in common: the pixels apart from what is said about them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

# Raises if a photo of this width and height is not wanted; called before anything is unpacked.
CheckSize: TypeAlias = Callable[[tuple[int, int]], None]


class DamagedError(Exception):
    """The file has the signature of a photo, but its pixels cannot be had."""


class IncompleteError(DamagedError):
    """Some of the pixels are missing: the file was cut off."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A photo taken apart. No decoder ever sees the metadata, so that none can stumble over it.

    `file` is a complete file of the Pillow format `format` that holds the pixels of the first picture
    and nothing else.
    """

    format: str
    content_type: str
    file: bytes
    exif: bytes = b""
    profile: bytes = b""
    is_animated: bool = False
    # Of CMYK: whether 255 means no ink, as Adobe writes it.
    is_inverted: bool = False
    # Another file whose pixels are the same if, and only if, all pixels are there.
    witness: bytes = b""
