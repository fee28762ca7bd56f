"""What the file of an image is called when it is downloaded."""

import re
import unicodedata
from typing import Literal

ImageKind = Literal["source", "original", "staged"]

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/avif": "avif",
}
# Space, ASCII signs that some file system or shell reserves, and what cannot be seen; they become
# hyphens. Letters of any script keep their marks, joiners and variation selectors, without which
# Hindi loses its vowels, Persian its words and a family its members.
UNSAFE = re.compile(
    r"[\s\x00-\x2c/:-@\[-^`{-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]+"
)
# With kind and extension, what file systems allow: 255 bytes.
MAX_STEM_BYTES = 200
JOINERS = "\u200c\u200d"


def make_filename(project_name: str, kind: ImageKind, content_type: str) -> str:
    """A file name that people recognize and every file system accepts."""
    stem = _cut(UNSAFE.sub("-", project_name).strip("-.")).strip("-.")
    return f"{stem or 'photo'}-{kind}.{EXTENSIONS[content_type]}"


def ascii_filename(filename: str) -> str:
    """The name for programs that know only ASCII: letters without their accents, and nothing of
    scripts that have other letters."""
    stem, _, ending = filename.rpartition("-")
    letters = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", letters).strip("-.")
    return f"{plain or 'photo'}-{ending}"


def _cut(text: str) -> str:
    """As much of the text as fits, without half of a character that people see as one."""
    end = len(text.encode()[:MAX_STEM_BYTES].decode(errors="ignore"))
    while 0 < end < len(text) and (_belongs_before(text[end]) or text[end - 1] in JOINERS):
        end -= 1
    return text[:end]


def _belongs_before(character: str) -> bool:
    """Whether the character changes the one before it: a mark, a joiner, a variation selector, a tone of
    skin."""
    is_skin = "\U0001f3fb" <= character <= "\U0001f3ff"
    return is_skin or character in JOINERS or unicodedata.category(character).startswith("M")
