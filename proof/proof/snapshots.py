"""Pictures of pages that are kept beside the tests, so that a change of the look is seen and wanted.

Two machines never draw quite the same pixels, so a picture is kept small and compared tile by tile: what
moves, appears, vanishes or changes its colour counts, and the edge of a letter does not.
"""

import io
import os
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Page

# Set, `make snapshots` writes the pictures anew instead of comparing them.
TAKE = "TAKE_SNAPSHOTS"
SCALE = 2
TILE = 8
# Mean difference of a tile, of 255 steps, from which on it looks different.
VISIBLE = 14
# The share of a picture's tiles that may look different.
TOLERATED = 0.004
# Dates and figures that are others in each run are always these, in the app's own way of writing them.
STEADY = """
const always = (kind, text) => {
  const get = () => () => text;
  Object.defineProperty(kind.prototype, "format", { get, configurable: true });
};
always(Intl.DateTimeFormat, "2 Mar 2026");
Intl.RelativeTimeFormat.prototype.format = () => "5 minutes ago";
always(Intl.NumberFormat, "7");
"""
SETTLED = """() => document.fonts.status === "loaded"
  && [...document.images].every(({ complete, loading }) => complete || loading === "lazy")
  && document.getAnimations().every((animation) =>
    animation.playState !== "running" || animation.effect?.getTiming().iterations === Infinity)"""


class Snapshots:
    """The kept pictures in a folder; a page that looks different is kept in another one, to look at."""

    def __init__(self, kept: Path, differing: Path) -> None:
        self.kept = kept
        self.differing = differing
        self.takes = bool(os.environ.get(TAKE))

    def differences(self, page: Page, name: str) -> list[str]:
        """Compare a page, as it is shown now, with its picture; at most one sentence."""
        page.wait_for_function(SETTLED)
        shot = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
        now = shot.convert("RGB").reduce(SCALE)
        path = self.kept / f"{name}.webp"
        if self.takes:
            path.parent.mkdir(parents=True, exist_ok=True)
            now.save(path, "WEBP", quality=72, method=6)
            return []
        share = unlike(Image.open(path).convert("RGB"), now) if path.exists() else 1.0
        if share <= TOLERATED:
            return []
        self.differing.mkdir(parents=True, exist_ok=True)
        now.save(self.differing / path.name, "WEBP", lossless=True)
        return [f"{name}: {share:.1%} looks different, see {self.differing / path.name}"]


def unlike(kept: Image.Image, now: Image.Image) -> float:
    """The share of tiles, 0 to 1, that look different; 1 if the sizes do."""
    if kept.size != now.size:
        return 1.0
    blurred = (each.filter(ImageFilter.GaussianBlur(1)) for each in (kept, now))
    # The largest of the three channels, so that a change of the colour alone counts in full.
    red, green, blue = ImageChops.difference(*blurred).split()
    tiles = ImageChops.lighter(ImageChops.lighter(red, green), blue).reduce(TILE)
    values = tiles.tobytes()
    return sum(value > VISIBLE for value in values) / len(values)
