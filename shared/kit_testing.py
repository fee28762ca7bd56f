"""What the tests of the kit share: an app with a route for each thing that is tested."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
import httpx
from fastapi import Depends, FastAPI, Request, Response
from pydantic import BaseModel, Field

from stagify.auth import PlatformDep, principal_of, requires
from stagify.database import Database, driver_connection
from stagify.dependencies import SessionDep
from stagify.errors import ConflictError, Members
from stagify.http import create_service_app
from stagify.idempotency import IDEMPOTENCY_ERRORS, IdempotencyDep, idempotent
from stagify.links import link
from stagify.pagination import InvalidCursorError, PageParamsDep
from stagify.principal import Principal, TenantPrincipal
from stagify.problems import problems
from stagify.settings import ServiceSettings
from stagify.testing import ContextKeys, DatabaseUrls, app_client

SERVICE = "staging-svc"


async def request_principal(request: Request) -> Principal:
    """The caller, as a dependency."""
    return principal_of(request)


PrincipalDep = Annotated[Principal, Depends(request_principal)]


class WidgetCreate(BaseModel):
    """A widget to be made."""

    name: str = Field(min_length=1, max_length=20)


class WidgetRead(BaseModel):
    """A widget that was made."""

    name: str
    secret: str


class WidgetTakenError(ConflictError):
    """A widget of this name exists."""

    code = "widget_taken"
    example = Members(suggestion="widget")


def add_routes(app: FastAPI) -> None:
    """Give the app the routes that the tests call."""

    @app.post(
        "/widgets",
        status_code=201,
        responses=problems(WidgetTakenError, *IDEMPOTENCY_ERRORS) | {201: idempotent({})},
    )
    async def create(
        body: WidgetCreate,
        session: SessionDep,
        principal: Annotated[TenantPrincipal, Depends(requires("projects:write"))],
        idempotency: IdempotencyDep,
    ) -> Response:
        async def work() -> WidgetRead:
            connection = await driver_connection(session)
            if body.name == "slow":
                await connection.execute("SELECT pg_sleep(0.3)")
            await connection.execute(
                "INSERT INTO widgets (tenant_id, name) VALUES ($1, $2)",
                principal.tenant_id,
                body.name,
            )
            if body.name == "taken":
                raise WidgetTakenError(suggestion=body.name)
            return WidgetRead(name=body.name, secret="shown once")

        return await idempotency.run(session, 201, work, shown_once=frozenset({"secret"}))

    @app.get(
        "/widgets",
        responses={
            200: {
                "links": link("create", body={"name": "/items/0/name"})
                | link("list_widgets", cursor="/next_cursor")
            }
        },
    )
    async def list_widgets() -> None:
        return None

    @app.get("/whoami")
    async def whoami(principal: PrincipalDep) -> dict[str, str | None]:
        return {"kind": principal.kind, "subject": principal.subject}

    @app.get("/platform")
    async def platform(principal: PlatformDep) -> None:
        return None

    @app.get("/page", responses=problems(InvalidCursorError))
    async def page(params: PageParamsDep, principal: PrincipalDep) -> dict[str, str | int]:
        return {"limit": params.limit, "after": str(params.after)}

    @app.get("/broken")
    async def broken(principal: PrincipalDep) -> None:
        raise ZeroDivisionError("secret detail")

    @app.get("/database-away")
    async def database_away(principal: PrincipalDep) -> None:
        raise asyncpg.CannotConnectNowError


def make_settings(
    kit_urls: DatabaseUrls, context_keys: ContextKeys, **changes: Any
) -> ServiceSettings:
    """Settings of a service on the kit's database."""
    fields = {
        "environment": "test",
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "database_url": kit_urls.app,
        "relay_database_url": kit_urls.relay,
        "tasks_database_url": kit_urls.tasks,
        "idempotency_secret": "only-for-tests",
        **context_keys.settings(SERVICE),
    }
    return ServiceSettings(**fields | changes)


@asynccontextmanager
async def kit_client(
    kit_urls: DatabaseUrls, context_keys: ContextKeys, add_routes: Callable[[FastAPI], None]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app that has these routes, on the kit's database."""
    settings = make_settings(kit_urls, context_keys)
    database = Database(kit_urls.app, service=SERVICE, pool_size=5)
    app = create_service_app(SERVICE, settings, database=database, close=database.close)
    add_routes(app)
    async with app_client(app) as client:
        yield client


def code(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which has to be a whole problem document."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["request_id"] == response.headers["x-request-id"]
    return response.status_code, body["code"]
