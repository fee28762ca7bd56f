"""Who calls, where people act for themselves and not for a tenant: the person, and their session."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from identity_svc.parts import Parts, PartsDep
from identity_svc.sessions.service import COOKIE_NAME, Person, PlatformPerson, get_person
from stagify.auth import CredentialScheme, PersonRequiredError, principal_of, require_step_up
from stagify.database import Session
from stagify.errors import UnauthorizedError


class _LoggedIn(CredentialScheme):
    """Lets everybody pass who is logged in, on the host of a tenant or on the platform's."""

    async def __call__(self, request: Request) -> Person:
        principal = principal_of(request)
        if principal.kind == "platform":
            parts: Parts = request.app.state.parts
            async with parts.database.system() as session:
                return await get_person(
                    session, parts.digester, request.cookies.get(COOKIE_NAME, "")
                )
        if principal.kind == "api_key":
            raise PersonRequiredError
        if principal.kind != "user" or principal.user_id is None or principal.credential_id is None:
            raise UnauthorizedError
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
# For what must not be done with a session that somebody else has got hold of. The route names
# `stagify.auth.STEP_UP_ERRORS`.
SteppedUpDep = Annotated[Person, Depends(_SteppedUp())]


async def person_session(person: PersonDep, parts: PartsDep) -> AsyncIterator[Session]:
    """The request's transaction, which sees what is the person's own in all tenants."""
    async with parts.person_database.person(person.user_id) as session:
        yield session


PersonSessionDep = Annotated[Session, Depends(person_session, scope="function")]
