"""The routes of log-in, on a tenant's host and on the platform's, and of the way between them."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from identity_svc.factors.service import CHALLENGE_ERRORS, is_multi_factor
from identity_svc.parts import Parts, PartsDep
from identity_svc.people.service import PASSWORD_ERRORS, get_account
from identity_svc.sessions import asking, handoffs, service
from identity_svc.sessions.answering import Answer, answer
from identity_svc.sessions.cookies import (
    CHALLENGE_COOKIE_NAME,
    COOKIE_NAME,
    DEVICE_COOKIE_NAME,
    ENDED_HEADERS,
    HANDOFF_COOKIE_NAME,
    UNSET_SESSION,
    cookie,
)
from identity_svc.sessions.documents import (
    ASKED,
    ASKED_FOR_PASSKEY,
    HANDOFF_ANSWERS,
    NONCE_COOKIE,
    SET_COOKIE,
    UNSET_COOKIE,
)
from identity_svc.sessions.errors import (
    InvalidCredentialsError,
    InvalidHandoffError,
    SsoRequiredError,
)
from identity_svc.sessions.schemas import (
    AnySessionRead,
    ChallengeAnswer,
    ChallengeRead,
    HandoffCreate,
    HandoffLogIn,
    HandoffRead,
    HandoffStarted,
    PasskeyAsked,
    PasswordLogIn,
    PersonSessionRead,
    ProofRead,
    SessionCreate,
    SessionRead,
    SessionTenant,
    SessionUser,
)
from identity_svc.settings import Settings
from identity_svc.tenants.service import KnownTenant, find_mfa_due, get_tenant
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import AnyHostDep, PlatformDep, TenantHostDep, WithSessionDep, WrongHostError
from stagify.calls.usage import EntitlementsRead
from stagify.clock import utc_now
from stagify.database import Session
from stagify.dependencies import HostSessionDep
from stagify.inputs import Opaque
from stagify.principal import Principal, TenantPrincipal
from stagify.problems import problems
from stagify.source import Source, SourceDep

router = APIRouter(tags=["session"])


@router.post(
    "/v1/session",
    status_code=201,
    response_model=AnySessionRead,
    responses=problems(
        InvalidCredentialsError,
        InvalidHandoffError,
        SsoRequiredError,
        TooManyAttemptsError,
        *PASSWORD_ERRORS,
    )
    | {201: SET_COOKIE, 202: ASKED},
)
async def log_in(
    body: SessionCreate,
    request: Request,
    response: Response,
    principal: AnyHostDep,
    source: SourceDep,
    parts: PartsDep,
) -> Any:
    """Log in with a password: on a workspace's host to that workspace, on the platform's host as a person,
    in no workspace. Or log in to a workspace with the code of a hand-off. Only the cookie names the session.

    Of somebody with a second factor, the password is half a log-in: then the answer is 202 with a challenge,
    which this browser answers by `verify`, within five minutes.

    Whoever fails several times has to wait longer before each further attempt; the refusal says how
    long in `Retry-After`.
    """
    if isinstance(principal, TenantPrincipal):
        made = await _enter(body, request, principal, source, parts)
        if isinstance(body, HandoffLogIn):
            response.set_cookie(**cookie(HANDOFF_COOKIE_NAME, "", timedelta(0)))
        return await _logged_in(response, made, principal, parts)
    if isinstance(body, HandoffLogIn):
        raise WrongHostError("A hand-off leads to a workspace's address only.")
    person = await service.log_in_person(
        parts,
        request=_by_password(body, request, source, None),
        replaces=_token(request, principal),
    )
    return await _logged_in(response, person, principal, parts)


@router.post(
    "/v1/session/{challenge_id}/verify",
    status_code=201,
    response_model=AnySessionRead,
    responses=problems(*CHALLENGE_ERRORS, SsoRequiredError, TooManyAttemptsError)
    | {201: SET_COOKIE, 202: ASKED},
)
async def verify_log_in(
    challenge_id: Opaque,
    body: ChallengeAnswer,
    request: Request,
    response: Response,
    principal: AnyHostDep,
    parts: PartsDep,
) -> Any:
    """The second half of a log-in: answer the challenge of the first with a second factor, in the same
    browser and on the same host. It takes five answers; and after ten wrong codes within an hour, whatever
    the challenge, only known browsers get further."""
    made = await answer(
        parts,
        Answer(
            challenge_id=challenge_id,
            tenant_id=principal.tenant_id,
            proof=body.proof(),
            browser=_browser(request),
            replaces=_session_of(principal),
            replaces_token=_token(request, principal),
        ),
    )
    response.set_cookie(**cookie(CHALLENGE_COOKIE_NAME, "", timedelta(0)))
    return await _logged_in(response, made, principal, parts)


@router.post("/v1/session/passkey", status_code=201, responses={201: ASKED_FOR_PASSKEY})
async def ask_for_passkey(
    request: Request, response: Response, _: PlatformDep, parts: PartsDep
) -> PasskeyAsked:
    """Begin to log in with a passkey, or to step up with one: what the browser signs, once, within five
    minutes. `verify` takes the answer; a step-up names the challenge in its body."""
    asked = asking.ask_for_passkey(parts, request.cookies.get(CHALLENGE_COOKIE_NAME, ""))
    response.set_cookie(**asked.cookie)
    return PasskeyAsked(
        challenge_id=asked.challenge_id,
        options=asked.passkey or {},
        expires_at=asked.expires_at,
    )


async def _logged_in(
    response: Response,
    made: service.PersonLogIn | service.SecondFactorDue,
    principal: Principal,
    parts: Parts,
) -> Any:
    """What the browser is told of a log-in, and keeps."""
    if isinstance(made, service.SecondFactorDue):
        asked = ChallengeRead(
            challenge_id=made.challenge_id,
            methods=[*made.methods],
            passkey=made.passkey,
            expires_at=made.expires_at,
        )
        waiting = JSONResponse(asked.model_dump(mode="json"), 202)
        waiting.set_cookie(**made.cookie)
        return waiting
    for each in service.cookies_of(made):
        response.set_cookie(**each)
    facts = {
        "user": SessionUser.model_validate(made.account),
        "expires_at": made.session.expires_at,
        "proof": ProofRead.of(made.session.amr, made.session.auth_time),
    }
    if not isinstance(made, service.LogIn):
        return PersonSessionRead(**facts)
    is_restricted = made.mfa_due_at is not None and made.mfa_due_at <= utc_now()
    return SessionRead(
        **facts,
        tenant=_tenant_read(made.tenant, parts.settings),
        role=made.role.key,
        permissions=[] if is_restricted else sorted(made.role.permissions),
        entitlements=await parts.entitlements.find(made.tenant.id, principal.plan),
        restriction="second_factor" if is_restricted else None,
        second_factor_due_at=made.mfa_due_at,
    )


async def _enter(
    body: PasswordLogIn | HandoffLogIn,
    request: Request,
    principal: TenantPrincipal,
    source: Source,
    parts: Parts,
) -> service.LogIn | service.SecondFactorDue:
    tenant_id, replaces = principal.tenant_id, _session_of(principal)
    if isinstance(body, PasswordLogIn):
        return await service.log_in(
            parts,
            request=_by_password(body, request, source, tenant_id),
            tenant_id=tenant_id,
            replaces=replaces,
        )
    return await handoffs.use_handoff(
        parts,
        arrival=handoffs.Arrival(
            tenant_id=tenant_id,
            code=body.handoff.get_secret_value(),
            nonce=request.cookies.get(HANDOFF_COOKIE_NAME, ""),
            source=source,
            browser=_browser(request),
            replaces=replaces,
        ),
    )


def _by_password(
    body: PasswordLogIn, request: Request, source: Source, tenant_id: UUID | None
) -> service.LogInRequest:
    return service.LogInRequest(
        tenant_id=tenant_id,
        email=body.email,
        password=body.password.get_secret_value(),
        source=source,
        browser=_browser(request),
    )


async def included(principal: WithSessionDep, parts: PartsDep) -> EntitlementsRead | None:
    """What the plan of the caller's tenant includes."""
    if principal.tenant_id is None:
        return None
    return await parts.entitlements.find(principal.tenant_id, principal.plan)


IncludedDep = Annotated[EntitlementsRead | None, Depends(included)]


# What the plan includes comes before the transaction begins: none waits for another service.
@router.get("/v1/session")
async def read_session(
    request: Request,
    principal: WithSessionDep,
    included: IncludedDep,
    session: HostSessionDep,
    parts: PartsDep,
) -> AnySessionRead:
    """Who is calling, and what they may do here."""
    if isinstance(principal, TenantPrincipal):
        return await _read_in_tenant(principal, session, parts, included)
    person = await service.get_person(session, parts.digester, _token(request, principal))
    account = await get_account(session, person.user_id)
    return PersonSessionRead(
        user=SessionUser.model_validate(account),
        expires_at=person.expires_at,
        proof=ProofRead.of(person.amr, person.auth_time),
    )


async def _read_in_tenant(
    principal: TenantPrincipal, session: Session, parts: Parts, included: EntitlementsRead | None
) -> SessionRead:
    user = facts = due_at = None
    session_id = _session_of(principal)
    if session_id is not None and principal.user_id is not None:
        user = SessionUser.model_validate(await get_account(session, principal.user_id))
        facts = await service.facts_of(session, session_id)
        is_enough = facts is None or facts.sso_connection_id or is_multi_factor(facts.amr)
        if not is_enough:
            due_at = await find_mfa_due(session, principal.tenant_id, parts.settings.mfa_due_at)
    return SessionRead(
        user=user,
        api_key_id=principal.credential_id if principal.kind == "api_key" else None,
        tenant=_tenant_read(await get_tenant(session, principal.tenant_id), parts.settings),
        role=principal.role,
        permissions=sorted(principal.permissions),
        entitlements=included,
        expires_at=facts and facts.expires_at,
        proof=facts and ProofRead.of(facts.amr, facts.auth_time),
        restriction=principal.restriction,
        second_factor_due_at=due_at,
    )


@router.delete("/v1/session", status_code=204, responses={204: UNSET_COOKIE})
async def log_out(
    request: Request,
    response: Response,
    principal: AnyHostDep,
    parts: PartsDep,
    scope: Literal["here"] | None = None,
) -> None:
    """End this session at once, everywhere. Without a session nothing happens.

    In a workspace this also ends the session on the platform's host that it came from: with that one, a
    click would bring the person back. On the platform's host it also ends those in workspaces that came
    from it. With a `scope` of `here` the others go on.
    """
    is_here_only, session_id = scope == "here", _session_of(principal)
    if not isinstance(principal, TenantPrincipal):
        await service.log_out_person(parts, _token(request, principal), is_here_only=is_here_only)
    elif session_id is not None:
        await service.log_out(
            parts,
            tenant_id=principal.tenant_id,
            session_id=session_id,
            is_here_only=is_here_only,
        )
    response.set_cookie(**UNSET_SESSION)
    response.headers.update(ENDED_HEADERS)


@router.post("/v1/handoffs/start", status_code=201, responses={201: NONCE_COOKIE})
async def start_handoff(request: Request, response: Response, _: TenantHostDep) -> HandoffStarted:
    """Prepare this browser to come into this workspace by a hand-off, within five minutes."""
    nonce = handoffs.nonce_for(request.cookies.get(HANDOFF_COOKIE_NAME, ""))
    response.set_cookie(**cookie(HANDOFF_COOKIE_NAME, nonce, handoffs.NONCE_LIFE))
    return HandoffStarted(challenge=handoffs.challenge_of(nonce))


@router.post("/v1/handoffs", status_code=201, responses=HANDOFF_ANSWERS)
async def create_handoff(
    body: HandoffCreate,
    request: Request,
    principal: WithSessionDep,
    parts: PartsDep,
) -> HandoffRead:
    """Go from the platform's host into a workspace of one's own. Whoever opens the address within a minute,
    in the browser that the challenge was made for, is logged in there. While the workspace is still being
    set up, the refusal says in `Retry-After` when to try again."""
    if principal.kind != "platform":
        raise WrongHostError("This call is available on the platform's own host only.")
    made = await handoffs.hand_off(
        parts,
        request=handoffs.HandoffRequest(
            token=_token(request, principal),
            tenant_id=body.tenant_id,
            challenge=body.challenge,
            device_cookie=request.cookies.get(DEVICE_COOKIE_NAME, ""),
        ),
    )
    return HandoffRead(url=made.url, expires_at=made.expires_at)


def _session_of(principal: Principal) -> UUID | None:
    return principal.credential_id if principal.kind == "user" else None


def _token(request: Request, principal: Principal) -> str:
    """The token of a session on the platform's host. Only there the gateway leaves it in the request."""
    return request.cookies.get(COOKIE_NAME, "") if principal.kind == "platform" else ""


def _browser(request: Request) -> service.Browser:
    return service.Browser(
        device_cookie=request.cookies.get(DEVICE_COOKIE_NAME, ""),
        user_agent=request.headers.get("user-agent", ""),
        challenge_secret=request.cookies.get(CHALLENGE_COOKIE_NAME, ""),
    )


def _tenant_read(tenant: KnownTenant, settings: Settings) -> SessionTenant:
    return SessionTenant.model_validate({**asdict(tenant), "url": settings.tenant_url(tenant.slug)})
