"""One OpenAPI document of what the gateway routes, merged from those of the services."""

import asyncio
import copy
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from gateway.callers import refusals as of_callers
from gateway.fairness import refusals as of_limits
from gateway.hosts import refusals as of_hosts
from gateway.hosts.routes import PREFIXES, ServiceName, service_at
from gateway.pages.document import Document as PageDocument
from gateway.wire import refusals as of_http
from gateway.wire.refusals import Refusal
from stagify import openapi
from stagify.errors import StagifyError
from stagify.openapi import (
    EXAMPLE_ID,
    METHODS,
    Document,
    document_refusal,
    operations,
    phrase,
    problem_schemas,
    share_examples,
)

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 60.0
# As long as a service has never answered.
RETRY_SECONDS = 0.5

Fetch = Callable[[ServiceName], Awaitable[Document | None]]

# A service says that a call needs a caller; the gateway says with which credential.
_CREDENTIALS: list[Document] = [{"session": []}, {"api_key": []}]
_SAFE_METHODS = frozenset({"get", "head", "options"})
# No call of the document has another method.
_NEVER = frozenset({of_http.METHOD_NOT_SUPPORTED})
_UNSAFE_ONLY = frozenset({of_callers.ORIGIN_MISMATCH})

_DESCRIPTION = """\
People sign up on the platform's host (`app.…`); everything else happens on the host of a workspace.

Every refusal is a problem document (RFC 9457) with a stable `code`; the examples of each answer are \
the codes it may come with. Refusals with status 429 or 503 say in `Retry-After` how many seconds to \
wait. Fields may be added to answers and problem documents: ignore those you do not know.
"""

_REQUEST_ID: Document = {
    "description": "Identifies the request in our logs.",
    "required": True,
    "schema": {"type": "string", "examples": [EXAMPLE_ID]},
}
_REFERENCE = "#/components/headers/X-Request-Id"


class OpenApi:
    """Keeps the newest document of each service, also while a service is down. They are merged, and
    the result is rendered, only when one of them has changed, and when all are there: a document
    without the calls of a service would make clients that are generated from it drop them."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._documents: dict[ServiceName, Document] = {}
        self._rendered: PageDocument | None = None

    def rendered(self) -> PageDocument | None:
        """The merged document as it is served; None until every service has answered once."""
        return self._rendered

    async def run(self) -> None:
        """Refresh for ever."""
        while True:
            await self.refresh()
            await asyncio.sleep(REFRESH_SECONDS if self._is_complete() else RETRY_SECONDS)

    async def refresh(self) -> None:
        """Ask every service once."""
        has_changed = False
        for name in PREFIXES:
            try:
                document = await self._fetch(name)
            except StagifyError as error:
                logger.debug("openapi.not_fetched", extra={"of": name, "code": error.code})
                continue
            if document is not None and document != self._documents.get(name):
                self._documents[name] = document
                has_changed = True
        if has_changed and self._is_complete():
            body = json.dumps(merge(self._documents), separators=(",", ":")).encode()
            self._rendered = PageDocument("application/json", body)

    def _is_complete(self) -> bool:
        return len(self._documents) == len(PREFIXES)


def merge(documents: Mapping[ServiceName, Document]) -> Document:
    """The public paths of `documents` in one document, with what the gateway adds to each call."""
    merged: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": "StagifyAI",
            "version": "1",
            "summary": "Photos of empty rooms, furnished.",
            "description": _DESCRIPTION,
        },
        "servers": [{"url": "/", "description": "The host that serves this document."}],
        "tags": [],
        "paths": {},
        "components": {
            "schemas": {},
            "examples": {},
            "responses": {},
            "headers": {"X-Request-Id": _REQUEST_ID},
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-stagify_session",
                    "description": "What a browser has after `POST /v1/session`.",
                },
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key from `POST /v1/api-keys`, as programs use it.",
                },
            },
        },
    }
    components = merged["components"]
    # In the order of the routes, so that it does not depend on which service answered first.
    for name in (name for name in PREFIXES if name in documents):
        document = _without_clashes(name, documents[name], components["schemas"])
        of_service = document.get("components", {})
        components["schemas"] |= of_service.get("schemas", {})
        components["examples"] = of_service.get("examples", {}) | components["examples"]
        merged["paths"] |= {
            path: item
            for path, item in document.get("paths", {}).items()
            if service_at(path) == name
        }
    components["schemas"] |= problem_schemas()
    for item in merged["paths"].values():
        for method in item.keys() & METHODS:
            _complete(method, item[method])
    share_examples(merged)
    _share_responses(merged)
    merged["tags"] = [{"name": tag} for tag in sorted(_tags(merged))]
    _leave_out_unused(merged)
    return merged


def refusals() -> Iterator[Refusal]:
    """What the gateway itself may answer to a call."""
    modules: tuple[ModuleType, ...] = (of_http, of_hosts, of_callers, of_limits)
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Refusal) and value not in _NEVER:
                yield value


def _complete(method: str, operation: Document) -> None:
    """Add what the gateway knows: how to send a credential, its own refusals, the request id."""
    operation["security"] = _CREDENTIALS if operation.get("security") else []
    responses = operation.setdefault("responses", {})
    for refusal in refusals():
        if refusal not in _UNSAFE_ONLY or method not in _SAFE_METHODS:
            document_refusal(
                responses, openapi.Refusal(refusal.status, refusal.code, refusal.detail)
            )
    for response in responses.values():
        response.setdefault("headers", {})["X-Request-Id"] = {"$ref": _REFERENCE}
    operation["responses"] = dict(sorted(responses.items()))


def _share_responses(document: Document) -> None:
    """Keep an answer that all calls have once, in the components, and refer to it."""
    every = [operation["responses"] for operation in operations(document)]
    shared: Document = {}
    for status, response in every[0].items() if len(every) > 1 else ():
        if int(status) >= 400 and all(other.get(status) == response for other in every):
            name = phrase(int(status)).title().replace(" ", "")
            shared[status] = {"$ref": f"#/components/responses/{name}"}
            document["components"]["responses"][name] = response
    for responses in every:
        responses.update(shared)


def _tags(document: Document) -> set[str]:
    return {tag for operation in operations(document) for tag in operation.get("tags", ())}


def _leave_out_unused(document: Document) -> None:
    """Drop schemas and examples that only internal calls use."""
    components = document["components"]
    used: set[str] = set()
    waiting = list(_references(document["paths"]))
    while waiting:
        reference = waiting.pop()
        if reference not in used:
            used.add(reference)
            _, _, kind, name = reference.split("/")
            waiting += _references(components[kind].get(name, {}))
    for kind in ("schemas", "examples"):
        components[kind] = {
            name: value
            for name, value in sorted(components[kind].items())
            if f"#/components/{kind}/{name}" in used
        }


def _references(node: Any) -> Iterator[str]:
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for value in values:
        yield from _references(value)


def _without_clashes(name: str, document: Document, taken: Document) -> Document:
    """A copy with new names for schemas that differ from one of the same name in `taken`."""
    document = copy.deepcopy(document)
    schemas: Document = document.get("components", {}).get("schemas", {})
    clashing = {key for key, schema in schemas.items() if key in taken and taken[key] != schema}
    if not clashing:
        return document
    renamed = {f"#/components/schemas/{key}": f"{_identifier(name)}_{key}" for key in clashing}
    document["components"]["schemas"] = {
        f"{_identifier(name)}_{key}" if key in clashing else key: schema
        for key, schema in schemas.items()
    }
    result: Document = _rename_references(document, renamed)
    return result


def _rename_references(node: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_rename_references(item, renamed) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: _rename_references(value, renamed) for key, value in node.items()}
    reference = result.get("$ref")
    if isinstance(reference, str) and reference in renamed:
        result["$ref"] = f"#/components/schemas/{renamed[reference]}"
    return result


def _identifier(name: str) -> str:
    return name.replace("-", "_")
