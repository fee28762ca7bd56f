"""Who calls, where people act for themselves and not for a tenant: the person, and their session."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from identity_svc.parts import Parts, PartsDep
from identity_svc.sessions.service import COOKIE_NAME, Person, PlatformPerson, get_person
from stagify import cause
from stagify.auth import (
    CredentialScheme,
    PersonRequiredError,
    SecondFactorRequiredError,
    principal_of,
    require_step_up,
)
from stagify.database import Session
from stagify.errors import UnauthorizedError


async def _on_platform(request: Request) -> Person:
    """Whose session on the platform's host the request has; looked up once, however many ask."""
    known: Person | None = getattr(request.state, "person", None)
    if known is None:
        parts: Parts = request.app.state.parts
        async with parts.database.system() as session:
            known = await get_person(session, parts.digester, request.cookies.get(COOKIE_NAME, ""))
        request.state.person = known
    # Whoever reads the token says that it names nobody.
    cause.bind_actor(f"user:{known.user_id}")
    return known


class _LoggedIn(CredentialScheme):
    """Lets everybody pass who is logged in, on the host of a tenant or on the platform's; those who have
    to show a second factor first only if the call is on their way to that."""

    def __init__(self, *, is_on_the_way: bool = False) -> None:
        super().__init__()
        self._is_on_the_way = is_on_the_way

    async def __call__(self, request: Request) -> Person:
        principal = principal_of(request)
        if principal.kind == "platform":
            return await _on_platform(request)
        if principal.kind == "api_key":
            raise PersonRequiredError
        if principal.kind != "user" or principal.user_id is None or principal.credential_id is None:
            raise UnauthorizedError
        if principal.restriction is not None and not self._is_on_the_way:
            raise SecondFactorRequiredError
        return Person(principal.user_id, principal.credential_id)


class _SteppedUp(_LoggedIn):
    """The same, if they have proved who they are a short while ago."""

    async def __call__(self, request: Request) -> Person:
        person = await super().__call__(request)
        if isinstance(person, PlatformPerson):
            require_step_up(person.auth_time.timestamp())
        else:
            require_step_up(principal_of(request).auth_time)
        return person


PersonDep = Annotated[Person, Depends(_LoggedIn())]
# For what people do who have to show a second factor, or to set one up.
EnrollingDep = Annotated[Person, Depends(_LoggedIn(is_on_the_way=True))]
# For what must not be done with a session that somebody else has got hold of. The route names
# `stagify.auth.STEP_UP_ERRORS`.
SteppedUpDep = Annotated[Person, Depends(_SteppedUp())]
SteppedUpEnrollingDep = Annotated[Person, Depends(_SteppedUp(is_on_the_way=True))]


async def person_session(person: EnrollingDep, parts: PartsDep) -> AsyncIterator[Session]:
    """The request's transaction, which sees what is the person's own in all tenants."""
    async with parts.person_database.person(person.user_id) as session:
        yield session


PersonSessionDep = Annotated[Session, Depends(person_session, scope="function")]
