"""One OpenAPI document of what the gateway routes, merged from those of the services."""

import asyncio
import copy
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.hosts.routes import Routes, ServiceName
from gateway.pages.document import Document as PageDocument
from stagify.errors import StagifyError

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 60.0
# As long as a service has never answered.
RETRY_SECONDS = 2.0

Document = dict[str, Any]
Fetch = Callable[[ServiceName], Awaitable[Document | None]]

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
# What the gateway itself may answer to any call, besides what the service declares.
_OWN_STATUSES = {
    "404": "Unknown host or path",
    "408": "Request Timeout",
    "413": "Content Too Large",
    "414": "URI Too Long",
    "431": "Request Header Fields Too Large",
    "502": "Bad Gateway",
    "503": "Service Unavailable",
    "504": "Gateway Timeout",
}
# A service says that a call needs a caller; the gateway says with which credential.
_CREDENTIALS: list[Document] = [{"session": []}, {"api_key": []}]
_PROBLEM_SCHEMA: Document = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
    },
}


class OpenApi:
    """Keeps the newest document of each service, also while a service is down. They are merged, and
    the result is rendered, only when one of them has changed."""

    def __init__(self, fetch: Fetch, routes: Routes) -> None:
        self._fetch = fetch
        self._routes = routes
        self._documents: dict[ServiceName, Document] = {}
        self._merge()

    def document(self) -> Mapping[str, object]:
        """The merged document."""
        return self._merged

    def rendered(self) -> PageDocument:
        """The merged document as it is served."""
        return self._rendered

    async def run(self) -> None:
        """Refresh for ever."""
        while True:
            await self.refresh()
            complete = len(self._documents) == len(self._routes.all)
            await asyncio.sleep(REFRESH_SECONDS if complete else RETRY_SECONDS)

    async def refresh(self) -> None:
        """Ask every service once."""
        has_changed = False
        for name in [route.name for route in self._routes.all]:
            try:
                document = await self._fetch(name)
            except StagifyError as error:
                logger.debug("openapi.not_fetched", extra={"of": name, "code": error.code})
                continue
            if document is not None and document != self._documents.get(name):
                self._documents[name] = document
                has_changed = True
        if has_changed:
            self._merge()

    def _merge(self) -> None:
        self._merged = merge(self._documents, self._routes)
        body = json.dumps(self._merged, separators=(",", ":")).encode()
        self._rendered = PageDocument("application/json", body)


def merge(documents: Mapping[ServiceName, Document], routes: Routes) -> Document:
    """The public paths of `documents` in one document; names that clash are prefixed with their
    service's name."""
    merged: Document = {
        "openapi": "3.1.0",
        "info": {"title": "StagifyAI", "version": "1"},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in documents],
        "paths": {},
        "components": {
            "schemas": {"GatewayProblem": _PROBLEM_SCHEMA},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-stagify_session"},
                "api_key": {"type": "http", "scheme": "bearer"},
            },
        },
    }
    operation_ids: set[str] = set()
    for name, document in documents.items():
        document = _without_clashes(name, document, merged["components"]["schemas"])
        merged["components"]["schemas"] |= document.get("components", {}).get("schemas", {})
        public = {
            path: item
            for path, item in document.get("paths", {}).items()
            if (route := routes.find(path.encode())) is not None and route.name == name
        }
        merged["paths"] |= public
        operations = [
            operation
            for item in public.values()
            for method, operation in item.items()
            if method in _METHODS
        ]
        _name_apart(name, operations, operation_ids)
        for operation in operations:
            _complete(name, operation)
    return merged


def _name_apart(name: str, operations: list[Document], taken: set[str]) -> None:
    """Give operations whose id is in `taken` another one, also in links to them."""
    own = {operation["operationId"] for operation in operations if "operationId" in operation}
    renamed = {one: f"{_identifier(name)}_{one}" for one in own & taken}
    for operation in operations:
        links = [
            link
            for response in operation.get("responses", {}).values()
            for link in response.get("links", {}).values()
        ]
        for node in (operation, *links):
            if node.get("operationId") in renamed:
                node["operationId"] = renamed[node["operationId"]]
    taken |= {renamed.get(one, one) for one in own}


def _complete(name: str, operation: Document) -> None:
    """Add what the gateway knows: the service, how to send a credential, its own refusals."""
    operation["tags"] = [name]
    operation["security"] = _CREDENTIALS if operation.get("security") else []
    responses = operation.setdefault("responses", {})
    for status, description in _OWN_STATUSES.items():
        responses.setdefault(status, _problem_response(description))


def _problem_response(description: str) -> Document:
    schema = {"$ref": "#/components/schemas/GatewayProblem"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
    }


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
