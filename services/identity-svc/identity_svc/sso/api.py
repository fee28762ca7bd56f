"""The routes of single sign-on."""

from typing import Annotated, Any
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from identity_svc.parts import PartsDep
from identity_svc.sessions.service import (
    DEVICE_COOKIE_NAME,
    ENDED_HEADERS,
    UNSET_SESSION,
    Browser,
    LogIn,
    cookies_of,
)
from identity_svc.sso import domain_proofs, log_outs, logging_in, service
from identity_svc.sso.documents import (
    CHANGED,
    CONFIRMED,
    CREATED,
    DOMAIN_ADDED,
    DOMAIN_CHECKED,
    ENDED,
    FINISHED,
    LOG_OUT_FORM,
    RETURNED,
    STARTED,
    TOLD,
)
from identity_svc.sso.errors import (
    SsoConnectionNotFoundError,
    SsoDomainNotFoundError,
    SsoLogOutInvalidError,
    SsoNotIncludedError,
)
from identity_svc.sso.logging_in import COOKIE_NAME, Arrival, Confirmation, Start, Tester
from identity_svc.sso.schemas import (
    SsoConfirm,
    SsoConnectionCreate,
    SsoConnectionList,
    SsoConnectionRead,
    SsoConnectionUpdate,
    SsoDomainCreate,
    SsoFinish,
    SsoLoggedIn,
    SsoLoggedOut,
    SsoLogOutTaken,
    SsoOptions,
    SsoStart,
    SsoStarted,
    SsoTestRead,
)
from stagify.auth import (
    STEP_UP_ERRORS,
    PersonRequiredError,
    PlatformDep,
    SecondFactorRequiredError,
    TenantHostDep,
    requires,
    requires_person,
)
from stagify.calls.usage import read_entitlements
from stagify.dependencies import SessionDep
from stagify.errors import UnauthorizedError
from stagify.inputs import Domain, Opaque
from stagify.links import link
from stagify.principal import TenantPrincipal
from stagify.problems import problems
from stagify.source import SourceDep

router = APIRouter(prefix="/v1/sso", tags=["single sign-on"])

ReaderDep = Annotated[TenantPrincipal, Depends(requires_person("sso:manage"))]
ManagerDep = Annotated[TenantPrincipal, Depends(requires("sso:manage", step_up=True))]

FEATURE = "sso"
# What a provider sends there is a form.
LOG_OUTS = "/v1/sso/log-outs/"
# More than a provider sends with its word.
MAX_FIELDS = 10


async def may_connect(principal: ManagerDep, parts: PartsDep) -> TenantPrincipal:
    """The caller, if the plan of their tenant includes single sign-on."""
    included = await read_entitlements(parts.usage_svc, principal.tenant_id)
    if FEATURE not in included.features:
        raise SsoNotIncludedError
    return principal


ConnecterDep = Annotated[TenantPrincipal, Depends(may_connect)]


@router.get(
    "", responses={200: {"links": link("start_sso", body={"connection_id": "/items/0/id"})}}
)
async def read_sso(principal: TenantHostDep, session: SessionDep) -> SsoOptions:
    """How people of this workspace log in at their company, for whoever looks at its log-in."""
    return await service.read_options(session, principal.tenant_id)


@router.get(
    "/connections",
    responses=problems(PersonRequiredError)
    | {200: {"links": link("update_sso_connection", connection_id="/items/0/id")}},
)
async def list_sso_connections(
    _: ReaderDep, session: SessionDep, parts: PartsDep
) -> SsoConnectionList:
    """The workspace's connections to providers."""
    return await service.list_connections(parts, session)


@router.post(
    "/connections",
    status_code=201,
    responses=CREATED,
)
async def create_sso_connection(
    body: SsoConnectionCreate, principal: ConnecterDep, parts: PartsDep
) -> SsoConnectionRead:
    """Connect a provider (OpenID Connect), which must answer at its issuer; the plan must include this. The
    connection is off until you have logged in with it for a test and then turned it on."""
    return await service.create_connection(parts, principal=principal, wanted=body)


@router.patch(
    "/connections/{connection_id}",
    responses=CHANGED,
)
async def update_sso_connection(
    connection_id: UUID, body: SsoConnectionUpdate, principal: ManagerDep, parts: PartsDep
) -> SsoConnectionRead:
    """Change a connection.

    To turn it on, it must have been tested. To enforce it, you must have tested it yourself in the last ten
    minutes, and have a second factor: from then on nobody but owners, with a second factor, gets in without
    it, and other sessions end at once. API keys go on. With another issuer or client id it begins anew.
    """
    return await service.update_connection(
        parts, principal=principal, connection_id=connection_id, wanted=body
    )


@router.delete(
    "/connections/{connection_id}",
    status_code=204,
    responses=problems(*STEP_UP_ERRORS, SsoConnectionNotFoundError),
)
async def delete_sso_connection(
    connection_id: UUID, principal: ManagerDep, session: SessionDep
) -> None:
    """Delete a connection: sessions that came from it end, and whoever used it is told by mail how to get
    in."""
    await service.delete_connection(session, principal=principal, connection_id=connection_id)


@router.post(
    "/connections/{connection_id}/domains",
    status_code=201,
    responses=DOMAIN_ADDED,
)
async def add_sso_domain(
    connection_id: UUID,
    body: SsoDomainCreate,
    principal: ManagerDep,
    session: SessionDep,
    parts: PartsDep,
) -> SsoConnectionRead:
    """Name a domain of yours. Once its DNS has the record that the answer names, the connection is believed
    about addresses in it."""
    return await domain_proofs.add_domain(
        parts, session, principal=principal, connection_id=connection_id, domain=body.domain
    )


@router.post(
    "/connections/{connection_id}/domains/{domain}/check",
    responses=DOMAIN_CHECKED,
)
async def check_sso_domain(
    connection_id: UUID, domain: Domain, principal: ManagerDep, parts: PartsDep
) -> SsoConnectionRead:
    """Look whether the domain has the record."""
    return await domain_proofs.check_domain(
        parts, principal=principal, connection_id=connection_id, domain=domain
    )


@router.delete(
    "/connections/{connection_id}/domains/{domain}",
    status_code=204,
    responses=problems(*STEP_UP_ERRORS, SsoConnectionNotFoundError, SsoDomainNotFoundError),
)
async def remove_sso_domain(
    connection_id: UUID, domain: Domain, principal: ManagerDep, session: SessionDep
) -> None:
    """Let a connection speak for a domain no more. Whom it knows already can go on logging in."""
    await domain_proofs.remove_domain(
        session, principal=principal, connection_id=connection_id, domain=domain
    )


@router.post(
    "/start",
    status_code=201,
    responses=STARTED,
)
async def start_sso(
    body: SsoStart,
    request: Request,
    response: Response,
    principal: TenantHostDep,
    source: SourceDep,
    parts: PartsDep,
) -> SsoStarted:
    """Begin to log in at one's company: this browser has ten minutes to come back."""
    started = await logging_in.start(
        parts,
        Start(
            tenant_id=principal.tenant_id,
            connection_id=body.connection_id,
            source=source,
            secret=request.cookies.get(COOKIE_NAME, ""),
            tester=_require_person(principal) if body.is_test else None,
        ),
    )
    response.set_cookie(**started.cookie)
    return SsoStarted(url=started.url)


@router.get(
    "/callback/{connection_id}",
    status_code=303,
    response_class=Response,
    responses=RETURNED,
)
async def return_from_sso(
    connection_id: UUID,
    _: PlatformDep,
    parts: PartsDep,
    state: Opaque = "",
    code: Opaque | None = None,
    iss: Opaque | None = None,
    error: Opaque | None = None,
) -> Response:
    """Where providers send browsers back to, on the platform's host. It only leads on to the workspace."""
    url = await logging_in.way_back(
        parts, connection_id, {"state": state, "code": code, "iss": iss, "error": error}
    )
    # The address that the browser comes from has the code in it.
    return Response(status_code=303, headers={"Location": url, "Referrer-Policy": "no-referrer"})


@router.post(
    "/callback",
    status_code=201,
    response_model=SsoLoggedIn,
    responses=FINISHED,
)
async def finish_sso(
    body: SsoFinish,
    request: Request,
    response: Response,
    principal: TenantHostDep,
    parts: PartsDep,
) -> Any:
    """Finish a log-in with what the provider has sent back, once, in the browser that began it."""
    made = await logging_in.finish(parts, _arrival(request, principal), body)
    if isinstance(made, LogIn):
        return _logged_in(response, made)
    status = 200 if isinstance(made, SsoTestRead) else 202
    return JSONResponse(made.model_dump(mode="json"), status)


@router.post(
    "/confirm",
    status_code=201,
    responses=CONFIRMED,
)
async def confirm_sso(
    body: SsoConfirm,
    request: Request,
    response: Response,
    principal: TenantHostDep,
    source: SourceDep,
    parts: PartsDep,
) -> SsoLoggedIn:
    """Show that an account is yours, by its password, and connect it with the log-in at your company. Whoever
    names a wrong password several times has to wait, as at log-in."""
    made = await logging_in.confirm(
        parts,
        _arrival(request, principal),
        Confirmation(
            body.confirmation.get_secret_value(), body.password.get_secret_value(), source
        ),
    )
    return _logged_in(response, made)


@router.post("/log-out", responses={200: ENDED})
async def log_out_of_sso(
    response: Response, principal: TenantHostDep, parts: PartsDep
) -> SsoLoggedOut:
    """Log out, as `DELETE /v1/session` does, and learn where to log out at the company. Without a session
    nothing happens."""
    tester = _tester(principal)
    url = None
    if tester is not None:
        url = await logging_in.log_out(
            parts, tenant_id=principal.tenant_id, session_id=tester.session_id
        )
    response.set_cookie(**UNSET_SESSION)
    response.headers.update(ENDED_HEADERS)
    return SsoLoggedOut(url=url)


@router.post(
    "/log-outs/{tenant_id}/{connection_id}",
    responses=TOLD,
    openapi_extra=LOG_OUT_FORM,
)
async def take_sso_log_out(
    tenant_id: UUID,
    connection_id: UUID,
    request: Request,
    _: PlatformDep,
    source: SourceDep,
    parts: PartsDep,
) -> SsoLogOutTaken:
    """Where a provider tells us that somebody has logged out there (OpenID Connect Back-Channel Logout 1.0):
    what it let in then ends within a second. Only a token counts that it has signed, once."""
    await log_outs.take_log_out(
        parts,
        tenant_id=tenant_id,
        connection_id=connection_id,
        token=_only(await request.body(), "logout_token"),
        source=source,
    )
    return SsoLogOutTaken()


def _only(form: bytes, name: str) -> str:
    """The one value of this name in a form."""
    try:
        values = parse_qs(form.decode("ascii"), max_num_fields=MAX_FIELDS).get(name, [])
    except ValueError:
        values = []
    if len(values) != 1:
        raise SsoLogOutInvalidError(f"The form must have one {name}.")
    return values[0]


def _logged_in(response: Response, made: LogIn) -> SsoLoggedIn:
    for each in cookies_of(made):
        response.set_cookie(**each)
    return SsoLoggedIn()


def _arrival(request: Request, principal: TenantPrincipal) -> Arrival:
    tester = _tester(principal)
    return Arrival(
        tenant_id=principal.tenant_id,
        secret=request.cookies.get(COOKIE_NAME, ""),
        browser=Browser(
            device_cookie=request.cookies.get(DEVICE_COOKIE_NAME, ""),
            user_agent=request.headers.get("user-agent", ""),
        ),
        tester=tester,
        replaces=None if tester is None else tester.session_id,
    )


def _tester(principal: TenantPrincipal) -> Tester | None:
    if principal.kind != "user" or principal.user_id is None or principal.credential_id is None:
        return None
    return Tester(principal.user_id, principal.credential_id)


def _require_person(principal: TenantPrincipal) -> Tester:
    tester = _tester(principal)
    if principal.kind == "api_key":
        raise PersonRequiredError
    if tester is None:
        raise UnauthorizedError
    if principal.restriction is not None:
        raise SecondFactorRequiredError
    return tester
