"""The contrast guard of tenant-svc, that of the web app, and what pages and mails show without it agree."""

from proof import contrast
from stagify.brands import PLATFORM_COLORS, PLATFORM_TOKENS
from tenant_svc.brands.rules import tokens_of
from tenant_svc.brands.service import DEFAULT_COLORS


def test_the_vectors_are_those_of_the_guard() -> None:
    assert contrast.FILE.read_text() == contrast.render(), "run: make contract"


def test_the_platforms_own_colours_are_shown_as_the_guard_shows_them() -> None:
    assert PLATFORM_COLORS == DEFAULT_COLORS
    assert tokens_of(DEFAULT_COLORS) == PLATFORM_TOKENS
