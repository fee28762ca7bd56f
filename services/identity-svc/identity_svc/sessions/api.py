"""The routes of log-in, on a tenant's host."""

from dataclasses import asdict
from typing import cast
from uuid import UUID

from fastapi import APIRouter, Response

from identity_svc.parts import PartsDep
from identity_svc.people.service import get_account
from identity_svc.roles.schemas import Role
from identity_svc.roles.service import permissions_of
from identity_svc.sessions import service
from identity_svc.sessions.schemas import (
    SessionCreate,
    SessionRead,
    SessionTenant,
    SessionUser,
)
from identity_svc.settings import Settings
from identity_svc.tenants.service import KnownTenant, get_tenant
from stagify.auth import SignedInDep, TenantHostDep
from stagify.dependencies import SessionDep
from stagify.principal import Principal

router = APIRouter(prefix="/v1/session", tags=["session"])

# The prefix makes browsers refuse it without Secure, with a Domain, or for another path: no
# other tenant's host can set or read it (RFC 6265bis, cookie name prefixes).
COOKIE_NAME = "__Host-stagify_session"


SET_COOKIE = {
    "description": "The session was made.",
    "headers": {
        "Set-Cookie": {
            "description": "The session's token, for this host alone.",
            "schema": {
                "type": "string",
                "example": f"{COOKIE_NAME}=…; HttpOnly; Max-Age=2592000; Path=/; Secure",
            },
        }
    },
}


@router.post("", status_code=201, responses={201: SET_COOKIE})
async def log_in(
    body: SessionCreate,
    response: Response,
    principal: TenantHostDep,
    parts: PartsDep,
) -> SessionRead:
    """Log in to this host's tenant. Only the cookie names the session."""
    made = await service.log_in(
        parts,
        request=service.LogInRequest(
            tenant_id=principal.tenant_id,
            email=body.email,
            password=body.password.get_secret_value(),
            replaces=_session_of(principal),
        ),
    )
    _set_cookie(response, made.token, int(service.LIFE.total_seconds()))
    return SessionRead(
        user=SessionUser.model_validate(made.account),
        tenant=_tenant_read(made.tenant, parts.settings),
        role=made.role,
        permissions=sorted(permissions_of(made.role)),
        expires_at=made.expires_at,
    )


@router.get("")
async def read_session(
    response: Response, principal: SignedInDep, session: SessionDep, parts: PartsDep
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
        expires_at=expires_at,
    )


@router.delete("", status_code=204)
async def log_out(response: Response, principal: TenantHostDep, session: SessionDep) -> None:
    """End this session at once, everywhere. Without a session nothing happens."""
    session_id = _session_of(principal)
    if session_id is not None:
        await service.revoke_session(session, tenant_id=principal.tenant_id, session_id=session_id)
    _set_cookie(response, "", 0)


def _session_of(principal: Principal) -> UUID | None:
    return principal.credential_id if principal.kind == "user" else None


def _set_cookie(response: Response, value: str, max_age: int) -> None:
    response.set_cookie(
        COOKIE_NAME, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="lax"
    )
    response.headers["Cache-Control"] = "no-store"


def _tenant_read(tenant: KnownTenant, settings: Settings) -> SessionTenant:
    return SessionTenant.model_validate({**asdict(tenant), "url": settings.tenant_url(tenant.slug)})
