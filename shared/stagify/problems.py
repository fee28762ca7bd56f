"""RFC 9457 problem details: the form of every refusal, and its declaration at a route."""

from typing import Any

import orjson
from fastapi import Response

from stagify import cause
from stagify.errors import Problem, StagifyError
from stagify.openapi import MEDIA_TYPE, Refusal, document_refusal, phrase


def problem_body(error: StagifyError) -> Problem:
    """The members of the problem document for `error`."""
    return {
        "type": f"urn:stagify:problem:{error.code}",
        "title": phrase(error.status),
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": cause.current.get().request_id or "",
        **error.extra,
    }


def problem(error: StagifyError) -> Response:
    """The answer for `error`."""
    return Response(
        orjson.dumps(problem_body(error), default=str),
        status_code=error.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **error.headers},
    )


def problems(*errors: type[StagifyError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may refuse with these errors, besides those that any route
    may answer with."""
    responses: dict[str, Any] = {}
    for error in errors:
        document_refusal(responses, refusal_of(error))
    return {int(status): response for status, response in responses.items()}


def refusal_of(error: type[StagifyError]) -> Refusal:
    """What the OpenAPI document says of an error."""
    return Refusal(
        error.status, error.code, " ".join((error.__doc__ or "").split()), members=error.example
    )
