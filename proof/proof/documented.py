"""The codes of refusals that docs/errors.md promises."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs/errors.md"
_ROW = re.compile(r"^\| (\d{3}) \| `([a-z_]+)` \|", re.MULTILINE)


def documented_codes() -> frozenset[tuple[int, str]]:
    """Every documented status with its code."""
    return frozenset(
        (int(status), code) for status, code in _ROW.findall(DOCUMENT.read_text("utf-8"))
    )
