"""OpenAPI links: what can be called next with something of an answer."""

from collections.abc import Mapping
from typing import Any

Links = dict[str, dict[str, Any]]


def link(operation: str, body: Mapping[str, str] | None = None, **parameters: str) -> Links:
    """`links` of a response: a call of `operation`, the name of a route's function.

    Its `parameters`, and the members of its `body`, are found in the answer at these JSON
    pointers. Several are joined by `|`.
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
