"""The HTTP process of usage-svc: its composition root."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from stagify.database import Database
from stagify.http import create_service_app
from usage_svc import api
from usage_svc.desk import ReservationDesk
from usage_svc.plans import load_plans
from usage_svc.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The app that shows usage and takes reservations; a wrong plans file stops it here."""
    database = Database.from_settings(settings, service="usage-svc")
    plans = load_plans(settings.plans_file)
    desk = ReservationDesk(
        database, plans, ttl=settings.reservation_ttl, attached_ttl=settings.attached_ttl
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await desk.close()

    app = create_service_app("usage-svc", settings, database=database, lifespan=lifespan)
    app.state.plans = plans
    app.state.desk = desk
    app.include_router(api.router)
    return app


def main_app() -> FastAPI:
    """The app as the environment configures it."""
    return create_app(Settings())
