"""The HTTP process of identity-svc: its composition root."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from identity_svc.api_keys.api import router as api_keys_router
from identity_svc.api_keys.keyring import KeyRing
from identity_svc.credentials.api import router as credentials_router
from identity_svc.credentials.service import Credentials
from identity_svc.credentials.usage import UsageRecorder
from identity_svc.digests.service import Digester
from identity_svc.parts import Parts
from identity_svc.people.passwords import Passwords
from identity_svc.sessions.api import router as sessions_router
from identity_svc.settings import Settings
from identity_svc.signup.api import router as signup_router
from stagify.calls.client import InternalClient
from stagify.database import Database
from stagify.http import create_service_app
from stagify.tokens import TokenSigner


def create_app(settings: Settings) -> FastAPI:
    """The app that serves sign-up, log-in, API keys and the gateway's look-ups."""
    database = Database.from_settings(settings, service="identity-svc")
    usage = UsageRecorder(database)
    parts = make_parts(settings, database, usage)

    @contextlib.asynccontextmanager
    async def own_parts(_: FastAPI) -> AsyncIterator[None]:
        recording = asyncio.create_task(usage.run())
        yield
        recording.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await recording
        await parts.tenant_svc.close()
        parts.passwords.close()

    app = create_service_app("identity-svc", settings, database=database, lifespan=own_parts)
    app.state.parts = parts
    for router in (signup_router, sessions_router, api_keys_router, credentials_router):
        app.include_router(router)
    return app


def make_parts(settings: Settings, database: Database, usage: UsageRecorder) -> Parts:
    """The collaborators of the routes."""
    digester = Digester(settings.identity_hash_secret.get_secret_value())
    keys = KeyRing(settings.api_key_secret_list)
    tenant_svc = InternalClient(
        str(settings.tenant_svc_url),
        audience="tenant-svc",
        signer=TokenSigner.from_settings(settings),
    )
    return Parts(
        settings=settings,
        database=database,
        digester=digester,
        passwords=Passwords(settings),
        keys=keys,
        tenant_svc=tenant_svc,
        credentials=Credentials(database, digester=digester, keys=keys, usage=usage),
    )


def main_app() -> FastAPI:
    """The app as the environment configures it."""
    return create_app(Settings())
