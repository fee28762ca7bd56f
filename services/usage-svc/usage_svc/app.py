"""The HTTP process of usage-svc: its composition root."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from stagify.http import create_service_app
from usage_svc.parts import NAME, make_parts
from usage_svc.quotas import api as quotas
from usage_svc.quotas.admission import Admission
from usage_svc.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The app that shows usage and takes reservations."""
    parts = make_parts(settings)
    admission = Admission(
        parts.database,
        parts.plans,
        ttl=settings.reservation_ttl,
        attached_ttl=settings.attached_ttl,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await admission.close()

    app = create_service_app(NAME, settings, database=parts.database, lifespan=lifespan)
    app.state.parts = parts
    app.state.admission = admission
    app.include_router(quotas.router)
    return app


def main_app() -> FastAPI:
    """The app as the environment configures it."""
    return create_app(Settings())
