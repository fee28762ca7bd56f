"""What the gateway answers itself on every host: a landing page, the docs, the merged OpenAPI."""

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files

from gateway.hosts.sites import NOBODY, Site
from gateway.pages.refusals import METHOD_NOT_ALLOWED, NOT_FOUND
from gateway.wire.decisions import Answer, Refuse
from gateway.wire.request import Request

_HTML = "text/html; charset=utf-8"
# Only the host's own scripts; Swagger UI sets styles by script and has small inline images.
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


_REVALIDATED = "no-cache"


class Documents:
    """Finds the document at a path."""

    def __init__(self, openapi: Callable[[], Mapping[str, object]]) -> None:
        self._openapi = openapi
        # This package brings the assets of Swagger UI; no page loads anything from another host.
        assets = files("fastapi_offline") / "static"
        self._fixed = {
            b"/docs": _answer(_HTML, _DOCS.encode()),
            b"/docs/start.js": _answer("text/javascript", _DOCS_START.encode()),
            b"/docs/swagger-ui.css": _asset("text/css", (assets / "swagger-ui.css").read_bytes()),
            b"/docs/swagger-ui-bundle.js": _asset(
                "text/javascript", (assets / "swagger-ui-bundle.js").read_bytes()
            ),
        }

    def answer(self, request: Request, site: Site) -> Answer | Refuse:
        """The document that `request` asks for at `site`, or why there is none."""
        found = self._find(request.path, site)
        if found is None:
            return Refuse(site.unidentified, NOT_FOUND)
        if request.method not in (b"GET", b"HEAD"):
            return Refuse(site.unidentified, METHOD_NOT_ALLOWED)
        return replace(found, who=site.unidentified)

    def _find(self, path: bytes, site: Site) -> Answer | None:
        if path == b"/":
            return _landing(site)
        if path == b"/openapi.json":
            return _answer("application/json", json.dumps(self._openapi()).encode())
        return self._fixed.get(path)


def _answer(content_type: str, body: bytes, cache_control: str = _REVALIDATED) -> Answer:
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n"
        f"content-length: {len(body)}\r\ncache-control: {cache_control}\r\n"
        f"content-security-policy: {_POLICY}\r\nx-content-type-options: nosniff\r\n"
        "referrer-policy: no-referrer\r\n"
    )
    return Answer(NOBODY, 200, head.encode(), body)


def _asset(content_type: str, body: bytes) -> Answer:
    return _answer(content_type, body, "public, max-age=3600")


def _landing(site: Site) -> Answer:
    if site.tenant_id is None:
        text = "Photos of empty rooms, furnished. Sign up here, then work on your own host."
    else:
        text = "This workspace is served by StagifyAI."
    return _answer(_HTML, _LANDING.format(name=html.escape(site.name), text=text).encode())
