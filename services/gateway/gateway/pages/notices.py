"""What people see instead of the web app: that there is no workspace, or that it is suspended. These
pages have no script and load nothing."""

import html
from dataclasses import dataclass, replace

from gateway.hosts.refusals import TENANT_SUSPENDED, UNKNOWN_HOST
from gateway.hosts.sites import NOBODY, Site
from gateway.pages.brands import brand_of, initial_of, theme_css
from gateway.pages.document import HTML
from gateway.pages.entries import hash_source
from gateway.pages.negotiation import LOCALES, Locale, locale_of
from gateway.pages.rendered import Rendered
from gateway.wire.decisions import Answer
from gateway.wire.refusals import Refusal
from gateway.wire.request import Request
from stagify.brands import PLATFORM_TOKENS
from stagify.events.tenant import BrandTokens

# The look of the web app (`web/src/styles/tokens.css`), as far as these pages need it.
_CSS = """\
:root{color-scheme:light dark;--canvas:#fbfaf8;--ink:#1e1a16;--quiet:#625c58}
@media (prefers-color-scheme:dark){:root{--canvas:#110f0d;--ink:#f0eeeb;--quiet:#b0a9a5}}
body{margin:0;background:var(--canvas);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}
main{box-sizing:border-box;max-width:34rem;margin:0 auto;padding:18vh 1.5rem 3rem}
.site{color:var(--ink);display:flex;align-items:center;gap:.75rem;margin:0 0 2rem;font-weight:600;min-width:0}
.site bdi{overflow-wrap:anywhere}
.mark{flex:none;width:2.25rem;height:2.25rem;border-radius:.625rem;background:var(--brand);\
color:var(--on-brand);display:grid;place-items:center}
h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25;font-weight:600;letter-spacing:-.015em}
p{margin:0 0 1rem;color:var(--quiet)}
a{color:var(--brand-text);text-underline-offset:.15em}
a:focus-visible{outline:2px solid var(--brand-ring);outline-offset:2px;border-radius:2px}
"""


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    text: str
    link: str = ""


_UNKNOWN: dict[Locale, _Words] = {
    "en": _Words(
        "There is no workspace at this address",
        "Check how the address is spelled. If you have forgotten it, StagifyAI shows you your "
        "workspaces once you have logged in.",
        "Go to StagifyAI",
    ),
    "de": _Words(
        "Unter dieser Adresse gibt es keinen Arbeitsbereich",
        "Prüfen Sie, ob die Adresse richtig geschrieben ist. Wenn Sie sie vergessen haben, zeigt "
        "StagifyAI Ihnen nach der Anmeldung Ihre Arbeitsbereiche.",
        "Zu StagifyAI",
    ),
}
_SUSPENDED: dict[Locale, _Words] = {
    "en": _Words(
        "This workspace is suspended",
        "Nobody can work here at the moment. No photo has been deleted. The people who run this "
        "workspace can have it opened again.",
    ),
    "de": _Words(
        "Dieser Arbeitsbereich ist gesperrt",
        "Im Moment kann hier niemand arbeiten. Es wurde kein Foto gelöscht. Wer diesen "
        "Arbeitsbereich leitet, kann ihn wieder öffnen lassen.",
    ),
}


class Notices:
    """Pages in the place of the refusals UNKNOWN_HOST and TENANT_SUSPENDED."""

    def __init__(self, app_url: str) -> None:
        self._unknown = {
            locale: _answer(
                UNKNOWN_HOST, locale, _UNKNOWN[locale], "StagifyAI", PLATFORM_TOKENS, app_url
            )
            for locale in LOCALES
        }
        self._suspended: Rendered[Answer] = Rendered()

    def unknown(self, request: Request) -> Answer:
        """No tenant has this host."""
        return self._unknown[locale_of(request)]

    def suspended(self, request: Request, site: Site) -> Answer:
        """The tenant of `site` is suspended; the page is in its name."""
        locale = locale_of(request)
        answer = self._suspended.get(site, locale, lambda: _of_suspended(site, locale))
        return replace(answer, who=site.unidentified)


def _of_suspended(site: Site, locale: Locale) -> Answer:
    brand = brand_of(site)
    return _answer(TENANT_SUSPENDED, locale, _SUSPENDED[locale], brand.name, brand.tokens)


def _answer(
    refusal: Refusal,
    locale: Locale,
    words: _Words,
    name: str,
    tokens: BrandTokens,
    link: str = "",
) -> Answer:
    style = theme_css(tokens) + _CSS
    anchor = f'<p><a href="{html.escape(link)}">{words.link}</a></p>' if link else ""
    body = (
        f'<!doctype html><html lang="{locale}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(name)}</title><style>{style}</style>"
        f'<main><p class="site"><span class="mark" aria-hidden="true">'
        f"{html.escape(initial_of(name))}</span><bdi>{html.escape(name)}</bdi></p>"
        f"<h1>{words.title}</h1><p>{words.text}</p>{anchor}</main></html>"
    ).encode()
    lines = {
        "cache-control": "no-store",
        "content-type": HTML,
        "content-length": str(len(body)),
        "content-language": locale,
        "content-security-policy": (
            f"default-src 'none'; style-src {hash_source(style)}; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        ),
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "same-origin",
        "x-robots-tag": "noindex",
    }
    head = f"HTTP/1.1 {refusal.status} {refusal.title}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return Answer(NOBODY, refusal.status, head.encode(), body, refusal.code.encode())
