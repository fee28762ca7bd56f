"""The platform's own look, for whoever shows it, and what may be shown of a tenant's."""

import re

from stagify.events.tenant import BrandColors, BrandTheme, BrandTokens

# A tenant shows these too until it has chosen others. A test compares the tokens with what tenant-svc
# makes of the colours.
PLATFORM_COLORS = BrandColors(primary="#1f4d3a", accent="#c98a3c")
PLATFORM_TOKENS = BrandTokens(
    light=BrandTheme(
        brand="#1f4d3a", on_brand="#ffffff", brand_text="#1f4d3a", brand_ring="#bf8132"
    ),
    dark=BrandTheme(
        brand="#477560", on_brand="#ffffff", brand_text="#63927c", brand_ring="#c98a3c"
    ),
)

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def are_colors(*parts: BrandColors | BrandTheme) -> bool:
    """Whether all values in `parts` are colours and nothing else, so that they may be written into
    style sheets."""
    values = (value for part in parts for value in part.model_dump().values())
    return all(_COLOR.fullmatch(value) for value in values)
