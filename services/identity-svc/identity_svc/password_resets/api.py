"""The routes of a new password by mail, on the platform host."""

from fastapi import APIRouter, Response

from identity_svc.parts import PartsDep
from identity_svc.password_resets import service
from identity_svc.password_resets.errors import ResetLinkInvalidError
from identity_svc.password_resets.schemas import PasswordResetConfirm, PasswordResetCreate
from identity_svc.people.service import NEW_PASSWORD_ERRORS
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import PlatformDep
from stagify.problems import problems
from stagify.source import SourceDep

router = APIRouter(prefix="/v1/password-resets", tags=["password"])


@router.post("", status_code=202, response_class=Response, responses=problems(TooManyAttemptsError))
async def ask_for_new_password(
    body: PasswordResetCreate, _: PlatformDep, source: SourceDep, parts: PartsDep
) -> Response:
    """Ask for a mail with a link to choose a new password.

    The answer is the same whether or not the address has an account. At most two mails go to an account
    in twenty minutes; the links of those that were sent go on working.
    """
    await service.request_reset(parts, email=body.email, source=source)
    return Response(status_code=202)


@router.post(
    "/confirm",
    status_code=204,
    responses=problems(ResetLinkInvalidError, TooManyAttemptsError, *NEW_PASSWORD_ERRORS),
)
async def choose_new_password(
    body: PasswordResetConfirm, _: PlatformDep, source: SourceDep, parts: PartsDep
) -> None:
    """Choose a new password with the token of the mail's link, which works once.

    It ends all sessions of the person, on all hosts, and begins none; API keys stay.
    """
    await service.confirm_reset(
        parts,
        token=body.token.get_secret_value(),
        password=body.password.get_secret_value(),
        source=source,
    )
