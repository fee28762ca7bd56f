"""The contrast guard: which colours are shown for those that a tenant has chosen (decision 22).

Nobody is refused a colour. One that could not be read, or would vanish into the page, is moved in
lightness until it can be, and keeps its hue; one that is fine stays as it is. Contrast is that of WCAG
2.2, computed from the colour in the eight bits that browsers get. With a fixed other colour a least
contrast is a bound on luminance, so every rule here is a range of luminance.

`web/src/lib/contrast.ts` is the same in TypeScript, for the preview; both are compared with
`web/src/lib/contrast.vectors.json`. Whoever changes one changes the other, and writes the vectors anew
(`make contract`).
"""

from dataclasses import dataclass
from math import cbrt

from stagify.events.tenant import BrandColors, BrandTheme, BrandTokens

Vector = tuple[float, float, float]

# WCAG 2.2: text (1.4.3), and what is no text (1.4.11).
TEXT = 4.5
SHAPE = 3.0
# On a light page a pale fill has dark text, so it only must not vanish.
PALE = 1.25

# The text on a fill.
WHITE = "#ffffff"
INK = "#1e1a16"

# How finely lightness is searched: smaller than what eight bits can show.
_LIGHTNESS_STEPS = 10
_CHROMA_STEPS = 12
# Rounding makes the channels of a pure colour leave the gamut by less than this.
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Range:
    """Luminances from `low` to `high`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Page:
    """The backgrounds of the web app's pages (canvas, surface, raised), and the contrast of a fill with
    them. `web/src/styles/tokens.css` has the same in OKLCH."""

    backgrounds: tuple[str, ...]
    is_dark: bool
    fill: float

    def against(self, ratio: float) -> Range:
        """The colours that have at least this contrast with each of the backgrounds."""
        levels = [luminance(each) for each in self.backgrounds]
        if self.is_dark:
            return Range(_lighter(max(levels), ratio), 1.0)
        return Range(0.0, _darker(min(levels), ratio))


LIGHT = Page(("#fbfaf8", "#ffffff", "#f6f5f3"), is_dark=False, fill=PALE)
DARK = Page(("#110f0d", "#1a1816", "#24211f"), is_dark=True, fill=SHAPE)


def tokens_of(colors: BrandColors) -> BrandTokens:
    """What is shown for the colours that a tenant has chosen."""
    return BrandTokens(light=_theme(colors, LIGHT), dark=_theme(colors, DARK))


def _theme(colors: BrandColors, page: Page) -> BrandTheme:
    brand, on_brand = _fill(colors.primary, page)
    return BrandTheme(
        brand=brand,
        on_brand=on_brand,
        brand_text=moved(colors.primary, page.against(TEXT))[0],
        brand_ring=moved(colors.accent, page.against(SHAPE))[0],
    )


def _fill(color: str, page: Page) -> tuple[str, str]:
    """The fill, and white or ink for the text on it: whichever needs the smaller move."""
    seen = page.against(page.fill)
    for_white = Range(seen.low, min(seen.high, _darker(luminance(WHITE), TEXT)))
    for_ink = Range(max(seen.low, _lighter(luminance(INK), TEXT)), seen.high)
    under_white, to_white = moved(color, for_white)
    under_ink, to_ink = moved(color, for_ink)
    return (under_white, WHITE) if to_white <= to_ink else (under_ink, INK)


def _darker(level: float, ratio: float) -> float:
    """The highest luminance that has this contrast with the higher `level`."""
    return (level + 0.05) / ratio - 0.05


def _lighter(level: float, ratio: float) -> float:
    """The lowest luminance that has this contrast with the lower `level`."""
    return (level + 0.05) * ratio - 0.05


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _encoded(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def luminance(color: str) -> float:
    """The relative luminance of `#rrggbb`, as WCAG defines it (with the threshold of sRGB itself)."""
    red, green, blue = (_linear(channel / 255) for channel in _rgb(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _oklab(color: str) -> Vector:
    red, green, blue = (_linear(channel / 255) for channel in _rgb(color))
    long = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _linear_rgb(lightness: float, a: float, b: float) -> Vector:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _is_color(channels: Vector) -> bool:
    return min(channels) >= -_TOLERANCE and max(channels) <= 1 + _TOLERANCE


def _shown(lightness: float, a: float, b: float) -> str:
    """The colour of this lightness and hue; where no screen has it, the most colourful one that there is."""
    channels = _linear_rgb(lightness, a, b)
    if not _is_color(channels):
        least, most = 0.0, 1.0
        for _ in range(_CHROMA_STEPS):
            share = (least + most) / 2
            if _is_color(_linear_rgb(lightness, share * a, share * b)):
                least = share
            else:
                most = share
        channels = _linear_rgb(lightness, least * a, least * b)
    return "#" + "".join(
        f"{int(255 * _encoded(min(max(channel, 0.0), 1.0)) + 0.5):02x}" for channel in channels
    )


def moved(color: str, wanted: Range) -> tuple[str, float]:
    """The colour nearest to `color` in lightness, and of its hue, whose luminance is in the range; and
    how far its lightness is from that of `color`."""
    now = luminance(color)
    if wanted.low <= now <= wanted.high:
        return color, 0.0
    start, a, b = _oklab(color)
    must_darken = now > wanted.high
    # Black and white are always far enough.
    near, far = start, 0.0 if must_darken else 1.0
    found = _shown(far, a, b)
    for _ in range(_LIGHTNESS_STEPS):
        middle = (near + far) / 2
        candidate = _shown(middle, a, b)
        reached = luminance(candidate)
        if reached <= wanted.high if must_darken else reached >= wanted.low:
            far, found = middle, candidate
        else:
            near = middle
    return found, abs(far - start)
