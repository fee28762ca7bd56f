"""What the file of an image is called when it is downloaded, and for how long a link stays the same."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

ImageKind = Literal["source", "original", "staged"]
# What is made of the photo itself, once for all projects that use it.
PHOTO_KINDS: tuple[ImageKind, ...] = ("source", "original")

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


def make_filename(
    project_name: str, kind: str, content_type: str, *, style: str | None = None
) -> str:
    """A file name that people recognize and every file system accepts. The `style` of a staged photo
    is added, unless it is in the project's name: projects of one photo may have the same name."""
    stem = _cut(UNSAFE.sub("-", project_name).strip("-.")).strip("-.") or "photo"
    if style is not None and style.casefold() not in stem.casefold():
        stem = f"{stem}-{style}"
    return f"{stem}-{kind}.{EXTENSIONS[content_type]}"


def name_form(
    filename: str, content_type: str, *, width: int | None = None, has_label: bool | None = None
) -> str:
    """What another form of the file is called: one that is `width` wide, or has no label."""
    stem = filename.rpartition(".")[0]
    if has_label is False:
        stem = f"{stem}_without_label"
    if width is not None:
        stem = f"{stem}_{width}"
    return f"{stem}.{EXTENSIONS[content_type]}"


def ascii_filename(filename: str) -> str:
    """The name for programs that know only ASCII: letters without their accents, and nothing of
    scripts that have other letters."""
    stem, _, ending = filename.rpartition("-")
    letters = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", letters).strip("-.")
    return f"{plain or 'photo'}-{ending}"


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which all links to an object are one: signed at `start`, given until `end`, and valid
    as long again."""

    start: datetime
    end: datetime


def window_at(now: datetime, seconds: int) -> Window:
    """The window of `seconds` that `now` is in."""
    start = int(now.timestamp()) // seconds * seconds
    return Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(start + seconds, UTC))


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
