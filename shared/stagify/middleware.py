"""What happens around every request: its id, trace, limits and metrics.

Plain ASGI, because Starlette's BaseHTTPMiddleware costs a task and two queues for each request.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from starlette.exceptions import HTTPException

from stagify import json_bodies, metrics, telemetry
from stagify.cause import Cause, current
from stagify.errors import (
    FormRequiredError,
    MethodNotAllowedError,
    OverloadedError,
    StagifyError,
    TooLargeError,
    UnavailableError,
    UnsupportedContentCodingError,
    UnsupportedMediaTypeError,
)
from stagify.ids import new_id
from stagify.problems import problem
from stagify.transient import is_transient

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
OWN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
NOT_STORED = (b"cache-control", b"no-store")
# The bodies of these calls were written by our own services.
INTERNAL = "/internal/"


class RequestMiddleware:
    """Binds the request id and the trace, counts requests, answers HEAD as GET without its body (RFC
    9110, 9.3.2), and refuses requests when the process is busy, or if they are too large or not JSON;
    at paths that begin with one of `forms`, not a form. Nobody may store an answer that does not say itself
    how long it may be kept."""

    def __init__(
        self,
        app: App,
        *,
        service: str,
        max_body_bytes: int,
        max_running: int,
        forms: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._forms = tuple(forms)
        self._service = service
        self._max_body_bytes = max_body_bytes
        self._places = _Places(max_running)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OWN_PATHS:
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request_id = _request_id(headers)
        token = current.set(Cause(request_id=request_id))
        started = time.perf_counter()
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
            head = _HeadAlone(send)
            receive, send = head.receive, head.send
        answer = _Answer(send, request_id, self._places)
        try:
            traceparent = headers.get(b"traceparent", b"").decode("latin-1")
            with telemetry.inherited(traceparent):
                await self._limited(scope, headers, receive, answer)
        except Exception as error:
            if answer.has_started:
                raise
            await _unexpected(error)(scope, receive, answer.send)
        finally:
            answer.leave()
            current.reset(token)
            self._count(scope, answer.status, time.perf_counter() - started)

    async def _limited(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, answer: "_Answer"
    ) -> None:
        refusal = self._refusal(scope, headers) if answer.enter() else OverloadedError()
        if refusal is not None:
            await problem(refusal)(scope, receive, answer.send)
            return
        is_json = not scope["path"].startswith((INTERNAL, *self._forms))
        body = _Body(receive, self._max_body_bytes, is_json=is_json)
        await self._app(scope, body.receive, answer.send)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> StagifyError | None:
        length = headers.get(b"content-length", b"0")
        has_body = length != b"0" or b"transfer-encoding" in headers
        if not has_body:
            return None
        if length.isdigit() and int(length) > self._max_body_bytes:
            return TooLargeError(limit_bytes=self._max_body_bytes)
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if scope["path"].startswith(self._forms):
            if kind != b"application/x-www-form-urlencoded":
                return FormRequiredError()
        elif kind != b"application/json" and not kind.endswith(b"+json"):
            return UnsupportedMediaTypeError()
        if b"content-encoding" in headers and _is_encoded(scope):
            return UnsupportedContentCodingError()
        return None

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        metrics.HTTP_REQUESTS.labels(self._service, scope["method"], route, status).inc()
        metrics.HTTP_SECONDS.labels(self._service, route).observe(seconds)


class FixedPathMiddleware:
    """Answers 405 (RFC 9110, 15.5.6) where the path is one of the document and the method is not, before
    a route with a parameter takes the path for its own: the `events` of `/v1/projects/events` is no id."""

    def __init__(self, app: App, *, document: Callable[[], dict[str, Any]]) -> None:
        self._app = app
        # Asked when all routes are there.
        self._document = document
        self._methods: dict[str, set[str]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            methods = self._of_paths().get(scope["path"])
            if methods is not None and scope["method"] not in methods:
                await not_allowed(scope["method"], methods)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _of_paths(self) -> dict[str, set[str]]:
        if self._methods is None:
            self._methods = {
                path: {method.upper() for method in operations}
                for path, operations in self._document()["paths"].items()
                if "{" not in path
            }
        return self._methods


def not_allowed(method: str, methods: set[str]) -> Response:
    """The answer to `method` at a path that has only these: HEAD is served as GET is, OPTIONS always."""
    allowed = sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))
    if method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(allowed)})
    return problem(MethodNotAllowedError(allowed))


def _is_encoded(scope: Scope) -> bool:
    values = [value for name, value in scope["headers"] if name == b"content-encoding"]
    return any(
        coding.strip().lower() not in (b"", b"identity")
        for value in values
        for coding in value.split(b",")
    )


@dataclass(slots=True)
class _Places:
    """How many requests may be worked on at a time, and how many are now."""

    limit: int
    taken: int = 0


class _Answer:
    """Notes the status of the answer as it is sent, and adds the request id to it, and that it must not
    be stored unless it says otherwise.

    Its request holds a place only until the head is sent, because a stream that lasts for minutes
    is little work.
    """

    __slots__ = ("_has_place", "_places", "_request_id", "_send", "has_started", "status")

    def __init__(self, send: Send, request_id: str, places: _Places) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self._places = places
        self._has_place = False
        self.status = 500
        self.has_started = False

    def enter(self) -> bool:
        """Take a place, if there is one."""
        if self._places.taken >= self._places.limit:
            return False
        self._places.taken += 1
        self._has_place = True
        return True

    def leave(self) -> None:
        """Give the place back, if the request still holds one."""
        if self._has_place:
            self._has_place = False
            self._places.taken -= 1

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.has_started = True
            self.leave()
            headers = [*message["headers"], (b"x-request-id", self._request_id)]
            if all(name != b"cache-control" for name, _ in message["headers"]):
                headers.append(NOT_STORED)
            message["headers"] = headers
        await self._send(message)


class _HeadAlone:
    """The client of an app that answers HEAD as GET: it takes the head of the answer and is gone, so
    that an answer without an end is given up."""

    __slots__ = ("_has_asked", "_is_sent", "_send")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_sent = asyncio.Event()
        self._has_asked = False

    async def receive(self) -> Message:
        if not self._has_asked:
            # A body would have no meaning (RFC 9110, 9.3.2).
            self._has_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._is_sent.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            self._is_sent.set()


class _Body:
    """Stops reading a chunked body that exceeds the limit, and refuses JSON that two programs could
    read differently. What is not read as `is_json` is a form, or written by one of our own services."""

    __slots__ = ("_is_json", "_left", "_parts", "_receive")

    def __init__(self, receive: Receive, limit: int, *, is_json: bool) -> None:
        self._receive = receive
        self._left = limit
        self._is_json = is_json
        self._parts: list[bytes] = []

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        part = message.get("body", b"")
        self._left -= len(part)
        # FastAPI would turn any other error that is raised while it reads the body into a 400.
        if self._left < 0:
            raise HTTPException(413)
        if self._is_json:
            self._parts.append(part)
            if not message.get("more_body", False):
                self._check()
        return message

    def _check(self) -> None:
        body = b"".join(self._parts)
        self._parts.clear()
        if body:
            try:
                json_bodies.check(body)
            except json_bodies.MalformedError as error:
                raise HTTPException(422, str(error)) from error


def _unexpected(error: Exception) -> Response:
    """The answer after an unexpected error. The error is logged once; its text is not sent."""
    if is_transient(error):
        logger.warning("http.part_away", extra={"reason": type(error).__name__})
        return problem(UnavailableError())
    logger.error("http.failed", exc_info=error)
    return problem(StagifyError())


def _request_id(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if REQUEST_ID.fullmatch(given) else str(new_id())
