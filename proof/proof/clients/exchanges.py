"""The requests of customers and their answers, recorded at the one client that all customers use."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from stagify_local.customer import response_hooks

STREAM = "text/event-stream"
PICTURE = "image/"


@dataclass(frozen=True)
class Exchange:
    """A request and its answer; `test` is the one that sent it."""

    test: str
    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: str

    @property
    def content_type(self) -> str:
        """The media type of the answer, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def answer(self) -> httpx.Response:
        """The answer as it was received."""
        # The body is recorded as it was after decoding.
        coded = ("content-length", "content-encoding")
        headers = {k: v for k, v in self.headers.items() if k not in coded}
        request = httpx.Request(self.method, f"http://recorded{self.path}")
        return httpx.Response(
            self.status, headers=headers, content=self.body.encode(), request=request
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status} {self.body[:300]} ({self.test})"


@contextmanager
def recorded(port: int) -> Iterator[list[Exchange]]:
    """What clients that are made in this block ask the API on this port, and what they get."""
    found: list[Exchange] = []

    def note(answer: httpx.Response, content: bytes) -> None:
        found.append(
            Exchange(
                test=os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0],
                method=answer.request.method,
                path=answer.request.url.path,
                status=answer.status_code,
                headers=dict(answer.headers),
                body=content.decode(),
            )
        )

    def hook(answer: httpx.Response) -> None:
        url = answer.request.url
        if url.port != port or not url.path.startswith("/v1/"):
            return
        kind = answer.headers.get("content-type", "")
        if kind.startswith(PICTURE):
            # There is nothing in it that a client could misunderstand.
            return
        if kind.startswith(STREAM):
            assert isinstance(answer.stream, httpx.SyncByteStream)
            answer.stream = _Heard(answer.stream, lambda content: note(answer, content))
        else:
            note(answer, answer.read())

    response_hooks.append(hook)
    try:
        yield found
    finally:
        response_hooks.remove(hook)


class _Heard(httpx.SyncByteStream):
    """A stream whose content is told once it is closed."""

    def __init__(self, stream: httpx.SyncByteStream, tell: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._tell = tell
        self._heard: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self._heard.append(chunk)
            yield chunk

    def close(self) -> None:
        self._stream.close()
        self._tell(b"".join(self._heard))
