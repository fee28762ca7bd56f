"""Who may call a route: dependencies that read the context token and ask for permissions."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security.base import SecurityBase

from stagify import cause
from stagify.clock import utc_now
from stagify.errors import ForbiddenError, Members, UnauthorizedError
from stagify.principal import Principal, TenantPrincipal
from stagify.tokens import CONTEXT_HEADER, InvalidContextError, TokenVerifier

# How old the proof may be with which somebody does what cannot be undone, or gives others power.
STEP_UP_LIFE = timedelta(minutes=10)


class MissingPermissionError(ForbiddenError):
    """Your role or key does not allow this."""

    code = "permission_denied"
    example = Members(needed=["projects:write"])


class WrongHostError(ForbiddenError):
    """This call is not available on this host."""

    code = "wrong_host"


class PersonRequiredError(ForbiddenError):
    """This call is for people who are logged in: API keys cannot make it."""

    code = "person_required"


class StepUpRequiredError(ForbiddenError):
    """Confirm that it is you first: for this, your log-in must be at most ten minutes old."""

    code = "step_up_required"


class SecondFactorRequiredError(ForbiddenError):
    """This workspace asks for a second factor: show yours, or set one up, before you go on."""

    code = "second_factor_required"


class TenantRequiredError(ForbiddenError):
    """This call is available on a workspace's address only."""

    code = "tenant_required"


def principal_of(request: Request) -> Principal:
    """The caller of this request, from any genuine context, including an anonymous one. From here
    on the caller is the actor of the events that the request publishes.

    Other dependencies call this instead of depending on it: what FastAPI does for one more
    dependency would cost more than the function itself.
    """
    tokens = request.headers.getlist(CONTEXT_HEADER)
    if len(tokens) != 1:
        raise InvalidContextError
    verifier: TokenVerifier = request.app.state.verifier
    principal = verifier.verify(tokens[0])
    cause.bind_actor(_actor(request, principal))
    return principal


def _actor(request: Request, principal: Principal) -> str | None:
    """Who caused the call. Only a service may name somebody else on whose behalf it calls."""
    if principal.kind == "service":
        claimed = request.headers.get(cause.ACTOR_HEADER, "")
        if cause.ACTOR.fullmatch(claimed):
            return claimed
    return principal.actor


class CredentialScheme(SecurityBase):
    """What a dependency derives from that asks for a credential. It is a security scheme in OpenAPI, so
    the document says which calls need one; the gateway's document says how to send it."""

    def __init__(self) -> None:
        self.model = APIKey(**{"in": APIKeyIn.header}, name=CONTEXT_HEADER)
        self.scheme_name = "context"


class _SignedIn(CredentialScheme):
    """Lets members and keys that have the needed permissions pass; or members alone, who have proved
    who they are a short while ago."""

    def __init__(self, needed: frozenset[str], *, step_up: bool = False) -> None:
        super().__init__()
        self._needed = needed
        self._step_up = step_up

    async def __call__(self, request: Request) -> TenantPrincipal:
        principal = principal_of(request)
        if principal.kind not in ("user", "api_key"):
            raise UnauthorizedError
        if not isinstance(principal, TenantPrincipal):
            raise TenantRequiredError
        if principal.restriction is not None:
            raise SecondFactorRequiredError
        if not self._needed <= principal.permissions:
            raise MissingPermissionError(needed=[*sorted(self._needed - principal.permissions)])
        if self._step_up:
            if principal.kind == "api_key":
                raise PersonRequiredError
            require_step_up(principal.auth_time)
        return principal


def requires(
    *permissions: str, step_up: bool = False
) -> Callable[[Request], Awaitable[TenantPrincipal]]:
    """A dependency that requires a member or key of this tenant with all of `permissions`; with
    `step_up`, a member whose log-in or step-up is at most STEP_UP_LIFE old: the route then names
    STEP_UP_ERRORS.

    Use it as `Annotated[TenantPrincipal, Depends(requires("projects:write"))]`.
    """
    return _SignedIn(frozenset(permissions), step_up=step_up)


def require_step_up(auth_time: float | None) -> None:
    """StepUpRequiredError unless somebody proved who they are, at `auth_time` (Unix time), at most
    STEP_UP_LIFE ago."""
    if auth_time is None or utc_now().timestamp() - auth_time > STEP_UP_LIFE.total_seconds():
        raise StepUpRequiredError


# What a route refuses with that asks for a step-up.
STEP_UP_ERRORS = (PersonRequiredError, StepUpRequiredError)


class _PersonSignedIn(_SignedIn):
    """Lets members that have the needed permissions pass, and no key, whatever its scopes."""

    async def __call__(self, request: Request) -> TenantPrincipal:
        if principal_of(request).kind == "api_key":
            raise PersonRequiredError
        return await super().__call__(request)


def requires_person(*permissions: str) -> Callable[[Request], Awaitable[TenantPrincipal]]:
    """A dependency that requires a person who is logged in to this tenant, with all of `permissions`:
    for what no program may do. The route declares `PersonRequiredError`."""
    return _PersonSignedIn(frozenset(permissions))


_signed_in = _SignedIn(frozenset())


class _WithSession(CredentialScheme):
    """Lets members and keys pass on a tenant's host, and everyone on the platform's: whether there is a
    person's session, only identity-svc can tell."""

    async def __call__(self, request: Request) -> Principal:
        principal = principal_of(request)
        # A restricted session may see what it is, and what it is for.
        if principal.kind == "platform" or principal.restriction is not None:
            return principal
        return await _signed_in(request)


def service_only(*issuers: str) -> Callable[[Request], Awaitable[Principal]]:
    """A dependency for `/internal` routes: only the named deployables may call."""
    allowed: Iterable[str] = frozenset(issuers)

    async def check(request: Request) -> Principal:
        principal = principal_of(request)
        if principal.kind != "service" or principal.issuer not in allowed:
            raise MissingPermissionError("Only services of the platform may make this call.")
        return principal

    return check


def service_for_tenant(*issuers: str) -> Callable[[Request], Awaitable[TenantPrincipal]]:
    """The same, for calls on behalf of the tenant that the caller's token names."""
    may_call = service_only(*issuers)

    async def check(request: Request) -> TenantPrincipal:
        principal = await may_call(request)
        if not isinstance(principal, TenantPrincipal):
            raise TenantRequiredError
        return principal

    return check


async def _platform(request: Request) -> Principal:
    principal = principal_of(request)
    if principal.kind != "platform":
        raise WrongHostError("This call is available on the platform's own host only.")
    return principal


async def _tenant_host(request: Request) -> TenantPrincipal:
    principal = principal_of(request)
    if not isinstance(principal, TenantPrincipal) or principal.kind == "service":
        raise WrongHostError("This call is available on a workspace's address only.")
    return principal


async def _any_host(request: Request) -> Principal:
    principal = principal_of(request)
    return principal if principal.kind == "platform" else await _tenant_host(request)


# The visitor of `app.<base>`; anyone on a tenant's host; on any host, anyone; on any host, a member, a key
# or a person, who is not known yet.
PlatformDep = Annotated[Principal, Depends(_platform)]
TenantHostDep = Annotated[TenantPrincipal, Depends(_tenant_host)]
AnyHostDep = Annotated[Principal, Depends(_any_host)]
WithSessionDep = Annotated[Principal, Depends(_WithSession())]
