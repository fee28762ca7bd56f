"""The HTTP process of staging-svc: its composition root."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from stagify.http import add_routes, create_service_app
from stagify.listening import Listener
from stagify.stopping import before_stop
from staging_svc.catalog import api as catalog
from staging_svc.images import api as images
from staging_svc.parts import NAME, make_parts
from staging_svc.projects import api as projects
from staging_svc.settings import Settings
from staging_svc.uploads import api as uploads


def create_app(settings: Settings) -> FastAPI:
    """The app that serves uploads, projects and images."""
    parts = make_parts(settings)
    # It connects by itself, but as the role of `database`, which is checked at the start.
    listener = Listener(
        parts.database.url,
        name=f"{NAME} feed",
        channels=parts.feed.channels,
        on_gap=parts.feed.wake_all,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        listening = asyncio.create_task(listener.run())
        try:
            with before_stop(parts.feed.close):
                yield
        finally:
            listening.cancel()
            await asyncio.wait([listening])

    app = create_service_app(
        NAME, settings, database=parts.database, close=parts.aclose, lifespan=lifespan
    )
    app.state.parts = parts
    app.state.listener = listener
    add_routes(
        app,
        catalog.router,
        uploads.router,
        projects.direct_router,
        projects.router,
        images.router,
    )
    return app


def main_app() -> FastAPI:
    """The app as the environment configures it."""
    return create_app(Settings())
