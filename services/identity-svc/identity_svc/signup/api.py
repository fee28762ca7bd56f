"""The routes of sign-up, on the platform host."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from identity_svc.parts import PartsDep
from identity_svc.people.service import NEW_PASSWORD_ERRORS, AccountExistsError
from identity_svc.sessions.service import (
    COOKIE_NAME,
    DEVICE_COOKIE_NAME,
    Browser,
    cookies_of,
    sets_cookie,
)
from identity_svc.signup import service
from identity_svc.signup.errors import (
    AlreadyConfirmedError,
    CodeExhaustedError,
    InvalidCodeError,
    SignupExpiredError,
    SignupNotFoundError,
)
from identity_svc.signup.schemas import (
    SignupConfirm,
    SignupConfirmed,
    SignupCreate,
    SignupRead,
)
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import PlatformDep
from stagify.calls.tenant import SLUG_ERRORS
from stagify.links import link
from stagify.problems import problems
from stagify.source import SourceDep

router = APIRouter(prefix="/v1/signup", tags=["sign-up"])

LOGGED_IN = {
    "description": "The workspace is there, or will be in a moment.",
    "headers": sets_cookie(
        "A session on this host, and a second cookie by which this browser is known."
    ),
}


@router.post(
    "",
    status_code=202,
    responses=problems(*SLUG_ERRORS, TooManyAttemptsError)
    | {202: {"links": link("confirm_sign_up", signup_id="/id")}},
)
async def sign_up(
    body: SignupCreate, _: PlatformDep, source: SourceDep, parts: PartsDep
) -> SignupRead:
    """Ask for an account and a tenant; a mail brings the code that confirms this request.

    The answer is the same whether or not the address has an account. Each request has a code of its
    own, which confirms what that request asked for. The name of the workspace goes to whoever confirms
    first.
    """
    return await service.start_signup(parts, request=body, source=source)


@router.post(
    "/{signup_id}/resend",
    status_code=202,
    responses=problems(SignupNotFoundError, SignupExpiredError, TooManyAttemptsError),
)
async def resend_sign_up_code(
    signup_id: UUID, _: PlatformDep, source: SourceDep, parts: PartsDep
) -> SignupRead:
    """Ask for another mail, whose code replaces the last one, and for more time to type it: up to two hours
    after the sign-up began."""
    return await service.resend_code(parts, signup_id=signup_id, source=source)


@router.post(
    "/{signup_id}/confirm",
    status_code=201,
    responses=problems(
        SignupNotFoundError,
        SignupExpiredError,
        InvalidCodeError,
        CodeExhaustedError,
        AccountExistsError,
        AlreadyConfirmedError,
        TooManyAttemptsError,
        *NEW_PASSWORD_ERRORS,
        *SLUG_ERRORS,
    )
    | {201: LOGGED_IN},
)
async def confirm_sign_up(
    signup_id: UUID,
    body: SignupConfirm,
    request: Request,
    response: Response,
    _: PlatformDep,
    source: SourceDep,
    parts: PartsDep,
) -> SignupConfirmed:
    """Confirm with the code of the mail, which also logs in on this host. Repeating the same request has the
    same answer.

    If the address has an account, `password` is that of the account, and the workspace becomes one more of
    it; with another password the refusal is `account_exists`. Whoever has a second factor is not logged in by
    this.
    """
    confirmed = await service.confirm_signup(
        parts,
        request=service.Confirmation(
            signup_id=signup_id,
            code=body.code,
            password=body.password.get_secret_value(),
            source=source,
            browser=Browser(
                device_cookie=request.cookies.get(DEVICE_COOKIE_NAME, ""),
                user_agent=request.headers.get("user-agent", ""),
            ),
            replaces=request.cookies.get(COOKIE_NAME, ""),
        ),
    )
    for each in cookies_of(confirmed.log_in) if confirmed.log_in is not None else ():
        response.set_cookie(**each)
    return confirmed.answer
