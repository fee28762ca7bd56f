"""Live streams as tests of staging-svc follow them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import FastAPI

from stagify.testing.waiting import PATIENCE_SECONDS
from staging_testing import Caller


@dataclass
class Message:
    """One server-sent event, or a comment."""

    event: str = ""
    id: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    comment: str = ""


class LiveStream:
    """An open stream: the app is called as a server calls it, message by message."""

    def __init__(self, app: FastAPI, caller: Caller, path: str, last_id: str = "") -> None:
        headers = [(k.encode(), v.encode()) for k, v in caller.headers.items()]
        if last_id:
            headers.append((b"last-event-id", last_id.encode()))
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "server": ("service", 80),
            "client": ("127.0.0.1", 1),
        }
        self._app = app
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        self.status = 0

    async def open(self) -> None:
        self._task = asyncio.create_task(self._app(self._scope, self._receive, self._send))
        start = await self._next()
        self.status = start["status"]

    def leave(self) -> None:
        """The client closes its connection, as the server says."""
        self._gone.set()

    async def ended(self) -> None:
        """The app has returned."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._task

    async def close(self) -> None:
        self._gone.set()
        self._task.cancel()
        await asyncio.wait([self._task])

    async def message(self) -> Message | None:
        """The next message, or None at the end."""
        part = await self._next()
        if not part.get("body"):
            assert not part.get("more_body")
            return None
        return _parsed(part["body"].decode())

    async def status_message(self) -> Message:
        """The next `status` event."""
        message = await self.message()
        assert message is not None
        assert message.event == "status"
        return message

    async def _next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._sent.get()

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self._sent.put_nowait(dict(message))


def _parsed(text: str) -> Message:
    message = Message()
    for line in text.strip().split("\n"):
        name, _, value = line.partition(": ")
        match name:
            case "event":
                message.event = value
            case "id":
                message.id = value
            case "data":
                message.data = orjson.loads(value)
            case "":
                message.comment = value
    return message
