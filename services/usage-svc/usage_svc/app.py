"""The HTTP process of usage-svc: its composition root."""

from fastapi import FastAPI

from stagify.http import add_routes, create_service_app
from usage_svc.parts import NAME, make_parts
from usage_svc.plans import api as plans
from usage_svc.quotas import api as quotas
from usage_svc.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The app that shows usage and takes reservations."""
    parts = make_parts(settings)
    app = create_service_app(NAME, settings, database=parts.database, close=parts.aclose)
    app.state.parts = parts
    add_routes(app, quotas.router, quotas.direct_router, plans.router)
    return app


def main_app() -> FastAPI:
    """The app as the environment configures it."""
    return create_app(Settings())
