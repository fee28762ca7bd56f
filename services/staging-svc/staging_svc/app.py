"""The HTTP process of staging-svc: its composition root."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from stagify.database import Database
from stagify.http import create_service_app
from stagify.listening import Listener
from stagify.stopping import before_stop
from staging_svc.catalog import api as catalog_api
from staging_svc.furnishing.engines import make_engine
from staging_svc.images import api as images_api
from staging_svc.objects.store import Storage
from staging_svc.projects import api as projects_api
from staging_svc.projects.feed import ProjectFeed
from staging_svc.quota.service import Quota
from staging_svc.settings import Settings
from staging_svc.uploads import api as uploads_api


def create_app(settings: Settings) -> FastAPI:
    """The app that serves uploads, projects and images."""
    url = settings.database_url.get_secret_value()
    database = Database(url, service="staging-svc", pool_size=settings.database_pool_size)
    feed = ProjectFeed(max_streams_per_tenant=settings.max_streams_per_tenant)
    listener = Listener(url, name="staging-svc feed", channels=feed.channels, on_gap=feed.wake_all)
    quota = Quota.from_settings(settings)
    storage = Storage(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        listening = asyncio.create_task(listener.run())
        try:
            with before_stop(feed.close):
                yield
        finally:
            listening.cancel()
            await asyncio.wait([listening])
            await quota.close()
            storage.close()

    app = create_service_app("staging-svc", settings, database=database, lifespan=lifespan)
    app.state.storage = storage
    app.state.quota = quota
    app.state.feed = feed
    app.state.listener = listener
    app.state.catalog = make_engine(settings).catalog()
    for api in (catalog_api, uploads_api, projects_api, images_api):
        app.include_router(api.router)
    return app


def main_app() -> FastAPI:
    """The app as the environment configures it."""
    return create_app(Settings())
