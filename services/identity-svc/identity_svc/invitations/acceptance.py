"""Invitations as the invited see them: looking at one, accepting it, declining it.

The secret proves that its holder reads the mails of the invited address; nothing but the address decides
who may accept. It is used up in the transaction that makes the member, and the tenant is locked there, so
of any number of attempts at once one makes a member. Seats are asked for before, at usage-svc.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from prometheus_client import Counter

from identity_svc.invitations import queries
from identity_svc.invitations.errors import (
    InvitationForAnotherError,
    InvitationInvalidError,
    InvitationNotFoundError,
)
from identity_svc.invitations.models import InvitationLink
from identity_svc.invitations.offers import (
    Offer,
    Subject,
    find_subject,
    get_offer,
    read_tenant,
    require_open,
    require_welcome,
)
from identity_svc.invitations.schemas import (
    InvitationAccept,
    InvitingBrand,
    JoinedRead,
    OfferRead,
    OwnInvitationRead,
    OwnInvitations,
)
from identity_svc.invitations.service import use_up
from identity_svc.mail.service import Brands
from identity_svc.members.service import add_member, find_role
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.people.schemas import email_key
from identity_svc.people.service import (
    Account,
    AccountExistsError,
    Standing,
    check_password,
    require_unbreached,
)
from identity_svc.seats.service import reserve_seat
from identity_svc.sessions.service import Browser, Person, PersonLogIn, Shown, sign_in
from identity_svc.settings import Settings
from identity_svc.tenants.service import (
    find_tenant,
    find_tenants,
    lock_tenant,
)
from stagify import cause
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import UnauthorizedError
from stagify.events.identity import InvitationDeclined, UserRegistered
from stagify.ids import new_id
from stagify.outbox import publish
from stagify.source import Source

ACCEPTED = Counter(
    "stagify_identity_invitations", "Invitations: accepted, declined, refused.", ["outcome"]
)


async def look_up(parts: Parts, token: str, source: Source) -> OfferRead:
    """What the holder of a secret is offered. It does not ask whether the address has an account, so
    neither the answer nor how long it takes tells."""
    subject = await find_subject(parts, token, source)
    async with parts.database.tenant(subject.tenant_id) as session:
        offer = await get_offer(session, subject)
        inviter = await people.get_account(session, offer.inviter_id)
        brand = await Brands(parts.settings).of_tenant(session, subject.tenant_id)
        invitation, link = offer.invitation, offer.link
        return OfferRead(
            kind="link" if invitation is None else "invitation",
            tenant=read_tenant(offer.tenant, parts.settings),
            brand=InvitingBrand(name=brand.name, tokens=brand.tokens),
            role=offer.role.key,
            invited_by=inviter.name,
            email=None if invitation is None else invitation.email,
            message=None if invitation is None else invitation.message,
            domains=[] if link is None or invitation is not None else link.domains,
            expires_at=invitation.expires_at if invitation is not None else _end_of(link),
        )


def _end_of(link: InvitationLink | None) -> datetime:
    assert link is not None
    return link.expires_at


async def accept(parts: Parts, subject: Subject, person: Person) -> JoinedRead:
    """Make the person a member. Whoever is one already stays what they are."""
    async with parts.database.tenant(subject.tenant_id) as session:
        joined = await _joined_before(session, parts, subject, person.user_id)
        if joined is not None:
            return joined
        offer = await get_offer(session, subject)
        await require_welcome(session, offer, await people.get_account(session, person.user_id))
    reservation_id = _reservation(subject, person.user_id)
    await reserve_seat(parts.usage_svc, subject.tenant_id, reservation_id)
    with cause.named(f"user:{person.user_id}"):
        async with parts.database.tenant(subject.tenant_id) as session:
            await lock_tenant(session, subject.tenant_id)
            joined = await _joined_before(session, parts, subject, person.user_id)
            if joined is not None:
                return joined
            offer = await get_offer(session, subject)
            account = await people.hold_account(session, person.user_id)
            if people.is_erased(account):
                # It has ended in this very moment: nobody is left to be a member.
                raise UnauthorizedError
            await require_welcome(session, offer, account)
            await _join(session, offer, account, reservation_id)
    ACCEPTED.labels("accepted").inc()
    return JoinedRead(tenant=read_tenant(offer.tenant, parts.settings), role=offer.role.key)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody without an account: how they want to be called, and their browser, which is logged in on
    the platform's host afterwards, in place of the session with the token `replaces`."""

    wanted: InvitationAccept
    browser: Browser
    replaces: str = ""


async def accept_as_newcomer(
    parts: Parts, subject: Subject, newcomer: Newcomer
) -> tuple[JoinedRead, PersonLogIn]:
    """Make an account for the invited address, which its secret proves, and its person a member."""
    name, password = newcomer.wanted.name, newcomer.wanted.password
    assert name is not None
    assert password is not None
    async with parts.database.tenant(subject.tenant_id) as session:
        offer = await get_offer(session, subject)
        # A link says nothing about an address: it is mailed an invitation of its own first.
        if offer.invitation is None:
            raise InvitationInvalidError
        email = offer.invitation.email
        if await people.find_account(session, email) is not None:
            raise AccountExistsError(_LOG_IN)
    check_password(password.get_secret_value(), email)
    await require_unbreached(parts.breaches, password.get_secret_value())
    account = Account(
        new_id(),
        email,
        name,
        await parts.passwords.hash(password.get_secret_value(), Standing()),
        locale=newcomer.wanted.locale,
    )
    reservation_id = _reservation(subject, account.id)
    await reserve_seat(parts.usage_svc, subject.tenant_id, reservation_id)
    with cause.named(f"user:{account.id}"):
        async with parts.database.tenant(subject.tenant_id) as session:
            await lock_tenant(session, subject.tenant_id)
            offer = await get_offer(session, subject)
            if not await people.register(session, account):
                raise AccountExistsError(_LOG_IN)
            publish(session, UserRegistered(user_id=account.id))
            await _join(session, offer, account, reservation_id)
            log_in = await sign_in(
                session, parts, newcomer.browser, shown=Shown(account), replaces=newcomer.replaces
            )
            assert log_in is not None
    ACCEPTED.labels("accepted").inc()
    joined = JoinedRead(tenant=read_tenant(offer.tenant, parts.settings), role=offer.role.key)
    return joined, log_in


_LOG_IN = "An account with this address already exists: log in with it, then accept."


async def decline(parts: Parts, subject: Subject) -> None:
    """Say no to an invitation, which is final. A link asks nobody, so nobody declines one."""
    async with parts.database.tenant(subject.tenant_id) as session:
        if subject.invitation_id is None:
            raise InvitationInvalidError
        invitation = await queries.lock_invitation(session, subject.invitation_id)
        if invitation is not None and invitation.state == "declined":
            return
        invitation = require_open(invitation)
        invitation.state, invitation.decided_at = "declined", utc_now()
        publish(
            session,
            InvitationDeclined(tenant_id=invitation.tenant_id, invitation_id=invitation.id),
        )
    ACCEPTED.labels("declined").inc()


async def list_own(session: Session, person: Person, settings: Settings) -> OwnInvitations:
    """The pending invitations to the person's address, in a transaction of the person."""
    account = await people.get_account(session, person.user_id)
    found = await queries.find_addressed(session, email_key(account.email), utc_now())
    tenants = await find_tenants(session, {each.tenant_id for each in found})
    return OwnInvitations(
        items=[
            OwnInvitationRead(
                id=each.id,
                tenant=read_tenant(tenants[each.tenant_id], settings),
                role=each.role,
                message=each.message,
                created_at=each.created_at,
                expires_at=each.expires_at,
            )
            for each in found
            if tenants[each.tenant_id].status != "expired"
        ]
    )


async def find_own(session: Session, person: Person, invitation_id: UUID) -> Subject:
    """One of the invitations to the person's address, whatever became of it."""
    account = await people.get_account(session, person.user_id)
    found = await queries.find_any(session, invitation_id)
    if found is None or found.email_key != email_key(account.email):
        raise InvitationNotFoundError
    return Subject(found.tenant_id, found.id)


async def _joined_before(
    session: Session, parts: Parts, subject: Subject, user_id: UUID
) -> JoinedRead | None:
    """What somebody who is a member already is told, whatever became of the invitation: if it is open, it
    is used up, and their role stays."""
    # First, so that whoever waits for their own other attempt sees what it has made of them.
    if subject.invitation_id is not None:
        await queries.lock_invitation(session, subject.invitation_id)
    elif subject.link_id is not None:
        await queries.lock_link(session, subject.link_id)
    role = await find_role(session, user_id)
    if role is None:
        return None
    tenant = await find_tenant(session, subject.tenant_id)
    assert tenant is not None
    if subject.invitation_id is not None:
        account = await people.get_account(session, user_id)
        invitation = await queries.lock_invitation(session, subject.invitation_id)
        if invitation is None or invitation.email_key != email_key(account.email):
            raise InvitationForAnotherError
        if invitation.state == "pending":
            await use_up(session, invitation.id, user_id)
    return JoinedRead(tenant=read_tenant(tenant, parts.settings), role=role.key)


async def _join(session: Session, offer: Offer, account: Account, reservation_id: UUID) -> None:
    if offer.link is not None:
        # The row is locked, so the count is right.
        offer.link.uses += 1
    if offer.invitation is not None:
        await use_up(session, offer.invitation.id, account.id)
    await add_member(
        session,
        tenant_id=offer.tenant.id,
        user_id=account.id,
        role=offer.role,
        reservation_id=reservation_id,
    )


def _reservation(subject: Subject, user_id: UUID) -> UUID:
    """The id of the seat's reservation: of one invitation always the same."""
    if subject.invitation_id is not None:
        return uuid5(subject.invitation_id, "seat")
    assert subject.link_id is not None
    return uuid5(subject.link_id, f"seat:{user_id}")
