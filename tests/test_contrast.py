"""The contrast guard of tenant-svc, that of the web app, and what the gateway shows without it agree."""

from gateway.pages.brands import PLATFORM_COLORS, PLATFORM_TOKENS
from proof import contrast
from tenant_svc.brands.rules import tokens_of
from tenant_svc.brands.service import DEFAULT_COLORS


def test_the_vectors_are_those_of_the_guard() -> None:
    assert contrast.FILE.read_text() == contrast.render(), "run: make contract"


def test_the_gateway_shows_the_platforms_own_colours_as_the_guard_does() -> None:
    assert PLATFORM_COLORS == DEFAULT_COLORS
    assert tokens_of(DEFAULT_COLORS) == PLATFORM_TOKENS
