"""OpenAPI links: which calls can use the values in an answer."""

from collections.abc import Mapping
from typing import Any

Links = dict[str, dict[str, Any]]


def link(operation: str, body: Mapping[str, str] | None = None, **parameters: str) -> Links:
    """The `links` of a response: one call of `operation`, which is the name of a route's function.

    The values of `parameters` and `body` are JSON pointers to where the answer has the parameters
    and the members of the body of that call. Join several links with `|`.
    """
    pointers = [*parameters.values(), *(body or {}).values()]
    found: dict[str, Any] = {"operationId": operation}
    if parameters:
        found["parameters"] = {name: _at(pointer) for name, pointer in parameters.items()}
    if body:
        found["requestBody"] = {name: _at(pointer) for name, pointer in body.items()}
    return {operation + "".join(pointers).replace("/", "."): found}


def _at(pointer: str) -> str:
    return f"$response.body#{pointer}"
