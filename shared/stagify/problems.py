"""RFC 9457 problem details: the form of every refusal, and its declaration in OpenAPI."""

from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict

from stagify import cause
from stagify.errors import StagifyError

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}


# The names in RFC 9110; the standard library's depend on the version of Python.
_NEW_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}


def phrase(status: int) -> str:
    """The name of a status."""
    return _NEW_PHRASES.get(status) or HTTPStatus(status).phrase


class Problem(BaseModel):
    """A refusal. `code` is stable; some codes add members of their own."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None = None


def problem_body(error: StagifyError) -> dict[str, Any]:
    """The members of the problem document for `error`."""
    return {
        "type": f"urn:stagify:problem:{error.code}",
        "title": phrase(error.status),
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": cause.current.get().request_id,
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


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may refuse with these statuses."""
    return {
        status: {
            "model": Problem,
            "description": phrase(status),
            "content": {MEDIA_TYPE: {}},
            **({"headers": RETRY_AFTER} if status in (429, 503) else {}),
        }
        for status in statuses
    }


# Refusals that any route may answer with.
COMMON_PROBLEMS = problems(400, 401, 403, 413, 415, 422, 429, 500, 503)
