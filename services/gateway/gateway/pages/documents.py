"""What the gateway answers itself on every host: a landing page, the docs, the merged OpenAPI."""

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from gateway import problems
from gateway.hosts.sites import Site
from gateway.problems import Refusal
from gateway.wire.clock import clock

if TYPE_CHECKING:
    from gateway.wire.exchange import Exchange

_HTML = "text/html; charset=utf-8"
# Own scripts only; Swagger UI sets styles from its script and inlines small images.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_LANDING = """<!doctype html><html lang="en"><meta charset="utf-8">\
<meta name="viewport" content="width=device-width"><title>{name}</title>\
<body style="font:16px/1.5 system-ui;max-width:36em;margin:15vh auto;padding:0 1em">\
<h1>{name}</h1><p>{text}</p><p><a href="/docs">API reference</a></p>"""

_DOCS = """<!doctype html><html lang="en"><meta charset="utf-8"><title>StagifyAI API</title>\
<link rel="stylesheet" href="/docs/swagger-ui.css"><div id="docs"></div>\
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>"""

_DOCS_START = """SwaggerUIBundle({url: "/openapi.json", dom_id: "#docs", deepLinking: true,
  tryItOutEnabled: true, validatorUrl: null});"""


@dataclass(frozen=True, slots=True)
class Page:
    """A complete document."""

    content_type: str
    body: bytes
    cache_control: str = "no-cache"

    def render(self, request_id: bytes, *, close: bool, head_only: bool) -> bytes:
        """The complete answer."""
        head = (
            f"HTTP/1.1 200 OK\r\ncontent-type: {self.content_type}\r\n"
            f"content-length: {len(self.body)}\r\ncache-control: {self.cache_control}\r\n"
            f"content-security-policy: {_POLICY}\r\nx-content-type-options: nosniff\r\n"
            "referrer-policy: no-referrer\r\n"
        )
        return b"".join(
            (
                head.encode(),
                clock.date_line,
                b"x-request-id: " + request_id,
                b"\r\nconnection: close\r\n\r\n" if close else b"\r\n\r\n",
                b"" if head_only else self.body,
            )
        )


class Pages:
    """Finds the page at a path."""

    def __init__(self, openapi: Callable[[], Mapping[str, object]]) -> None:
        self._openapi = openapi
        # The assets of Swagger UI come with this distribution; no page loads anything from afar.
        assets = files("fastapi_offline") / "static"
        self._fixed = {
            b"/docs": Page(_HTML, _DOCS.encode()),
            b"/docs/start.js": Page("text/javascript", _DOCS_START.encode()),
            b"/docs/swagger-ui.css": _asset("text/css", (assets / "swagger-ui.css").read_bytes()),
            b"/docs/swagger-ui-bundle.js": _asset(
                "text/javascript", (assets / "swagger-ui-bundle.js").read_bytes()
            ),
        }

    def answer(self, exchange: "Exchange") -> Refusal | None:
        """Answer `exchange` with its page, or say why not."""
        page = self._find(exchange.request.path, exchange.site)
        if page is None:
            return problems.NOT_FOUND
        if exchange.request.method not in (b"GET", b"HEAD"):
            return problems.METHOD_NOT_ALLOWED
        exchange.answer(page)
        return None

    def _find(self, path: bytes, site: Site) -> Page | None:
        if path == b"/":
            return _landing(site)
        if path == b"/openapi.json":
            return Page("application/json", json.dumps(self._openapi()).encode())
        return self._fixed.get(path)


def _asset(content_type: str, body: bytes) -> Page:
    return Page(content_type, body, "public, max-age=3600")


def _landing(site: Site) -> Page:
    if site.tenant_id is None:
        text = "Photos of empty rooms, furnished. Sign up here, then work on your own host."
    else:
        text = "This workspace is served by StagifyAI."
    return Page(_HTML, _LANDING.format(name=html.escape(site.name), text=text).encode())
