"""Answers that a client may have already (RFC 9110, 13.1.2): 304 instead of the whole."""

from hashlib import sha256

from fastapi import Response

# What the OpenAPI document says of such an answer.
ETAG_HEADER = {
    "ETag": {
        "description": "What to send as If-None-Match the next time.",
        "required": True,
        "schema": {"type": "string", "examples": ['"3f786850e387550fdab836ed7e6dc881"']},
    }
}
NOT_MODIFIED = {"description": "The client has the newest answer.", "headers": ETAG_HEADER}


class Kept:
    """A JSON answer that is the same for every caller, rendered once."""

    def __init__(self, body: bytes, cache_control: str) -> None:
        self._body = body
        self._tag = f'"{sha256(body).hexdigest()[:32]}"'
        self._headers = {"ETag": self._tag, "Cache-Control": cache_control}

    def answer(self, if_none_match: str | None) -> Response:
        """The answer to a GET with this If-None-Match."""
        if if_none_match is not None and self._is_named_by(if_none_match):
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, media_type="application/json", headers=self._headers)

    def _is_named_by(self, tags: str) -> bool:
        # The weak comparison, which 13.1.2 asks for.
        named = (tag.strip().removeprefix("W/") for tag in tags.split(","))
        return tags.strip() == "*" or self._tag in named
