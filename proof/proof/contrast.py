"""The vectors that the contrast guard is compared with, in Python and in TypeScript:
`python -m proof.contrast` writes them."""

import json
import random
from pathlib import Path

from stagify.events.tenant import BrandColors, BrandTheme
from tenant_svc.brands.rules import tokens_of

FILE = Path(__file__).parents[2] / "web/src/lib/contrast.vectors.json"
# Both ends and the middle of each channel.
LEVELS = ("00", "33", "80", "cc", "ff")


def render() -> str:
    """The file: primary and accent colour, and what is shown for them on light and on dark pages."""
    rows = [json.dumps(_row(primary, accent)) for primary, accent in _colors()]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def _colors() -> list[tuple[str, str]]:
    corners = [f"#{red}{green}{blue}" for red in LEVELS for green in LEVELS for blue in LEVELS]
    chance = random.Random(1)
    others = [f"#{chance.randrange(1 << 24):06x}" for _ in range(175)]
    colors = corners + others
    return list(zip(colors, reversed(colors), strict=True))


def _row(primary: str, accent: str) -> list[object]:
    tokens = tokens_of(BrandColors(primary=primary, accent=accent))
    return [primary, accent, _shown(tokens.light), _shown(tokens.dark)]


def _shown(theme: BrandTheme) -> list[str]:
    return [theme.brand, theme.on_brand, theme.brand_text, theme.brand_ring]


if __name__ == "__main__":
    FILE.write_text(render())
