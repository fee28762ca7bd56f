"""An HTTP client of an app in this process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from starlette.routing import BaseRoute

from stagify.testing.documented import Described

# What was found out of an app, by its title and its routes. They are kept beside it, because another
# object may get the id of one that is gone.
_known: dict[tuple[str, ...], tuple[Sequence[BaseRoute], Described]] = {}


@asynccontextmanager
async def app_client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app` while its lifespan runs; an unexpected error is a 500, as in production.

    Answers that the app's OpenAPI document does not describe, and refusals whose code is not among
    those of the call, are an AssertionError.
    """
    described = _described(app)

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


def _described(app: FastAPI) -> Described:
    """The app's document, which takes FastAPI longer to make than most tests run: apps with the same
    routes share it."""
    routes = [route for route in app.routes if getattr(route, "include_in_schema", True)]
    key = (app.title, *(str(id(route)) for route in routes))
    if key not in _known:
        _known[key] = (routes, Described(app.openapi()))
    _, described = _known[key]
    # The app itself looks things up there too.
    app.openapi_schema = described.document
    return described
