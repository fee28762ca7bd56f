"""The routes of sign-up, on the platform host."""

from uuid import UUID

from fastapi import APIRouter, Response

from identity_svc.parts import PartsDep
from identity_svc.people.service import NEW_PASSWORD_ERRORS
from identity_svc.signup import service
from identity_svc.signup.errors import (
    AccountExistsError,
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
    ),
)
async def confirm_sign_up(
    signup_id: UUID,
    body: SignupConfirm,
    response: Response,
    _: PlatformDep,
    source: SourceDep,
    parts: PartsDep,
) -> SignupConfirmed:
    """Confirm with the code of the mail. Repeating the same request has the same answer."""
    response.headers["Cache-Control"] = "no-store"
    return await service.confirm_signup(
        parts,
        signup_id=signup_id,
        code=body.code,
        password=body.password.get_secret_value(),
        source=source,
    )
