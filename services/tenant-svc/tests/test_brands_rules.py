"""The contrast guard: whatever colours a tenant chooses, they can be read and seen."""

import colorsys
import random

import pytest

from stagify.events.tenant import BrandColors, BrandTheme
from tenant_svc.brands.rules import (
    DARK,
    INK,
    LIGHT,
    PALE,
    SHAPE,
    TEXT,
    WHITE,
    Page,
    contrast,
    luminance,
    tokens_of,
)


def themes(primary: str, accent: str) -> list[tuple[Page, BrandTheme]]:
    tokens = tokens_of(BrandColors(primary=primary, accent=accent))
    return [(LIGHT, tokens.light), (DARK, tokens.dark)]


def faults(page: Page, theme: BrandTheme) -> list[str]:
    """What cannot be read or seen."""
    least = [
        ("text on the fill", TEXT, theme.on_brand, [theme.brand]),
        ("text", TEXT, theme.brand_text, page.backgrounds),
        ("ring", SHAPE, theme.brand_ring, page.backgrounds),
        ("fill", page.fill, theme.brand, page.backgrounds),
    ]
    return [
        f"{what} {color} on {other}"
        for what, ratio, color, others in least
        for other in others
        if contrast(color, other) < ratio
    ]


def hue(color: str) -> tuple[float, float]:
    """The hue of a colour in degrees, and how much of it there is."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    turn, saturation, value = colorsys.rgb_to_hsv(*channels)
    return 360 * turn, saturation * value


class TestContrast:
    """Figures of WCAG's own documents and of its checkers."""

    @pytest.mark.parametrize(
        ("one", "other", "ratio"),
        [
            ("#000000", "#ffffff", 21),
            ("#ffffff", "#ffffff", 1),
            ("#777777", "#ffffff", 4.48),
            ("#767676", "#ffffff", 4.54),
            ("#ff0000", "#ffffff", 4.0),
            ("#0000ff", "#ffffff", 8.59),
            ("#00ff00", "#000000", 15.3),
        ],
    )
    def test_is_what_others_compute(self, one: str, other: str, ratio: float) -> None:
        assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
        assert contrast(other, one) == contrast(one, other)

    def test_luminance_is_that_of_light_not_of_numbers(self) -> None:
        # Without the linearisation half the number would be half the light.
        assert luminance("#808080") == pytest.approx(0.2159, abs=0.0001)


class TestGuard:
    def test_ten_thousand_colours_can_be_read(self) -> None:
        chance = random.Random(20261127)
        found = []
        for _ in range(10_000):
            primary, accent = (f"#{chance.randrange(1 << 24):06x}" for _ in range(2))
            for page, theme in themes(primary, accent):
                found += [f"{primary} {accent}: {fault}" for fault in faults(page, theme)]
        assert found == []

    @pytest.mark.parametrize("level", range(0, 256, 5))
    def test_every_grey_can_be_read_and_stays_grey(self, level: int) -> None:
        grey = f"#{level:02x}{level:02x}{level:02x}"
        for page, theme in themes(grey, grey):
            assert faults(page, theme) == []
            for color in (theme.brand, theme.brand_text, theme.brand_ring):
                assert color[1:3] == color[3:5] == color[5:7]

    @pytest.mark.parametrize("red", ["00", "55", "aa", "ff"])
    @pytest.mark.parametrize("green", ["00", "55", "aa", "ff"])
    @pytest.mark.parametrize("blue", ["00", "55", "aa", "ff"])
    def test_the_corners_of_what_screens_show(self, red: str, green: str, blue: str) -> None:
        color = f"#{red}{green}{blue}"
        for page, theme in themes(color, color):
            assert faults(page, theme) == []

    def test_a_colour_that_is_fine_is_not_touched(self) -> None:
        (_, light), _ = themes("#0b3d91", "#b0500f")
        assert light.model_dump() == {
            "brand": "#0b3d91",
            "on_brand": WHITE,
            "brand_text": "#0b3d91",
            "brand_ring": "#b0500f",
        }

    def test_a_bright_one_gets_dark_text(self) -> None:
        _, (_, dark) = themes("#ffe14d", "#ffe14d")
        assert (dark.brand, dark.on_brand, dark.brand_text) == ("#ffe14d", INK, "#ffe14d")

    def test_black_shows_on_a_dark_page_and_white_on_a_light_one(self) -> None:
        _, (_, dark) = themes("#000000", "#000000")
        assert (dark.brand, dark.on_brand) == ("#6b6b6b", WHITE)
        (_, light), _ = themes("#ffffff", "#ffffff")
        assert (light.brand, light.on_brand) == ("#dcdcdc", INK)

    def test_a_pale_one_stays_nearly_as_it_is(self) -> None:
        (_, light), _ = themes("#ffe14d", "#ffe14d")
        assert contrast(light.brand, "#ffe14d") < PALE

    @pytest.mark.parametrize("color", ["#ffe14d", "#ff7a00", "#1f4d3a", "#5b21b6", "#c8102e"])
    def test_the_hue_stays(self, color: str) -> None:
        wanted, _ = hue(color)
        for _, theme in themes(color, color):
            for shown in (theme.brand, theme.brand_text, theme.brand_ring):
                turn, amount = hue(shown)
                assert amount > 0.1
                # The hue of HSV turns a little with the lightness; that of OKLCH is the one people see.
                assert min(abs(turn - wanted), 360 - abs(turn - wanted)) < 12

    def test_it_goes_no_further_than_it_must(self) -> None:
        chance = random.Random(3)
        for _ in range(300):
            color = f"#{chance.randrange(1 << 24):06x}"
            for page, theme in themes(color, color):
                if theme.brand_text != color:
                    assert min(contrast(theme.brand_text, each) for each in page.backgrounds) < 4.7
                if theme.brand_ring != color:
                    assert min(contrast(theme.brand_ring, each) for each in page.backgrounds) < 3.15
