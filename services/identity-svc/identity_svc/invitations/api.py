"""The routes of invitations: of those who invite, on a tenant's host, and of the invited, on the platform's."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from identity_svc.callers import PERSON_ERRORS, PersonDep, PersonSessionDep
from identity_svc.invitations import acceptance, asks, links, service
from identity_svc.invitations.errors import (
    DomainNotAllowedError,
    ExpiryOutOfRangeError,
    InvitationClosedError,
    InvitationForAnotherError,
    InvitationLinkNotFoundError,
    InvitationNotFoundError,
    RoleNotInvitableError,
    TooManyInvitationsError,
)
from identity_svc.invitations.offers import OFFER_ERRORS, find_subject
from identity_svc.invitations.schemas import (
    InvitationAccept,
    InvitationAsk,
    InvitationLinkCreate,
    InvitationLinkCreated,
    InvitationLinkPage,
    InvitationLookUp,
    InvitationPage,
    InvitationRead,
    InvitationsCreate,
    InvitationsCreated,
    InvitationState,
    JoinedRead,
    OfferRead,
    OwnInvitations,
)
from identity_svc.parts import PartsDep
from identity_svc.people.service import NEW_PASSWORD_ERRORS, AccountExistsError
from identity_svc.roles.service import GRANT_ERRORS
from identity_svc.seats.service import SEAT_ERRORS
from identity_svc.sessions.service import (
    COOKIE_NAME,
    DEVICE_COOKIE_NAME,
    Browser,
    cookies_of,
    get_person,
    sets_cookie,
)
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import PersonRequiredError, PlatformDep, requires_person
from stagify.dependencies import SessionDep
from stagify.idempotency import IDEMPOTENCY_ERRORS, IdempotencyDep, idempotent
from stagify.links import link
from stagify.pagination import InvalidCursorError, PageParamsDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems
from stagify.source import SourceDep

router = APIRouter(tags=["invitations"])

ManagerDep = Annotated[TenantPrincipal, Depends(requires_person("members:manage"))]

ROLE_ERRORS = (*GRANT_ERRORS, RoleNotInvitableError)
JOIN_ERRORS = (*OFFER_ERRORS, InvitationForAnotherError, DomainNotAllowedError, *SEAT_ERRORS)
JOINED = {
    "description": "One is a member now.",
    "headers": sets_cookie(
        "Of somebody new: a session on this host, and a second cookie by which this browser is "
        "known."
    ),
}


async def mails_a_day(principal: ManagerDep, parts: PartsDep) -> int:
    """How many mails the tenant may cause in a day: it is asked before the transaction begins."""
    return service.mails_a_day(await parts.entitlements.find(principal.tenant_id, principal.plan))


MailsADayDep = Annotated[int, Depends(mails_a_day)]


@router.post(
    "/v1/invitations",
    status_code=201,
    responses=problems(PersonRequiredError, *ROLE_ERRORS, TooManyInvitationsError)
    | {
        201: {
            "links": link("revoke_invitation", invitation_id="/items/0/invitation_id")
            | link("resend_invitation", invitation_id="/items/0/invitation_id")
        }
    },
)
async def invite(
    body: InvitationsCreate, principal: ManagerDep, mails: MailsADayDep, session: SessionDep
) -> InvitationsCreated:
    """Ask up to 500 people into this workspace by mail; each has a week to accept. The answer says what
    became of each address, so the same call can be repeated."""
    return await service.invite(session, principal=principal, wanted=body, mails_a_day=mails)


@router.get(
    "/v1/invitations",
    responses=problems(PersonRequiredError, InvalidCursorError)
    | {
        200: {
            "links": link("revoke_invitation", invitation_id="/items/0/id")
            | link("list_invitations", cursor="/next_cursor")
        }
    },
)
async def list_invitations(
    _: ManagerDep,
    session: SessionDep,
    params: PageParamsDep,
    state: InvitationState | None = None,
) -> InvitationPage:
    """The invitations of this workspace, also those that ended in the last 30 days."""
    return await service.list_invitations(session, params, state)


@router.post(
    "/v1/invitations/{invitation_id}/resend",
    responses=problems(
        PersonRequiredError,
        InvitationNotFoundError,
        InvitationClosedError,
        TooManyInvitationsError,
        TooManyAttemptsError,
        *ROLE_ERRORS,
    ),
)
async def resend_invitation(
    invitation_id: UUID,
    principal: ManagerDep,
    mails: MailsADayDep,
    session: SessionDep,
    parts: PartsDep,
) -> InvitationRead:
    """Send an invitation again, also one that has expired: with another link and another week; the old
    link is dead. At most once in ten minutes and five times a day."""
    return await service.resend(
        session,
        principal=principal,
        invitation_id=invitation_id,
        digester=parts.digester,
        mails_a_day=mails,
    )


@router.delete(
    "/v1/invitations/{invitation_id}",
    status_code=204,
    responses=problems(PersonRequiredError, InvitationNotFoundError, InvitationClosedError),
)
async def revoke_invitation(
    invitation_id: UUID, principal: ManagerDep, session: SessionDep
) -> None:
    """Take back an invitation; its link is dead at once."""
    await service.revoke(session, principal=principal, invitation_id=invitation_id)


@router.post("/v1/invitations/look-up", responses=problems(*OFFER_ERRORS, TooManyAttemptsError))
async def look_up_invitation(
    body: InvitationLookUp, _: PlatformDep, source: SourceDep, parts: PartsDep
) -> OfferRead:
    """What an invitation's mail, or a link, offers. Nothing is accepted by it."""
    return await acceptance.look_up(parts, body.token.get_secret_value(), source)


@router.post(
    "/v1/invitations/accept",
    responses=problems(*JOIN_ERRORS, AccountExistsError, TooManyAttemptsError, *NEW_PASSWORD_ERRORS)
    | {200: JOINED},
)
async def accept_invitation(
    body: InvitationAccept,
    request: Request,
    response: Response,
    _: PlatformDep,
    source: SourceDep,
    parts: PartsDep,
) -> JoinedRead:
    """Accept an invitation, or come in by a link.

    Whoever is logged in on this host accepts with the secret alone; the account must have the invited
    address. Somebody without an account names themselves and chooses a password: the invited address is
    that of their account, and they are logged in on this host afterwards. If there is no seat, the
    invitation stays valid.
    """
    cookie = request.cookies.get(COOKIE_NAME, "")
    if body.password is None:
        # First, so that somebody who is not logged in learns nothing of the secret.
        async with parts.database.system() as session:
            person = await get_person(session, parts.digester, cookie)
        subject = await find_subject(parts, body.token.get_secret_value(), source)
        return await acceptance.accept(parts, subject, person)
    subject = await find_subject(parts, body.token.get_secret_value(), source)
    newcomer = acceptance.Newcomer(
        wanted=body,
        browser=Browser(
            device_cookie=request.cookies.get(DEVICE_COOKIE_NAME, ""),
            user_agent=request.headers.get("user-agent", ""),
        ),
        replaces=cookie,
    )
    joined, log_in = await acceptance.accept_as_newcomer(parts, subject, newcomer)
    for each in cookies_of(log_in):
        response.set_cookie(**each)
    return joined


@router.post(
    "/v1/invitations/decline",
    status_code=204,
    responses=problems(*OFFER_ERRORS, TooManyAttemptsError),
)
async def decline_invitation(
    body: InvitationLookUp, _: PlatformDep, source: SourceDep, parts: PartsDep
) -> None:
    """Say no to an invitation."""
    subject = await find_subject(parts, body.token.get_secret_value(), source)
    await acceptance.decline(parts, subject)


@router.post(
    "/v1/invitations/ask",
    status_code=202,
    response_class=Response,
    responses=problems(*OFFER_ERRORS, DomainNotAllowedError, TooManyAttemptsError),
)
async def ask_for_invitation(
    body: InvitationAsk, _: PlatformDep, source: SourceDep, parts: PartsDep
) -> Response:
    """Ask for an invitation by mail with the secret of a link: the way in for somebody without an account.
    The answer is the same whether or not the address has one."""
    await asks.ask_by_link(
        parts, token=body.token.get_secret_value(), email=body.email, source=source
    )
    return Response(status_code=202)


@router.get(
    "/v1/me/invitations",
    responses=problems(*PERSON_ERRORS)
    | {
        200: {
            "links": link("accept_my_invitation", invitation_id="/items/0/id")
            | link("decline_my_invitation", invitation_id="/items/0/id")
        }
    },
)
async def list_my_invitations(
    person: PersonDep, session: PersonSessionDep, parts: PartsDep
) -> OwnInvitations:
    """The workspaces that ask for one, at the address of one's account."""
    return await acceptance.list_own(session, person, parts.settings)


@router.post(
    "/v1/me/invitations/{invitation_id}/accept",
    responses=problems(*PERSON_ERRORS, InvitationNotFoundError, *JOIN_ERRORS),
)
async def accept_my_invitation(
    invitation_id: UUID, person: PersonDep, parts: PartsDep
) -> JoinedRead:
    """Accept an invitation to the address of one's account; that address is proven."""
    async with parts.person_database.person(person.user_id) as session:
        subject = await acceptance.find_own(session, person, invitation_id)
    return await acceptance.accept(parts, subject, person)


@router.post(
    "/v1/me/invitations/{invitation_id}/decline",
    status_code=204,
    responses=problems(*PERSON_ERRORS, InvitationNotFoundError, *OFFER_ERRORS),
)
async def decline_my_invitation(invitation_id: UUID, person: PersonDep, parts: PartsDep) -> None:
    """Say no to an invitation to one's address."""
    async with parts.person_database.person(person.user_id) as session:
        subject = await acceptance.find_own(session, person, invitation_id)
    await acceptance.decline(parts, subject)


@router.post(
    "/v1/invitation-links",
    status_code=201,
    response_model=InvitationLinkCreated,
    responses=problems(
        PersonRequiredError, *ROLE_ERRORS, ExpiryOutOfRangeError, *IDEMPOTENCY_ERRORS
    )
    | {201: idempotent(link("revoke_invitation_link", invitation_link_id="/id"))},
)
async def create_invitation_link(
    body: InvitationLinkCreate,
    principal: ManagerDep,
    session: SessionDep,
    parts: PartsDep,
    idempotency: IdempotencyDep,
) -> Response:
    """Make a link by which several people may come in. Its address is in this answer and nowhere else."""
    return await idempotency.run(
        session,
        201,
        lambda: links.create_link(
            session,
            principal=principal,
            wanted=body,
            digester=parts.digester,
            app_url=parts.settings.app_url,
        ),
        shown_once=frozenset({"url"}),
    )


@router.get(
    "/v1/invitation-links",
    responses=problems(PersonRequiredError, InvalidCursorError)
    | {
        200: {
            "links": link("revoke_invitation_link", invitation_link_id="/items/0/id")
            | link("list_invitation_links", cursor="/next_cursor")
        }
    },
)
async def list_invitation_links(
    _: ManagerDep, session: SessionDep, params: PageParamsDep
) -> InvitationLinkPage:
    """The links of this workspace that were not revoked, without their addresses."""
    return await links.list_links(session, params)


@router.delete(
    "/v1/invitation-links/{invitation_link_id}",
    status_code=204,
    responses=problems(PersonRequiredError, InvitationLinkNotFoundError),
)
async def revoke_invitation_link(
    invitation_link_id: UUID, principal: ManagerDep, session: SessionDep
) -> None:
    """End a link at once. Who came in by it stays."""
    await links.revoke_link(session, principal=principal, link_id=invitation_link_id)
