"""What a secret, or an invitation among one's own, leads to at this moment, and for whom."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from identity_svc.invitations import queries
from identity_svc.invitations.errors import (
    DomainNotAllowedError,
    InvitationExpiredError,
    InvitationForAnotherError,
    InvitationInvalidError,
    InvitationUsedError,
)
from identity_svc.invitations.models import Invitation, InvitationLink
from identity_svc.invitations.schemas import InvitingTenant
from identity_svc.invitations.service import invitation_hash, may_invite
from identity_svc.members.service import find_removal, find_role
from identity_svc.parts import Parts
from identity_svc.people.schemas import email_key
from identity_svc.people.service import Account
from identity_svc.roles import service as roles
from identity_svc.roles.service import Role, UnknownRoleError
from identity_svc.settings import Settings
from identity_svc.tenants.service import KnownTenant, TenantSuspendedError, find_tenant
from identity_svc.throttling.service import (
    count_attempt,
    limits_of_source,
    uncount_attempt,
)
from stagify.clock import utc_now
from stagify.database import Session
from stagify.source import Source

# What may be wrong with what a secret leads to.
OFFER_ERRORS = (
    InvitationInvalidError,
    InvitationExpiredError,
    InvitationUsedError,
    TenantSuspendedError,
)
HOUR = timedelta(hours=1)
# Wrong secrets that one source may try in an hour.
TRIES_PER_HOUR = 150


@dataclass(frozen=True, slots=True)
class Subject:
    """What a secret belongs to, or what somebody sees among their own: one of both ids."""

    tenant_id: UUID
    invitation_id: UUID | None = None
    link_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be accepted at this moment."""

    tenant: KnownTenant
    role: Role
    invitation: Invitation | None
    link: InvitationLink | None

    @property
    def inviter_id(self) -> UUID:
        """Who invites."""
        return self._row.invited_by if isinstance(self._row, Invitation) else self._row.created_by

    @property
    def _row(self) -> Invitation | InvitationLink:
        row = self.invitation or self.link
        assert row is not None
        return row


async def find_subject(parts: Parts, token: str, source: Source) -> Subject:
    """What a secret belongs to; a wrong one is counted before it is answered."""
    limits = limits_of_source(
        parts.digester, "invitation_token_source_hour", source, TRIES_PER_HOUR, HOUR
    )
    async with parts.database.system() as session:
        # Before anything is compared: who is over the limit learns nothing.
        await count_attempt(session, *limits)
        found = await queries.find_token(session, invitation_hash(parts.digester, token))
        if found is not None:
            await uncount_attempt(session, *limits)
            return Subject(found.tenant_id, found.invitation_id, found.link_id)
    # Outside of the block, because the count has to be committed.
    raise InvitationInvalidError


async def get_offer(session: Session, subject: Subject) -> Offer:
    """What can be accepted now; what is wrong with it otherwise."""
    invitation = link = None
    if subject.invitation_id is not None:
        invitation = require_open(await queries.lock_invitation(session, subject.invitation_id))
    link_id = subject.link_id if invitation is None else invitation.link_id
    if link_id is not None:
        link = _require_live(await queries.lock_link(session, link_id))
    tenant = await find_tenant(session, subject.tenant_id)
    if tenant is None or tenant.status == "expired":
        raise InvitationInvalidError
    if tenant.status not in ("active", "provisioning"):
        raise TenantSuspendedError
    key = invitation.role if invitation is not None else link.role if link is not None else ""
    try:
        offer = Offer(tenant, await roles.find_role(session, key), invitation, link)
    except UnknownRoleError:
        raise InvitationInvalidError from None
    # Whoever has lost the right to invite, or to give this role, invites nobody any more.
    inviter = await find_role(session, offer.inviter_id)
    if not may_invite(inviter, offer.role):
        raise InvitationInvalidError
    return offer


def require_open(invitation: Invitation | None) -> Invitation:
    """The invitation, if it can be accepted; else what has become of it."""
    if invitation is None or invitation.state in ("revoked", "declined"):
        raise InvitationInvalidError
    if invitation.state == "accepted":
        raise InvitationUsedError
    if invitation.state == "expired" or invitation.expires_at <= utc_now():
        raise InvitationExpiredError
    return invitation


def _require_live(link: InvitationLink | None) -> InvitationLink:
    if link is None or link.revoked_at is not None:
        raise InvitationInvalidError
    if link.expires_at <= utc_now():
        raise InvitationExpiredError
    if link.uses >= link.max_uses:
        raise InvitationUsedError
    return link


async def require_welcome(session: Session, offer: Offer, account: Account) -> None:
    """Whether it is this person who may accept: by the address that their account has now."""
    if offer.invitation is not None:
        if offer.invitation.email_key != email_key(account.email):
            raise InvitationForAnotherError
        return
    assert offer.link is not None
    require_domain(offer.link, account.email)
    removed_at = await find_removal(session, account.id)
    if removed_at is not None and removed_at > offer.link.created_at:
        raise InvitationInvalidError


def require_domain(link: InvitationLink, email: str) -> None:
    """DomainNotAllowedError unless the link is for addresses such as this."""
    if link.domains and email_key(email).partition("@")[2] not in link.domains:
        raise DomainNotAllowedError


def read_tenant(tenant: KnownTenant, settings: Settings) -> InvitingTenant:
    """What is shown of the tenant that invites."""
    return InvitingTenant(
        id=tenant.id, slug=tenant.slug, name=tenant.name, url=settings.tenant_url(tenant.slug)
    )
