"""How a site presents itself: its name, and colours that can be read on light and on dark pages."""

import logging

from pydantic import ValidationError

from gateway.hosts.sites import Site
from stagify.brands import PLATFORM_COLORS, PLATFORM_TOKENS, are_colors
from stagify.events.tenant import Branding, BrandTheme, BrandTokens

logger = logging.getLogger(__name__)


def brand_of(site: Site) -> Branding:
    """How `site` presents itself. Its colours are colours and nothing else, whatever the directory
    says, because they are written into style sheets."""
    if site.branding:
        try:
            found = Branding.model_validate_json(site.branding)
        except ValidationError:
            logger.error("brands.not_understood", extra={"site_tenant_id": str(site.tenant_id)})
        else:
            if are_colors(found.colors, found.tokens.light, found.tokens.dark):
                return found
            logger.error("brands.no_color", extra={"site_tenant_id": str(site.tenant_id)})
            return found.model_copy(update={"colors": PLATFORM_COLORS, "tokens": PLATFORM_TOKENS})
    return Branding(name=site.name, colors=PLATFORM_COLORS, tokens=PLATFORM_TOKENS)


def theme_css(tokens: BrandTokens) -> str:
    """The brand's variables: dark where the person has chosen that, or has chosen nothing and the
    system is dark."""
    light, dark = _variables(tokens.light), _variables(tokens.dark)
    return (
        f":root{{{light}}}"
        f'@media (prefers-color-scheme:dark){{:root:not([data-look="light"]){{{dark}}}}}'
        f':root[data-look="dark"]{{{dark}}}'
    )


def _variables(theme: BrandTheme) -> str:
    return ";".join(
        f"--{name.replace('_', '-')}:{value}" for name, value in theme.model_dump().items()
    )


def initial_of(name: str) -> str:
    """The first letter or digit of a name, as its mark."""
    return next((each.upper() for each in name if each.isalnum()), "S")
