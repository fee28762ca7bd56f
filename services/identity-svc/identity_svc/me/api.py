"""The routes of one's own account, on every host."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from identity_svc.callers import (
    PERSON_ERRORS,
    STEPPED_UP_ERRORS,
    AnyPersonDep,
    PersonDep,
    PersonSessionDep,
    SteppedUpDep,
)
from identity_svc.me import service
from identity_svc.me.deletion import delete_account
from identity_svc.me.errors import OwnSessionNotFoundError
from identity_svc.me.passwords import PasswordWish, change_password
from identity_svc.me.schemas import MeRead, MeUpdate, OwnSessions, OwnTenants, PasswordChange
from identity_svc.members.service import LastOwnerError
from identity_svc.parts import PartsDep
from identity_svc.people.service import NEW_PASSWORD_ERRORS, get_account
from identity_svc.sessions.service import (
    DEVICE_COOKIE_NAME,
    ENDED_DOCUMENT,
    ENDED_HEADERS,
    UNSET_SESSION,
    WrongPasswordError,
    sets_cookie,
)
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import PersonRequiredError
from stagify.links import link
from stagify.problems import problems
from stagify.source import SourceDep

router = APIRouter(prefix="/v1/me", tags=["me"])

ENDED = {"description": "The account has ended.", "headers": ENDED_DOCUMENT}
RENEWED = {
    "description": "The password was changed.",
    "headers": sets_cookie("The session's new token, and that by which this browser is known."),
}


@router.get("", responses=problems(PersonRequiredError))
async def read_me(person: AnyPersonDep, session: PersonSessionDep) -> MeRead:
    """The person who is calling."""
    return MeRead.model_validate(await get_account(session, person.user_id))


@router.patch("", responses=problems(*PERSON_ERRORS))
async def update_me(body: MeUpdate, person: PersonDep, session: PersonSessionDep) -> MeRead:
    """Change one's name, language or look. The address changes only by a mail to the new one."""
    return MeRead.model_validate(await service.update_me(session, person, body))


@router.delete(
    "",
    status_code=204,
    response_class=Response,
    responses=problems(*STEPPED_UP_ERRORS, LastOwnerError) | {204: ENDED},
)
async def delete_me(person: SteppedUpDep, parts: PartsDep) -> Response:
    """End one's account: all memberships, sessions and factors end, and name and address are forgotten. A
    workspace keeps an owner: make somebody else one first. Nobody else gets the address for thirty days."""
    await delete_account(parts, person)
    response = Response(status_code=204, headers=ENDED_HEADERS)
    response.set_cookie(**UNSET_SESSION)
    return response


@router.post(
    "/password",
    status_code=204,
    response_class=Response,
    responses=problems(
        *PERSON_ERRORS, WrongPasswordError, TooManyAttemptsError, *NEW_PASSWORD_ERRORS
    )
    | {204: RENEWED},
)
async def change_my_password(
    body: PasswordChange, request: Request, person: PersonDep, source: SourceDep, parts: PartsDep
) -> Response:
    """Choose a new password. All one's other sessions end, on all hosts, and API keys stay.

    The session of this call goes on under a new token. Whoever names a wrong password several times has
    to wait, as at log-in.
    """
    cookies = await change_password(
        parts,
        person,
        PasswordWish(
            current=body.current_password.get_secret_value(),
            wanted=body.password.get_secret_value(),
            source=source,
            device_cookie=request.cookies.get(DEVICE_COOKIE_NAME, ""),
        ),
    )
    response = Response(status_code=204)
    for each in cookies:
        response.set_cookie(**each)
    return response


@router.get("/tenants", responses=problems(*PERSON_ERRORS))
async def list_my_tenants(
    person: PersonDep, session: PersonSessionDep, parts: PartsDep
) -> OwnTenants:
    """The workspaces that one belongs to, with one's role in each."""
    return await service.list_tenants(session, person, parts.settings)


@router.get(
    "/sessions",
    responses=problems(*PERSON_ERRORS)
    | {200: {"links": link("end_my_session", session_id="/items/0/id")}},
)
async def list_my_sessions(
    person: PersonDep, session: PersonSessionDep, parts: PartsDep
) -> OwnSessions:
    """Where one is logged in, on all hosts; when a session was last used is right to a minute."""
    return await service.list_sessions(session, person, parts.settings)


@router.delete("/sessions", status_code=204, responses=problems(*STEPPED_UP_ERRORS))
async def end_my_other_sessions(person: SteppedUpDep, session: PersonSessionDep) -> None:
    """End all of one's sessions at once, on all hosts, except the one of this call; and whatever was begun by
    now to get another one: log-ins that wait for a second factor, hand-offs, changes of the address."""
    await service.end_other_sessions(session, person)


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    responses=problems(*STEPPED_UP_ERRORS, OwnSessionNotFoundError),
)
async def end_my_session(session_id: UUID, person: SteppedUpDep, session: PersonSessionDep) -> None:
    """End one of one's sessions at once, everywhere. It takes a step-up, so that whoever has got hold of a
    session does not shut its person out."""
    await service.end_session(session, person, session_id)
