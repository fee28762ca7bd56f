"""Who calls, where people act for themselves and not for a tenant: the person, and their session."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from identity_svc.parts import Parts, PartsDep
from identity_svc.sessions.service import (
    COOKIE_NAME,
    Person,
    PlatformPerson,
    SsoSessionError,
    get_person,
    is_of_connection,
)
from stagify import cause
from stagify.auth import (
    STEP_UP_ERRORS,
    CredentialScheme,
    PersonRequiredError,
    SecondFactorRequiredError,
    principal_of,
    require_step_up,
)
from stagify.database import Session
from stagify.errors import UnauthorizedError
from stagify.principal import Principal


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


async def _require_own(request: Request, principal: Principal) -> None:
    """SsoSessionError if the company's log-in has let the person in: whoever runs that is not to have the
    account, which is good for other workspaces too."""
    parts: Parts = request.app.state.parts
    assert principal.tenant_id is not None
    assert principal.credential_id is not None
    async with parts.database.tenant(principal.tenant_id) as session:
        if await is_of_connection(session, principal.credential_id):
            raise SsoSessionError


class _LoggedIn(CredentialScheme):
    """Lets everybody pass who is logged in, on the host of a tenant or on the platform's; those who have
    to show a second factor first only if the call is on their way to that."""

    def __init__(self, *, is_on_the_way: bool = False, may_be_by_provider: bool = False) -> None:
        super().__init__()
        self._is_on_the_way = is_on_the_way
        self._may_be_by_provider = may_be_by_provider

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
        if not self._may_be_by_provider:
            await _require_own(request, principal)
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


# What these dependencies refuse with, for the routes to name.
PERSON_ERRORS = (PersonRequiredError, SsoSessionError)
STEPPED_UP_ERRORS = (*STEP_UP_ERRORS, SsoSessionError)

PersonDep = Annotated[Person, Depends(_LoggedIn())]
# For what people do who have to show a second factor, or to set one up.
EnrollingDep = Annotated[Person, Depends(_LoggedIn(is_on_the_way=True))]
# For what is no harm either where the company's log-in has let somebody in.
AnyPersonDep = Annotated[Person, Depends(_LoggedIn(is_on_the_way=True, may_be_by_provider=True))]
# For what must not be done with a session that somebody else has got hold of. The route names
# STEPPED_UP_ERRORS.
SteppedUpDep = Annotated[Person, Depends(_SteppedUp())]
SteppedUpEnrollingDep = Annotated[Person, Depends(_SteppedUp(is_on_the_way=True))]


async def person_session(person: AnyPersonDep, parts: PartsDep) -> AsyncIterator[Session]:
    """The request's transaction, which sees what is the person's own in all tenants."""
    async with parts.person_database.person(person.user_id) as session:
        yield session


PersonSessionDep = Annotated[Session, Depends(person_session, scope="function")]
