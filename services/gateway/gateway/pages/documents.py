"""What the gateway answers itself on every host: the web app, the docs, the merged OpenAPI.

Each document is rendered once and then served from memory.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

from gateway.hosts.sites import Site
from gateway.pages.document import FOR_AN_HOUR, HTML, Document
from gateway.pages.icons import ICON, icon_of
from gateway.pages.negotiation import is_navigation, locale_of
from gateway.pages.refusals import METHOD_NOT_ALLOWED, NOT_FOUND
from gateway.pages.rendered import Rendered
from gateway.pages.web import ASSETS, WebApp
from gateway.wire.decisions import Answer, Refuse
from gateway.wire.refusals import METHODS, UPSTREAM_UNAVAILABLE
from gateway.wire.request import SERVER_AS_A_WHOLE, Request

OPENAPI = b"/openapi.json"
_ROBOTS = b"/robots.txt"
# What is never a page of the web app, whoever asks.
_NO_PAGES = (b"/v1", b"/docs", b"/assets", OPENAPI)
_READ = (b"GET", b"HEAD")

_LANDING = """<!doctype html><html lang="en"><meta charset="utf-8">\
<meta name="viewport" content="width=device-width"><title>{name}</title>\
<body style="font:16px/1.5 system-ui;max-width:36em;margin:15vh auto;padding:0 1em">\
<h1>{name}</h1><p>{text}</p><p><a href="/docs">API reference</a></p>"""

_DOCS = """<!doctype html><html lang="en"><meta charset="utf-8"><title>StagifyAI API</title>\
<link rel="stylesheet" href="/docs/swagger-ui.css"><div id="docs"></div>\
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>"""

_DOCS_START = """SwaggerUIBundle({url: "/openapi.json", dom_id: "#docs", deepLinking: true,
  tryItOutEnabled: true, validatorUrl: null});"""


class Documents:
    """Finds the document at a path; `openapi` returns the newest merged OpenAPI, if there is one.
    Without the web app, `/` is a landing page."""

    def __init__(self, openapi: Callable[[], Document | None], web: WebApp | None) -> None:
        self._openapi = openapi
        self._web = web
        self._assets = {} if web is None else web.assets
        self._fixed = _docs()
        self._rendered: Rendered[Document] = Rendered()

    def asset(self, request: Request, site: Site) -> Answer | None:
        """The asset of the web app that `request` reads; None if it asks for something else."""
        if not request.target.startswith(ASSETS) or request.method not in _READ:
            return None
        found = self._assets.get(request.path)
        return None if found is None else replace(found.answer(request), who=site.unidentified)

    def answer(self, request: Request, site: Site) -> Answer | Refuse:
        """The document that `request` asks for at `site`, or why there is none."""
        if request.target == SERVER_AS_A_WHOLE:
            return replace(_EVERY_METHOD, who=site.unidentified)
        found = self._find(request, site)
        if found is None:
            is_late = request.path == OPENAPI
            return Refuse(site.unidentified, UPSTREAM_UNAVAILABLE if is_late else NOT_FOUND)
        if request.method == b"OPTIONS":
            return replace(_READING, who=site.unidentified)
        if request.method not in _READ:
            return Refuse(site.unidentified, METHOD_NOT_ALLOWED)
        return replace(found.answer(request), who=site.unidentified)

    def _find(self, request: Request, site: Site) -> Document | None:
        path = request.path
        if path == b"/" or (self._web is not None and _is_page(request, path)):
            return self._page(request, site)
        if path == OPENAPI:
            return self._openapi()
        if path == ICON:
            return self._rendered.get(site, "icon", lambda: icon_of(site))
        if path == _ROBOTS:
            return _PUBLIC if site.kind == "platform" else _PRIVATE
        return self._fixed.get(path) or self._assets.get(path)

    def _page(self, request: Request, site: Site) -> Document:
        if self._web is None:
            return self._rendered.get(site, "landing", lambda: _landing(site))
        entry, locale = self._web.entries[site.kind], locale_of(request)
        return self._rendered.get(site, locale, lambda: entry.render(site, locale))


def _is_page(request: Request, path: bytes) -> bool:
    """Whether the web app has a page for `path`. It knows its paths itself, so all are pages that a
    person goes to and that are nothing else."""
    if path in (ICON, _ROBOTS) or not is_navigation(request):
        return False
    return not any(path == other or path.startswith(other + b"/") for other in _NO_PAGES)


@lru_cache
def _docs() -> Mapping[bytes, Document]:
    """The documents at fixed paths. This package brings the assets of Swagger UI; no page loads
    anything from another host."""
    assets = files("fastapi_offline") / "static"

    def asset(content_type: str, name: str) -> Document:
        return Document(content_type, (assets / name).read_bytes(), FOR_AN_HOUR)

    return {
        b"/docs": Document(HTML, _DOCS.encode()),
        b"/docs/start.js": Document("text/javascript", _DOCS_START.encode()),
        b"/docs/swagger-ui.css": asset("text/css", "swagger-ui.css"),
        b"/docs/swagger-ui-bundle.js": asset("text/javascript", "swagger-ui-bundle.js"),
    }


def _options(methods: Sequence[str]) -> Answer:
    """The answer to OPTIONS (RFC 9110, 9.3.7)."""
    head = f"HTTP/1.1 204 No Content\r\nallow: {', '.join(methods)}\r\n"
    return Answer(None, 204, head.encode(), b"")


_EVERY_METHOD = _options(METHODS)
_READING = _options(("GET", "HEAD", "OPTIONS"))


# Only the pages of the platform are for everybody to find.
_PUBLIC = Document("text/plain", b"User-agent: *\nDisallow: /v1/\n", FOR_AN_HOUR)
_PRIVATE = Document("text/plain", b"User-agent: *\nDisallow: /\n", FOR_AN_HOUR)


def _landing(site: Site) -> Document:
    if site.tenant_id is None:
        text = "Photos of empty rooms, furnished. Sign up here, then work on your own host."
    else:
        text = "This workspace is served by StagifyAI."
    return Document(HTML, _LANDING.format(name=html.escape(site.name), text=text).encode())
