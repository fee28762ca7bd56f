"""Routes that are called so often that what FastAPI does for each of their parameters would show.

It makes their document, as of any other route. But it can take parameters from anywhere, and looks
everywhere for them, which costs more than such a route itself does.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from stagify.errors import MalformedJsonError

MISSING = {"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}


class DirectRoute(APIRoute):
    """A route that returns a Response, and takes the request, one body in JSON and dependencies that take
    the request and headers: nothing else. The answers and refusals are those of an APIRoute."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See APIRoute."""
        endpoint, dependant, body_field = self.endpoint, self.dependant, self.body_field
        _check(dependant)

        async def handle(request: Request) -> Response:
            values: dict[str, Any] = {}
            # Read first, as it is refused first.
            raw = await request.body()
            if dependant.request_param_name:
                values[dependant.request_param_name] = request
            for each in dependant.dependencies:
                assert each.name is not None
                assert each.call is not None
                values[each.name] = await each.call(**_arguments(each, request))
            if body_field is not None:
                values[body_field.name] = _valid(body_field, raw)
            answer: Response = await endpoint(**values)
            return answer

        return handle


def _check(dependant: Dependant) -> None:
    """Refuse, when the process starts, what such a route cannot have."""
    for each in dependant.dependencies:
        if each.dependencies or each.query_params or each.path_params or each.body_params:
            raise TypeError(f"{dependant.call} cannot be a DirectRoute because of {each.name}")
    if dependant.query_params or dependant.path_params or dependant.header_params:
        raise TypeError(f"{dependant.call} cannot be a DirectRoute")


def _arguments(dependency: Dependant, request: Request) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if dependency.request_param_name:
        found[dependency.request_param_name] = request
    for field in dependency.header_params:
        given = request.headers.get(field.alias)
        found[field.name] = (
            field.get_default()
            if given is None
            else _checked(field, given, ("header", field.alias))
        )
    return found


def _valid(field: Any, raw: bytes) -> Any:
    if not raw:
        raise RequestValidationError([MISSING])
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise MalformedJsonError from error
    return _checked(field, body, ("body",))


def _checked(field: Any, value: Any, place: tuple[str, ...]) -> Any:
    valid, errors = field.validate(value, {}, loc=place)
    if errors:
        raise RequestValidationError(errors)
    return valid
