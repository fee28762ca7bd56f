"""The HTTP process of tenant-svc: its composition root."""

from fastapi import FastAPI

from stagify.database import Database
from stagify.http import create_service_app
from tenant_svc import api
from tenant_svc.directory import Directory
from tenant_svc.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The app that serves tenants, their names and their branding."""
    database = Database.from_settings(settings, service="tenant-svc")
    app = create_service_app("tenant-svc", settings, database=database)
    app.state.directory = Directory.from_settings(settings)
    app.include_router(api.router)
    return app


def main_app() -> FastAPI:
    """The app as the environment configures it."""
    return create_app(Settings())
