"""The pages of the web app: one for each kind of host, completed with what the browser needs before it
has asked anything."""

import html
import json
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256

from gateway.hosts.sites import Site
from gateway.pages.brands import brand_of, theme_css
from gateway.pages.document import HTML, Document
from gateway.pages.negotiation import Locale
from stagify.events.tenant import Branding

MARKER = "<!--stagify:head-->"
_ROOT_TAG = '<html lang="en">'

# Before the first paint: whether the person has chosen light or dark.
_LOOK = (
    "{const l=/(?:^|; )stagify_look=(light|dark)(?:;|$)/.exec(document.cookie);"
    "if(l)document.documentElement.dataset.look=l[1]}"
)
# The canvas of the web app, light and dark (`web/src/styles/tokens.css`).
CANVAS = (("light", "#fbfaf8"), ("dark", "#110f0d"))


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of the platform are, as browsers see them."""

    base_domain: str
    app_url: str
    upload_origin: str


class Entry:
    """The page of one kind of host, as it was built; `build` names the build."""

    def __init__(self, page: str, build: str, addresses: Addresses) -> None:
        if page.count(MARKER) != 1 or page.count(_ROOT_TAG) != 1:
            raise ValueError(f"needs {MARKER} and {_ROOT_TAG} once")
        self._before, self._after = page.split(MARKER)
        self._build = build
        self._addresses = addresses

    def render(self, site: Site, locale: Locale) -> Document:
        """The page for `site`."""
        brand = brand_of(site)
        theme = theme_css(brand.tokens)
        head = self._head(site, locale, brand, theme)
        page = self._before.replace(_ROOT_TAG, f'<html lang="{locale}">') + head + self._after
        headers = {
            "content-language": locale,
            "content-security-policy": self._policy(_LOOK, theme),
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": _FEATURES,
            "referrer-policy": "same-origin",
            # By it a page that is open sees that there is a newer build.
            "stagify-build": self._build,
        }
        if site.kind != "platform":
            headers["x-robots-tag"] = "noindex"
        return Document(
            HTML, page.encode(), headers=headers, vary="accept-encoding, accept-language"
        )

    def _head(self, site: Site, locale: Locale, brand: Branding, theme: str) -> str:
        parts = [
            f"<title>{html.escape(brand.name)}</title>",
            '<link rel="icon" href="/favicon.svg" type="image/svg+xml">',
            *(
                f'<meta name="theme-color" content="{color}" media="(prefers-color-scheme: {look})">'
                for look, color in CANVAS
            ),
            f"<style>{theme}</style>",
            f"<script>{_LOOK}</script>",
            f'<script type="application/json" id="boot">{self._boot(site, locale, brand)}</script>',
        ]
        if site.kind != "ops":
            # Without `crossorigin`, the request that the app makes would not find it.
            parts.append('<link rel="preload" as="fetch" href="/v1/session" crossorigin>')
        return "".join(parts)

    def _boot(self, site: Site, locale: Locale, brand: Branding) -> str:
        data = {
            "kind": site.kind,
            "name": site.name,
            "status": site.status if site.kind == "tenant" else None,
            "locale": locale,
            "app_url": self._addresses.app_url,
            "base_domain": self._addresses.base_domain,
            "upload_origin": self._addresses.upload_origin,
            "build": self._build,
            "branding": brand.model_dump(),
        }
        # As JSON in a script: nothing in it may look like the end of that, or the begin of a comment.
        return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")

    def _policy(self, script: str, style: str) -> str:
        uploads = self._addresses.upload_origin
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' {hash_source(script)}",
                f"style-src 'self' {hash_source(style)}",
                "style-src-attr 'none'",
                f"img-src 'self' blob: {uploads}",
                f"connect-src 'self' {uploads}",
                "font-src 'self'",
                "manifest-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
                "object-src 'none'",
                "require-trusted-types-for 'script'",
                "trusted-types 'none'",
            )
        )


_FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def hash_source(text: str) -> str:
    """The source of a Content-Security-Policy that allows an inline part with exactly this text."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
