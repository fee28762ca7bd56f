"""The route of a step-up, on every host."""

from fastapi import APIRouter, Request, Response

from identity_svc.callers import AnyPersonDep
from identity_svc.factors.service import CHALLENGE_ERRORS
from identity_svc.parts import PartsDep
from identity_svc.people.service import PASSWORD_ERRORS
from identity_svc.sessions.schemas import ProofRead
from identity_svc.sessions.service import (
    CHALLENGE_COOKIE_NAME,
    DEVICE_COOKIE_NAME,
    WrongPasswordError,
    renewed_cookie,
    sets_cookie,
)
from identity_svc.step_up import service
from identity_svc.step_up.errors import SecondFactorNeededError
from identity_svc.step_up.schemas import PasskeyStepUp, PasswordStepUp, StepUp
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import PersonRequiredError
from stagify.problems import problems
from stagify.source import SourceDep

router = APIRouter(tags=["session"])

RENEWED = {
    "description": "The session has the proof.",
    "headers": sets_cookie("The session's new token."),
}


@router.post(
    "/v1/session/step-up",
    responses=problems(
        PersonRequiredError,
        SecondFactorNeededError,
        *CHALLENGE_ERRORS,
        WrongPasswordError,
        TooManyAttemptsError,
        *PASSWORD_ERRORS,
    )
    | {200: RENEWED},
)
async def step_up(
    body: StepUp,
    request: Request,
    response: Response,
    person: AnyPersonDep,
    source: SourceDep,
    parts: PartsDep,
) -> ProofRead:
    """Prove once more who you are, for calls that are refused with `step_up_required`: with the password
    or, if you have one, with a second factor.

    The session of this call goes on under a new token. Whoever names a wrong password several times has
    to wait, as at log-in; so does whoever tries ten wrong codes within an hour.
    """
    known = request.cookies.get(DEVICE_COOKIE_NAME, "")
    if isinstance(body, PasswordStepUp):
        proof = service.PasswordProof(body.current_password.get_secret_value(), source, known)
        renewed = await service.by_password(parts, person, proof)
    elif isinstance(body, PasskeyStepUp):
        secret = request.cookies.get(CHALLENGE_COOKIE_NAME, "")
        shown = service.Shown(body.proof(), body.challenge_id, secret)
        renewed = await service.by_passkey(parts, person, shown)
    else:
        renewed = await service.by_code(parts, person, body.proof(), device_cookie=known)
    response.set_cookie(**renewed_cookie(renewed))
    return ProofRead.of(renewed.amr, renewed.auth_time)
