"""What our OpenAPI documents say of refusals, in a service's own document and in the gateway's.

Each status of a call has one response whose examples are the codes it may come with, so a reader,
and a test, can tell which refusals a call has.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from stagify.errors import Members, Problem

Document = dict[str, Any]

MEDIA_TYPE = "application/problem+json"
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
EXAMPLE_ID = "01a20796-68cf-776b-99d7-1dbbe564cdb6"

_RETRY_AFTER: Document = {
    "Retry-After": {
        "description": "Seconds to wait.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
# What every refusal with a status has.
_HEADERS: dict[int, Document] = {
    401: {
        "WWW-Authenticate": {
            "description": "How programs send their credential (RFC 6750).",
            "required": True,
            "schema": {"type": "string", "examples": ['Bearer realm="stagify"']},
        }
    },
    415: {
        name: {"description": description, "schema": {"type": "string", "examples": [value]}}
        for name, description, value in (
            ("Accept", "The type that a body must have, if it had another.", "application/json"),
            ("Accept-Encoding", "What is taken, if the body was encoded.", "identity"),
        )
    },
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}

# The names in RFC 9110; the standard library's depend on the version of Python.
_NEW_PHRASES = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a document tells of a refusal: `members` is an example of what is in it besides."""

    status: int
    code: str
    detail: str
    members: Members = field(default_factory=lambda: Members())


def phrase(status: int) -> str:
    """The name of a status."""
    return _NEW_PHRASES.get(status) or HTTPStatus(status).phrase


def document_refusal(responses: Document, refusal: Refusal) -> None:
    """Say in the `responses` of a call that it may be refused so."""
    response = responses.setdefault(str(refusal.status), {"description": phrase(refusal.status)})
    if refusal.status in _HEADERS:
        response.setdefault("headers", {}).update(_HEADERS[refusal.status])
    media_type = response.setdefault("content", {}).setdefault(MEDIA_TYPE, {})
    media_type["schema"] = {"$ref": "#/components/schemas/Problem"}
    media_type.setdefault("examples", {})[refusal.code] = example_of(refusal)


def example_of(refusal: Refusal) -> Document:
    """The refusal as it is sent."""
    value: Problem = {
        "type": f"urn:stagify:problem:{refusal.code}",
        "title": phrase(refusal.status),
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.detail,
        "request_id": EXAMPLE_ID,
        **refusal.members,
    }
    return {"summary": refusal.detail, "value": value}


def problem_schemas() -> Document:
    """The schema of a refusal, and those it refers to, by name."""
    schema = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    parts: Document = schema.pop("$defs")
    return {**parts, "Problem": schema}


def operations(document: Document) -> Iterable[Document]:
    """Every call of a document."""
    return (
        operation
        for item in document.get("paths", {}).values()
        for method, operation in item.items()
        if method in METHODS
    )


def complete(document: Document, common: Iterable[Refusal]) -> Document:
    """The document that FastAPI makes of the routes, with the `common` refusals at every call and
    without its own schema of a refusal, which nobody sends."""
    document = copy.deepcopy(document)
    common = list(common)
    for operation in operations(document):
        responses = operation["responses"]
        if "application/json" in responses.get("422", {}).get("content", {}):
            del responses["422"]
        for refusal in common:
            document_refusal(responses, refusal)
        operation["responses"] = dict(sorted(responses.items()))
    components = document.setdefault("components", {})
    schemas = {**components.get("schemas", {}), **problem_schemas()}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["schemas"] = dict(sorted(schemas.items()))
    share_examples(document)
    return document


def share_examples(document: Document) -> None:
    """Keep each example of a refusal once, in the components, and refer to it."""
    shared = document["components"].setdefault("examples", {})
    for operation in operations(document):
        for response in operation["responses"].values():
            media_type = response.get("content", {}).get(MEDIA_TYPE, {})
            for code, example in media_type.get("examples", {}).items():
                if "$ref" not in example:
                    shared.setdefault(code, dict(example))
                    media_type["examples"][code] = {"$ref": f"#/components/examples/{code}"}
    document["components"]["examples"] = dict(sorted(shared.items()))
