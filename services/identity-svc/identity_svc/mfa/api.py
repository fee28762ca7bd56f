"""The routes of one's own second factors, on every host."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from identity_svc.callers import (
    PERSON_ERRORS,
    STEPPED_UP_ERRORS,
    EnrollingDep,
    PersonSessionDep,
    SteppedUpEnrollingDep,
)
from identity_svc.factors.service import (
    ChallengeInvalidError,
    PasskeyExistsError,
    PasskeyNotFoundError,
    WrongCodeError,
    WrongPasskeyError,
)
from identity_svc.mfa import service
from identity_svc.mfa.errors import NoFactorError, NoTotpError, SetUpExpiredError
from identity_svc.mfa.schemas import (
    FactorAddedRead,
    MfaRead,
    MfaUpdate,
    PasskeyAddedRead,
    PasskeyCreate,
    PasskeyRead,
    PasskeyStarted,
    PasskeyUpdate,
    RecoveryCodes,
    TotpConfirm,
    TotpRead,
    TotpStarted,
)
from identity_svc.parts import PartsDep
from identity_svc.sessions.service import (
    CHALLENGE_COOKIE_NAME,
    DEVICE_COOKIE_NAME,
    renewed_cookie,
    sets_cookie,
)
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.links import link
from stagify.problems import problems

router = APIRouter(prefix="/v1/me/mfa", tags=["me"])

RENEWED = {"headers": sets_cookie("The session's new token.")}
STARTED = {
    "description": "The browser can make a passkey.",
    "headers": sets_cookie("What only this browser can finish it with."),
}
MADE = {
    "description": "The passkey is kept.",
    **RENEWED,
    "links": link("rename_my_passkey", passkey_id="/id")
    | link("remove_my_passkey", passkey_id="/id"),
}


def _changes(status: int, said: str) -> dict[int | str, dict[str, Any]]:
    return {status: {"description": said, **RENEWED}}


@router.get("", responses=problems(*PERSON_ERRORS))
async def read_my_mfa(person: EnrollingDep, session: PersonSessionDep, parts: PartsDep) -> MfaRead:
    """One's second factors."""
    own = await service.read_own(session, parts, person.user_id)
    return MfaRead(
        totp=None if own.totp is None else TotpRead.model_validate(own.totp),
        passkeys=[PasskeyRead.model_validate(each) for each in own.passkeys],
        recovery_codes=own.factors.recovery_codes,
        is_always_asked=own.factors.is_always_asked,
        is_asked=own.factors.is_asked,
    )


@router.patch(
    "",
    status_code=204,
    response_class=Response,
    responses=problems(*STEPPED_UP_ERRORS) | _changes(204, "It holds from now on."),
)
async def update_my_mfa(
    body: MfaUpdate, person: SteppedUpEnrollingDep, session: PersonSessionDep, parts: PartsDep
) -> Response:
    """Have a log-in with the password ask for a passkey too, or not. If that changes anything, all one's
    other sessions end."""
    changed = await service.set_always_asked(
        session, parts, person, is_always_asked=body.is_always_asked
    )
    return _answer(Response(status_code=204), changed)


@router.post("/totp", status_code=201, responses=problems(*STEPPED_UP_ERRORS))
async def start_my_totp(
    person: SteppedUpEnrollingDep, session: PersonSessionDep, parts: PartsDep
) -> TotpStarted:
    """Begin to set up an app for codes, within fifteen minutes. One that there is already stays until the
    new one is confirmed; whoever asks again gets the same secret."""
    return TotpStarted.model_validate(await service.begin_totp(session, parts, person))


@router.post(
    "/totp/confirm",
    responses=problems(*STEPPED_UP_ERRORS, WrongCodeError, SetUpExpiredError, TooManyAttemptsError)
    | _changes(200, "The app is set up."),
)
async def confirm_my_totp(
    body: TotpConfirm,
    request: Request,
    response: Response,
    person: SteppedUpEnrollingDep,
    parts: PartsDep,
) -> FactorAddedRead:
    """Keep the app, which shows this code; if its clock is wrong by up to two and a half minutes, that is
    noted. All one's other sessions end, and log-ins ask for a code from now on."""
    changed = await service.confirm_totp(
        parts, person, body.code, device_cookie=request.cookies.get(DEVICE_COOKIE_NAME, "")
    )
    _answer(response, changed)
    return FactorAddedRead(recovery_codes=changed.recovery_codes)


@router.delete(
    "/totp",
    status_code=204,
    response_class=Response,
    responses=problems(*STEPPED_UP_ERRORS, NoTotpError) | _changes(204, "The app is gone."),
)
async def remove_my_totp(
    person: SteppedUpEnrollingDep, session: PersonSessionDep, parts: PartsDep
) -> Response:
    """Take one's app for codes away; with the last factor the recovery codes go too. All one's other
    sessions end."""
    return _answer(Response(status_code=204), await service.remove_totp(session, parts, person))


@router.post(
    "/passkeys/start", status_code=201, responses=problems(*STEPPED_UP_ERRORS) | {201: STARTED}
)
async def start_my_passkey(
    request: Request, response: Response, person: SteppedUpEnrollingDep, parts: PartsDep
) -> PasskeyStarted:
    """Begin to make a passkey, on the platform's host, within five minutes."""
    begun = await service.begin_passkey(
        parts, person, request.cookies.get(CHALLENGE_COOKIE_NAME, "")
    )
    response.set_cookie(**begun.cookie)
    return PasskeyStarted(
        challenge_id=begun.challenge_id,
        options=begun.passkey or {},
        expires_at=begun.expires_at,
    )


@router.post(
    "/passkeys",
    status_code=201,
    responses=problems(
        *STEPPED_UP_ERRORS, ChallengeInvalidError, WrongPasskeyError, PasskeyExistsError
    )
    | {201: MADE},
)
async def add_my_passkey(
    body: PasskeyCreate,
    request: Request,
    response: Response,
    person: SteppedUpEnrollingDep,
    parts: PartsDep,
) -> PasskeyAddedRead:
    """Keep a passkey that the browser has made. All one's other sessions end."""
    new = service.NewPasskey(
        challenge_id=body.challenge_id,
        secret=request.cookies.get(CHALLENGE_COOKIE_NAME, ""),
        credential=body.credential.model_dump(by_alias=True),
        name=body.name,
    )
    made, changed = await service.add_passkey(parts, person, new)
    _answer(response, changed)
    read = PasskeyRead.model_validate(made)
    return PasskeyAddedRead(**read.model_dump(), recovery_codes=changed.recovery_codes)


@router.patch("/passkeys/{passkey_id}", responses=problems(*PERSON_ERRORS, PasskeyNotFoundError))
async def rename_my_passkey(
    passkey_id: UUID, body: PasskeyUpdate, person: EnrollingDep, session: PersonSessionDep
) -> PasskeyRead:
    """Call a passkey something else."""
    renamed = await service.rename_passkey(session, person, passkey_id, body.name)
    return PasskeyRead.model_validate(renamed)


@router.delete(
    "/passkeys/{passkey_id}",
    status_code=204,
    response_class=Response,
    responses=problems(*STEPPED_UP_ERRORS, PasskeyNotFoundError)
    | _changes(204, "The passkey is gone."),
)
async def remove_my_passkey(
    passkey_id: UUID, person: SteppedUpEnrollingDep, session: PersonSessionDep, parts: PartsDep
) -> Response:
    """Take a passkey away; with the last factor the recovery codes go too. All one's other sessions end."""
    changed = await service.remove_passkey(session, parts, person, passkey_id)
    return _answer(Response(status_code=204), changed)


@router.post(
    "/recovery-codes",
    status_code=201,
    responses=problems(*STEPPED_UP_ERRORS, NoFactorError)
    | _changes(201, "The old codes are void."),
)
async def renew_my_recovery_codes(
    response: Response, person: SteppedUpEnrollingDep, session: PersonSessionDep, parts: PartsDep
) -> RecoveryCodes:
    """Ten new recovery codes instead of those that one has. All one's other sessions end."""
    changed = await service.renew_recovery_codes(session, parts, person)
    _answer(response, changed)
    return RecoveryCodes(recovery_codes=changed.recovery_codes or [])


def _answer(response: Response, changed: service.Changed | None) -> Response:
    if changed is not None:
        response.set_cookie(**renewed_cookie(changed.session))
    return response
