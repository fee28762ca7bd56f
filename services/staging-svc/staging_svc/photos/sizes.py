"""In which smaller sizes a photo is kept for screens."""

from dataclasses import dataclass
from pathlib import Path

WIDTHS = (320, 640, 1280)


@dataclass(frozen=True, slots=True)
class Smaller:
    """A smaller form of a photo, as a file."""

    path: Path
    width: int
    height: int
    content_type: str = "image/webp"


def smaller_forms(photo: Path, width: int, height: int) -> tuple[Smaller, ...]:
    """Those of the file `photo`, which is so large, narrowest first. Nothing is made wider: of a narrow
    photo the widest form has its own width."""
    return tuple(
        Smaller(
            photo.with_name(f"{photo.stem}-{each:d}.webp"),
            each,
            max(1, round(height * each / width)),
        )
        for each in sorted({min(wanted, width) for wanted in WIDTHS})
    )
