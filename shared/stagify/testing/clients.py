"""An HTTP client of an app in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from stagify.testing.documented import Described


@asynccontextmanager
async def app_client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app` while its lifespan runs; an unexpected error is a 500, as in production.

    Answers that the app's OpenAPI document does not describe, and refusals whose code is not among
    those of the call, are an AssertionError.
    """
    described = Described(app.openapi())

    async def check(answer: httpx.Response) -> None:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return
        await answer.aread()
        wrong = list(described.wrong(answer))
        assert not wrong, f"{answer.request.method} {answer.request.url.path}: {wrong}"

    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://service", event_hooks={"response": [check]}
        ) as client:
            yield client
