"""The icon of a site: the first letter of its name in its colours."""

import html

from gateway.hosts.sites import Site
from gateway.pages.brands import brand_of, initial_of
from gateway.pages.document import Document

ICON = b"/favicon.svg"
_FOR_A_MOMENT = "public, max-age=300"
# Should somebody open it as a page, it can do nothing.
_OF_ICONS = {
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
}
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    '<rect width="64" height="64" rx="14" fill="{fill}"/>'
    '<text x="32" y="33" fill="{text}" font-family="system-ui,sans-serif" font-size="38" '
    'font-weight="600" text-anchor="middle" dominant-baseline="central">{letter}</text></svg>'
)


def icon_of(site: Site) -> Document:
    """The icon of `site`."""
    brand = brand_of(site)
    theme = brand.tokens.light
    svg = _SVG.format(
        fill=theme.brand, text=theme.on_brand, letter=html.escape(initial_of(brand.name))
    )
    return Document("image/svg+xml", svg.encode(), _FOR_A_MOMENT, headers=_OF_ICONS)
