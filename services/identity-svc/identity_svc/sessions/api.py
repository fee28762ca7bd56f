"""The routes of log-in, on a tenant's host."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from identity_svc.parts import PartsDep
from identity_svc.people.service import PASSWORD_ERRORS, get_account
from identity_svc.roles.schemas import Role
from identity_svc.roles.service import permissions_of
from identity_svc.sessions import devices, service
from identity_svc.sessions.errors import InvalidCredentialsError
from identity_svc.sessions.schemas import (
    SessionCreate,
    SessionRead,
    SessionTenant,
    SessionUser,
)
from identity_svc.settings import Settings
from identity_svc.tenants.service import KnownTenant, get_tenant
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import SignedInDep, TenantHostDep
from stagify.calls.usage import EntitlementsRead
from stagify.dependencies import SessionDep
from stagify.principal import Principal
from stagify.problems import problems
from stagify.source import SourceDep

router = APIRouter(prefix="/v1/session", tags=["session"])

# The prefix makes browsers refuse it without Secure, with a Domain, or for another path: no
# other tenant's host can set or read it (RFC 6265bis, cookie name prefixes).
COOKIE_NAME = "__Host-stagify_session"
DEVICE_COOKIE_NAME = "__Host-stagify_device"

SET_COOKIE = {
    "description": "The session was made.",
    "headers": {
        "Set-Cookie": {
            "description": (
                "The session's token, for this host alone; and a second cookie by which this "
                "browser is known at the next log-in, so that attempts of others do not slow it down."
            ),
            "schema": {
                "type": "string",
                "example": f"{COOKIE_NAME}=…; HttpOnly; Max-Age=2592000; Path=/; Secure",
            },
        }
    },
}
UNSET_COOKIE = {
    "description": "The session has ended.",
    "headers": {
        "Set-Cookie": {"description": "Deletes the session's token.", "schema": {"type": "string"}}
    },
}


@router.post(
    "",
    status_code=201,
    responses=problems(InvalidCredentialsError, TooManyAttemptsError, *PASSWORD_ERRORS)
    | {201: SET_COOKIE},
)
async def log_in(
    body: SessionCreate,
    request: Request,
    response: Response,
    principal: TenantHostDep,
    source: SourceDep,
    parts: PartsDep,
) -> SessionRead:
    """Log in to this host's tenant. Only the cookie names the session.

    Whoever fails several times has to wait longer before each further attempt; the refusal says how
    long in `Retry-After`.
    """
    made = await service.log_in(
        parts,
        request=service.LogInRequest(
            tenant_id=principal.tenant_id,
            email=body.email,
            password=body.password.get_secret_value(),
            source=source,
            device_cookie=request.cookies.get(DEVICE_COOKIE_NAME, ""),
            user_agent=request.headers.get("user-agent", ""),
            replaces=_session_of(principal),
        ),
    )
    _set_session(response, made.token, service.LIFE)
    _set_cookie(response, DEVICE_COOKIE_NAME, made.device_cookie, devices.LIFE, samesite="strict")
    return SessionRead(
        user=SessionUser.model_validate(made.account),
        tenant=_tenant_read(made.tenant, parts.settings),
        role=made.role,
        permissions=sorted(permissions_of(made.role)),
        entitlements=await parts.entitlements.find(principal.tenant_id, principal.plan),
        expires_at=made.expires_at,
    )


async def included(principal: SignedInDep, parts: PartsDep) -> EntitlementsRead | None:
    """What the plan of the caller's tenant includes."""
    return await parts.entitlements.find(principal.tenant_id, principal.plan)


IncludedDep = Annotated[EntitlementsRead | None, Depends(included)]


# What the plan includes comes before the transaction begins: none waits for another service.
@router.get("")
async def read_session(
    response: Response,
    principal: SignedInDep,
    included: IncludedDep,
    session: SessionDep,
    parts: PartsDep,
) -> SessionRead:
    """Who is calling, and what they may do here."""
    response.headers["Cache-Control"] = "no-store"
    user = expires_at = None
    session_id = _session_of(principal)
    if session_id is not None and principal.user_id is not None:
        user = SessionUser.model_validate(await get_account(session, principal.user_id))
        expires_at = await service.session_expiry(session, session_id)
    return SessionRead(
        user=user,
        api_key_id=principal.credential_id if principal.kind == "api_key" else None,
        tenant=_tenant_read(await get_tenant(session, principal.tenant_id), parts.settings),
        role=cast(Role | None, principal.role),
        permissions=sorted(principal.permissions),
        entitlements=included,
        expires_at=expires_at,
    )


@router.delete("", status_code=204, responses={204: UNSET_COOKIE})
async def log_out(response: Response, principal: TenantHostDep, session: SessionDep) -> None:
    """End this session at once, everywhere. Without a session nothing happens."""
    session_id = _session_of(principal)
    if session_id is not None:
        await service.revoke_session(session, tenant_id=principal.tenant_id, session_id=session_id)
    _set_session(response, "", timedelta(0))


def _session_of(principal: Principal) -> UUID | None:
    return principal.credential_id if principal.kind == "user" else None


def _set_session(response: Response, token: str, life: timedelta) -> None:
    _set_cookie(response, COOKIE_NAME, token, life, samesite="lax")
    response.headers["Cache-Control"] = "no-store"


def _set_cookie(
    response: Response,
    name: str,
    value: str,
    life: timedelta,
    *,
    samesite: Literal["lax", "strict"],
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(life.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite=samesite,
    )


def _tenant_read(tenant: KnownTenant, settings: Settings) -> SessionTenant:
    return SessionTenant.model_validate({**asdict(tenant), "url": settings.tenant_url(tenant.slug)})
