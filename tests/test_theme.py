"""The gateway's colours are those of the parts that decide about them."""

from gateway.pages import brands as pages
from gateway.pages import entries
from tenant_svc.brands import rules, service


def test_the_platforms_own_colours_are_those_of_tenant_svc() -> None:
    assert pages.PLATFORM_COLORS == service.DEFAULT_COLORS
    assert service.default_tokens() == pages.PLATFORM_TOKENS


def test_the_browsers_frame_has_the_colour_of_the_canvas() -> None:
    assert dict(entries.CANVAS) == {
        "light": rules.LIGHT.backgrounds[0],
        "dark": rules.DARK.backgrounds[0],
    }
