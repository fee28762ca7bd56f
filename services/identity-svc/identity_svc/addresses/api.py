"""The routes of another address."""

from fastapi import APIRouter, Response

from identity_svc.addresses import service
from identity_svc.addresses.errors import (
    EmailChangeInvalidError,
    EmailCodeInvalidError,
    EmailTakenError,
    EmailUnchangedError,
    UndoLinkInvalidError,
)
from identity_svc.addresses.schemas import (
    EmailChangeConfirm,
    EmailChangeCreate,
    EmailChangeRead,
    EmailChangeUndo,
)
from identity_svc.callers import STEPPED_UP_ERRORS, SteppedUpDep
from identity_svc.parts import PartsDep
from identity_svc.sessions.service import renewed_cookie, sets_cookie
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import PlatformDep
from stagify.inputs import Opaque
from stagify.links import link
from stagify.problems import problems
from stagify.source import SourceDep

router = APIRouter(tags=["me"])

RENEWED = {
    "description": "The address was changed.",
    "headers": sets_cookie("The session's new token."),
}


@router.post(
    "/v1/me/email",
    status_code=202,
    responses=problems(*STEPPED_UP_ERRORS, EmailUnchangedError, TooManyAttemptsError)
    | {202: {"links": link("confirm_my_email", change_id="/id")}},
)
async def change_my_email(
    body: EmailChangeCreate, person: SteppedUpDep, parts: PartsDep
) -> EmailChangeRead:
    """Ask for another address. A mail there brings a code, unless it has an account, which nobody is told;
    a note goes to the old address, from where the change can be taken back for seven days."""
    begun = await service.begin_change(parts, person, body.email)
    return EmailChangeRead(id=str(begun.id), expires_at=begun.expires_at)


@router.post(
    "/v1/me/email/{change_id}/confirm",
    status_code=204,
    response_class=Response,
    responses=problems(
        *STEPPED_UP_ERRORS, EmailCodeInvalidError, EmailChangeInvalidError, EmailTakenError
    )
    | {204: RENEWED},
)
async def confirm_my_email(
    change_id: Opaque, body: EmailChangeConfirm, person: SteppedUpDep, parts: PartsDep
) -> Response:
    """Take the new address, with the code of the mail there. All one's other sessions end, and open links
    for a new password. The code is valid for half an hour and five tries."""
    renewed = await service.confirm_change(parts, person, change_id, body.code)
    response = Response(status_code=204)
    response.set_cookie(**renewed_cookie(renewed))
    return response


@router.post(
    "/v1/email-changes/undo",
    status_code=204,
    responses=problems(UndoLinkInvalidError, TooManyAttemptsError),
)
async def undo_email_change(
    body: EmailChangeUndo, _: PlatformDep, source: SourceDep, parts: PartsDep
) -> None:
    """Take a change of the address back, with the token of a mail to the old one. All sessions of the person
    end. Then choose a new password: whoever changed the address may know the one there was."""
    await service.undo_change(parts, body.token.get_secret_value(), source)
