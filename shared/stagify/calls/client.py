"""The client of calls between services: small, with a pool, a deadline, a token and a trace.

A general client costs 1.4 ms of CPU a call; this one speaks only what our services speak:
HTTP/1.1, JSON, Content-Length or chunked answers, keep-alive.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError

from stagify import cause, telemetry
from stagify.connections import Connections, HttpAnswer
from stagify.errors import RetryableError, StagifyError, UnavailableError
from stagify.tokens import CONTEXT_HEADER, TokenSigner

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer", bound=BaseModel)


class InternalCallError(UnavailableError):
    """Another part of the platform is not answering right now: try again soon."""


class UnexpectedAnswerError(RetryableError):
    """Another part of the platform could not handle this right now: try again soon."""

    # The two disagree about their contract, which trying again alone does not mend: so it is not
    # an UnavailableError, whose work waits for as long as it takes.
    status = 503
    code = "unavailable"


@dataclass(frozen=True, slots=True)
class InternalAnswer:
    """What the other service said; `body` is parsed JSON, or None if there was none."""

    status: int
    body: Any

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str | None:
        """The stable code of a problem document."""
        return self.body.get("code") if isinstance(self.body, dict) else None


class InternalClient:
    """Calls one other service. Make one per process and callee; close it at the end."""

    def __init__(
        self, base_url: str, *, audience: str, signer: TokenSigner, timeout_seconds: float = 2.0
    ) -> None:
        url = urlsplit(base_url)
        if url.scheme != "http":
            raise ValueError(f"internal calls go to http://host:port, not {base_url!r}")
        self._connections = Connections(base_url)
        self._host = url.netloc
        self._audience = audience
        self._signer = signer
        self._timeout = timeout_seconds

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        tenant_id: UUID | None = None,
    ) -> InternalAnswer:
        """The answer, whatever its status below 500; InternalCallError if there is none in time.

        Calls must be idempotent: one that meets a connection the other side was just closing
        is sent once more.
        """
        content = b"" if json is None else orjson.dumps(json)
        return await self._exchange(method, path, content, tenant_id)

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | None = None,
        tenant_id: UUID | None = None,
        refusals: Iterable[type[StagifyError]] = (),
    ) -> Any:
        """The JSON of a good answer. Those of `refusals` are raised here as they were there; any
        other answer is an UnexpectedAnswerError."""
        content = b"" if body is None else body.model_dump_json().encode()
        answer = await self._exchange(method, path, content, tenant_id)
        if answer.is_success:
            return answer.body
        for refusal in refusals:
            if refusal.code == answer.code:
                raise self._read(refusal, answer)
        raise self._unexpected(answer)

    async def ask(
        self,
        expected: type[Answer],
        method: str,
        path: str,
        *,
        body: BaseModel | None = None,
        tenant_id: UUID | None = None,
        refusals: Iterable[type[StagifyError]] = (),
    ) -> Answer:
        """The same, with the answer in its model."""
        found = await self.call(method, path, body=body, tenant_id=tenant_id, refusals=refusals)
        try:
            return expected.model_validate(found)
        except ValidationError as error:
            raise self._unexpected(InternalAnswer(200, found)) from error

    def _read(self, refusal: type[StagifyError], answer: InternalAnswer) -> StagifyError:
        try:
            return refusal.from_problem(answer.body)
        except ValidationError:
            return self._unexpected(answer)

    def _unexpected(self, answer: InternalAnswer) -> UnexpectedAnswerError:
        about = {"callee": self._audience, "status": answer.status, "code": answer.code}
        logger.error("call.answer_unexpected", extra=about)
        return UnexpectedAnswerError(service=self._audience)

    async def _exchange(
        self, method: str, path: str, content: bytes, tenant_id: UUID | None
    ) -> InternalAnswer:
        payload = self._payload(method, path, content, tenant_id)
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._connections.exchange(payload)
        except (OSError, TimeoutError) as error:
            raise InternalCallError(service=self._audience) from error
        if answer.status >= 500:
            raise InternalCallError(service=self._audience)
        return _parsed(answer)

    async def close(self) -> None:
        """Close the idle connections."""
        self._connections.close()

    def _payload(self, method: str, path: str, content: bytes, tenant_id: UUID | None) -> bytes:
        if any(character in path for character in " \r\n"):
            raise ValueError(f"not a path: {path!r}")
        lines = [
            f"{method} {path} HTTP/1.1",
            f"host: {self._host}",
            f"{CONTEXT_HEADER}: {self._signer.service_token(self._audience, tenant_id)}",
            f"content-length: {len(content)}",
        ]
        if content:
            lines.append("content-type: application/json")
        behind = cause.current.get()
        if behind.actor:
            lines.append(f"{cause.ACTOR_HEADER}: {behind.actor}")
        if behind.request_id:
            lines.append(f"x-request-id: {behind.request_id}")
        if traceparent := telemetry.current_traceparent():
            lines.append(f"traceparent: {traceparent}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _parsed(answer: HttpAnswer) -> InternalAnswer:
    try:
        body = orjson.loads(answer.body) if answer.body else None
    except orjson.JSONDecodeError:
        body = None
    return InternalAnswer(answer.status, body)
