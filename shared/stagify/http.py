"""The HTTP process of a service: health, errors, limits, metrics and traces, which are the same in
all services."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from stagify import logs, telemetry
from stagify.auth import (
    MissingPermissionError,
    SecondFactorRequiredError,
    TenantRequiredError,
    WrongHostError,
)
from stagify.database import Database
from stagify.errors import (
    BadRequestError,
    FieldProblem,
    InvalidInputError,
    MalformedJsonError,
    MethodNotAllowedError,
    NotFoundError,
    OverloadedError,
    StagifyError,
    TooLargeError,
    UnauthorizedError,
    UnavailableError,
    UnsupportedContentCodingError,
    UnsupportedMediaTypeError,
)
from stagify.metrics import render
from stagify.middleware import FixedPathMiddleware, RequestMiddleware, not_allowed
from stagify.mistakes import RuleError
from stagify.openapi import complete
from stagify.problems import problem, refusal_of
from stagify.settings import ServiceSettings
from stagify.tokens import InvalidContextError, TokenVerifier
from stagify.worker import Check, failing_checks, readiness

Lifespan = Callable[[FastAPI], Any]

MAX_BODY_BYTES = 1024 * 1024
# How many wrong fields a refusal names, and with how many characters.
MAX_FIELDS = 50
MAX_TOLD = 300


# What any route may refuse with.
COMMON_ERRORS: tuple[type[StagifyError], ...] = (
    BadRequestError,
    UnauthorizedError,
    InvalidContextError,
    MissingPermissionError,
    SecondFactorRequiredError,
    TenantRequiredError,
    WrongHostError,
    TooLargeError,
    UnsupportedMediaTypeError,
    UnsupportedContentCodingError,
    InvalidInputError,
    MalformedJsonError,
    StagifyError,
    OverloadedError,
    UnavailableError,
)


class _App(FastAPI):
    """FastAPI with our refusals in its document."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi(), map(refusal_of, COMMON_ERRORS))
        return self.openapi_schema


def create_service_app(
    service: str,
    settings: ServiceSettings,
    *,
    database: Database,
    close: Callable[[], Awaitable[None]],
    checks: Mapping[str, Check] | None = None,
    lifespan: Lifespan | None = None,
    forms: Sequence[str] = (),
) -> FastAPI:
    """The app that every service starts from. `lifespan` is an async context manager for what runs
    beside it; `close` comes last and closes the parts of the service, `database` among them. Bodies are
    JSON, but at paths that begin with one of `forms`, where other people's standards ask for a form.

    It refuses to start if its database role can bypass row-level security. It serves /healthz,
    /readyz, /metrics and /openapi.json; errors are RFC 9457 problem+json.
    """
    logs.configure(service, settings.log_level)
    traced = telemetry.configure(service, settings)
    app = _App(
        title=service,
        lifespan=_lifespan(database, close, lifespan),
        docs_url=None,
        redoc_url=None,
        # A redirect would show this process's own address to clients.
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.database = database
    app.state.settings = settings
    app.state.verifier = TokenVerifier(service, settings.context_public_keys)
    _add_error_handlers(app)
    _add_own_routes(app, {"database": database.ping, **(checks or {})})
    app.add_middleware(FixedPathMiddleware, document=app.openapi)
    app.add_middleware(
        RequestMiddleware,
        service=service,
        max_body_bytes=MAX_BODY_BYTES,
        max_running=settings.http_max_running,
        forms=forms,
    )
    if traced:
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

        FastAPIInstrumentor.instrument_app(app)
    return app


def add_routes(app: FastAPI, *routers: APIRouter) -> None:
    """Serve the routes of these routers, which have to live as long as the process."""
    app.router.routes.extend(map(_included, routers))


def _included(router: APIRouter) -> BaseRoute:
    """The place of a router in an app. FastAPI keeps there what it works out of the routes, which takes it
    longer than most tests run; so all apps of a process have the same."""
    if id(router) not in _places:
        holder = APIRouter(generate_unique_id_function=_operation_id)
        holder.include_router(router)
        (_places[id(router)],) = holder.routes
    return _places[id(router)]


_places: dict[int, BaseRoute] = {}


def _operation_id(route: APIRoute) -> str:
    return route.name


def _lifespan(
    database: Database, close: Callable[[], Awaitable[None]], own: Lifespan | None
) -> Lifespan:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(close)
            await database.assert_least_privilege()
            if own is not None:
                await stack.enter_async_context(own(app))
            yield

    return run


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(StagifyError)
    async def render(request: Request, error: StagifyError) -> Response:
        return problem(error)

    @app.exception_handler(RequestValidationError)
    async def render_invalid(request: Request, error: RequestValidationError) -> Response:
        return problem(_invalid(error))

    @app.exception_handler(HTTPException)
    async def render_http(request: Request, error: HTTPException) -> Response:
        if error.status_code == MethodNotAllowedError.status:
            return not_allowed(request.method, _methods_of(request))
        return problem(_from_http(error))


def _invalid(error: RequestValidationError) -> StagifyError:
    errors = error.errors()
    if any(item["type"] == "json_invalid" for item in errors):
        return MalformedJsonError()
    # Without the input itself: it may contain a password.
    fields: list[FieldProblem] = [
        {
            "field": _told(".".join(map(str, item["loc"]))),
            # Pydantic introduces what a rule of ours says by these words.
            "message": _told(item["msg"].removeprefix("Value error, ")),
            "type": _kind_of(item),
        }
        for item in errors[:MAX_FIELDS]
    ]
    return InvalidInputError("Some fields are missing or wrong.", errors=fields)


def _kind_of(item: dict[str, Any]) -> str:
    """The kind of a mistake: of a rule of ours that was broken, or Pydantic's."""
    error = item.get("ctx", {}).get("error")
    return error.mistake if isinstance(error, RuleError) else item["type"]


def _told(text: str) -> str:
    """As much of a text as an answer repeats. The names of unknown members are the client's own: of any
    length, and perhaps not Unicode."""
    return text[:MAX_TOLD].encode(errors="replace").decode()


def _from_http(error: HTTPException) -> StagifyError:
    """An error of the framework itself, such as no route."""
    if error.status_code == TooLargeError.status:
        return TooLargeError()
    if error.status_code == MalformedJsonError.status:
        return MalformedJsonError(str(error.detail))
    if error.status_code == NotFoundError.status:
        return NotFoundError("Nothing exists at this path.")
    return BadRequestError(str(error.detail))


def _methods_of(request: Request) -> set[str]:
    """The methods of the path. The framework itself names only those of the first route that matches."""
    path = getattr(request.scope.get("route"), "path", "")
    return {method.upper() for method in request.app.openapi()["paths"].get(path, {})}


def _add_own_routes(app: FastAPI, checks: Mapping[str, Check]) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(response: Response) -> dict[str, object]:
        failing = await failing_checks(checks)
        response.status_code = 503 if failing else 200
        return readiness(failing)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(render(), media_type=CONTENT_TYPE_LATEST)
