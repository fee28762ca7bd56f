"""Answers that a client may have already: 304 instead of the whole (RFC 9110, 13.1.2), and no change of
what is no longer as the client has seen it (13.1.1)."""

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
    """A JSON answer that is the same for every caller."""

    def __init__(self, body: bytes, cache_control: str) -> None:
        self._body = body
        self._tag = f'"{sha256(body).hexdigest()[:32]}"'
        self._headers = {"ETag": self._tag, "Cache-Control": cache_control}

    def answer(self, if_none_match: str | None = None) -> Response:
        """The answer to a GET with this If-None-Match, or to a change."""
        if if_none_match is not None and self._is_named_by(if_none_match):
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, media_type="application/json", headers=self._headers)

    def is_meant_by(self, if_match: str) -> bool:
        """Whether a change with this If-Match was made for what the answer says."""
        # The strong comparison, which 13.1.1 asks for.
        named = [tag.strip() for tag in if_match.split(",")]
        return if_match.strip() == "*" or self._tag in named

    def _is_named_by(self, tags: str) -> bool:
        # The weak comparison, which 13.1.2 asks for.
        named = (tag.strip().removeprefix("W/") for tag in tags.split(","))
        return tags.strip() == "*" or self._tag in named
