"""The HTTP process of tenant-svc: its composition root."""

from fastapi import FastAPI

from stagify.http import add_routes, create_service_app
from tenant_svc.branding import api as branding
from tenant_svc.hosts import api as hosts
from tenant_svc.lifecycle import api as lifecycle
from tenant_svc.parts import NAME, make_parts
from tenant_svc.settings import Settings
from tenant_svc.sign_in import api as sign_in
from tenant_svc.tenants import api as tenants


def create_app(settings: Settings) -> FastAPI:
    """The app that serves tenants, their names and their branding."""
    parts = make_parts(settings)
    app = create_service_app(NAME, settings, database=parts.database, close=parts.aclose)
    app.state.parts = parts
    add_routes(app, tenants.router, sign_in.router, branding.router, hosts.router, lifecycle.router)
    return app


def main_app() -> FastAPI:
    """The app as the environment configures it."""
    return create_app(Settings())
