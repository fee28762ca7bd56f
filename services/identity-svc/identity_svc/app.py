"""The HTTP process of identity-svc: its composition root."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from identity_svc.addresses import api as addresses
from identity_svc.api_keys import api as api_keys
from identity_svc.credentials import api as credentials
from identity_svc.custom_roles import api as custom_roles
from identity_svc.departures import api as departures
from identity_svc.factors.service import require_usable_passkeys
from identity_svc.invitations import api as invitations
from identity_svc.lost_factors import api as lost_factors
from identity_svc.me import api as me
from identity_svc.members import api as members
from identity_svc.mfa import api as mfa
from identity_svc.ownership import api as ownership
from identity_svc.parts import NAME, make_parts
from identity_svc.password_resets import api as password_resets
from identity_svc.roles import api as roles
from identity_svc.service_accounts import api as service_accounts
from identity_svc.sessions import api as sessions
from identity_svc.settings import Settings
from identity_svc.signup import api as signup
from identity_svc.sso import api as sso
from identity_svc.step_up import api as step_up
from stagify.http import add_routes, create_service_app


def create_app(settings: Settings) -> FastAPI:
    """The app that serves sign-up, log-in, API keys and the gateway's look-ups."""
    parts = make_parts(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await parts.person_database.assert_least_privilege()
        await require_usable_passkeys(parts)
        recording = asyncio.create_task(parts.usage.run())
        yield
        recording.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await recording

    app = create_service_app(
        NAME,
        settings,
        database=parts.database,
        close=parts.aclose,
        lifespan=lifespan,
        forms=[sso.LOG_OUTS],
    )
    app.state.parts = parts
    add_routes(
        app,
        signup.router,
        sessions.router,
        step_up.router,
        password_resets.router,
        me.router,
        mfa.router,
        addresses.router,
        lost_factors.router,
        roles.router,
        custom_roles.router,
        members.router,
        service_accounts.router,
        departures.router,
        ownership.router,
        invitations.router,
        sso.router,
        api_keys.router,
        credentials.router,
    )
    return app


def main_app() -> FastAPI:
    """The app as the environment configures it."""
    return create_app(Settings())
