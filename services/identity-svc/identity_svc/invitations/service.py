"""Invitations as a tenant's members see them: asking people in, asking again, and taking it back.

The secret of an invitation is made while its mail is written. An invitation that was not accepted in time
is written down as such when the next one is made, so that it blocks none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from identity_svc.digests.service import Digester
from identity_svc.invitations import queries
from identity_svc.invitations.errors import (
    InvitationClosedError,
    InvitationNotFoundError,
    RoleNotInvitableError,
    TooManyInvitationsError,
)
from identity_svc.invitations.models import Invitation
from identity_svc.invitations.schemas import (
    InvitationOutcome,
    InvitationPage,
    InvitationRead,
    InvitationsCreate,
    InvitationsCreated,
    InvitationState,
    Outcome,
)
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.members.service import find_members, require_actor
from identity_svc.members.service import find_role as find_role_of
from identity_svc.people.schemas import email_key
from identity_svc.people.service import find_accounts_at
from identity_svc.roles.service import (
    OWNER,
    Role,
    UnknownRoleError,
    find_role,
    require_covers,
)
from identity_svc.throttling.service import Limit, count_attempt
from stagify.calls.usage import EntitlementsRead
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import (
    InvitationAccepted,
    InvitationCreated,
    InvitationLinkRevoked,
    InvitationResent,
    InvitationRevoked,
)
from stagify.inputs import Email
from stagify.outbox import publish
from stagify.pagination import PageParams, encode_cursor
from stagify.principal import TenantPrincipal

LIFE = timedelta(days=7)
# 160 bits in 27 characters: the link stays short enough for a line of its own in every mail program.
TOKEN_BYTES = 20
DAY = timedelta(days=1)
# Mails that one invitation may cause again.
RESENDS, RESENDS_WINDOW, RESENDS_PER_DAY = 1, timedelta(minutes=10), 5
# Mails with invitations that a tenant may cause in a day: some for every one; for each seat of its plan some
# more, because people mistype; and never more than the last number, which those have whose plan has no limit.
FEWEST_A_DAY, PER_SEAT_A_DAY, MOST_A_DAY = 50, 10, 2_000
# What has ended is kept this long, so that a refused call can be explained.
KEEP_CLOSED = timedelta(days=30)

_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


def mails_a_day(included: EntitlementsRead | None) -> int:
    """How many mails with invitations a tenant may cause in a day whose plan includes that; None if that
    is not known at the moment."""
    if included is None:
        return FEWEST_A_DAY
    seats = included.limits.get("seats")
    return (
        MOST_A_DAY if seats is None else min(max(FEWEST_A_DAY, PER_SEAT_A_DAY * seats), MOST_A_DAY)
    )


def invitation_hash(digester: Digester, token: str) -> bytes:
    """The hash that is stored of the secret of an invitation or a link."""
    return digester.digest("invitation", token)


def require_invitable(own: Role, role: Role) -> None:
    """Refuse a role that nobody is invited with, or that is more than the inviter's own."""
    require_covers(own, role.permissions)
    if role == OWNER:
        raise RoleNotInvitableError


def may_invite(inviter: Role | None, role: Role) -> bool:
    """Whether somebody may still ask people in with this role."""
    needed = role.permissions | {"members:manage"}
    return inviter is not None and needed <= inviter.permissions


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that its address can accept, and the role that it gives."""

    id: UUID
    role: Role


async def find_open(session: Session, email: str) -> OpenInvitation | None:
    """The tenant's invitation to an address, if it can be accepted at this moment."""
    key = email_key(email)
    pending = await queries.find_pending(session, [key])
    found = None if key not in pending else await queries.lock_invitation(session, pending[key])
    if found is None or found.state != "pending" or found.expires_at <= utc_now():
        return None
    try:
        role = await find_role(session, found.role)
    except UnknownRoleError:
        return None
    inviter = await find_role_of(session, found.invited_by)
    return OpenInvitation(found.id, role) if may_invite(inviter, role) else None


async def use_up(session: Session, invitation_id: UUID, user_id: UUID) -> None:
    """Write of a pending invitation that this person has accepted it."""
    invitation = await queries.lock_invitation(session, invitation_id)
    assert invitation is not None
    invitation.state, invitation.decided_at = "accepted", utc_now()
    invitation.accepted_by = user_id
    publish(
        session,
        InvitationAccepted(
            tenant_id=invitation.tenant_id, invitation_id=invitation_id, user_id=user_id
        ),
    )


async def invite(
    session: Session, *, principal: TenantPrincipal, wanted: InvitationsCreate, mails_a_day: int
) -> InvitationsCreated:
    """Ask people into the tenant; what became of each address, in their order."""
    own = await require_actor(session, principal, "members:manage")
    role = await find_role(session, wanted.role)
    require_invitable(own, role)
    now = utc_now()
    await queries.expire(session, now)
    emails = {address: _valid(address) for address in wanted.emails}
    keys = {email_key(email) for email in emails.values() if email is not None}
    members = await _keys_of_members(session, keys)
    known = await queries.find_pending(session, keys)
    assert principal.user_id is not None
    made: dict[str, Invitation] = {}
    for email in filter(None, emails.values()):
        key = email_key(email)
        if key not in members and key not in known and key not in made:
            made[key] = Invitation(
                tenant_id=principal.tenant_id,
                email=email,
                email_key=key,
                role=role.key,
                invited_by=principal.user_id,
                message=wanted.message,
                locale=wanted.locale,
                expires_at=now + LIFE,
            )
    await _require_allowance(session, len(made), now, mails_a_day)
    await announce(session, list(made.values()))
    first_of = {id(made[key]): key for key in made}
    outcomes = []
    for address in wanted.emails:
        valid = emails[address]
        key = "" if valid is None else email_key(valid)
        outcome, invitation_id = _outcome(key, members, known, made, first_of)
        outcomes.append(
            InvitationOutcome(
                email=valid or _shown(address), outcome=outcome, invitation_id=invitation_id
            )
        )
    return InvitationsCreated(items=outcomes)


def _outcome(
    key: str,
    members: set[str],
    known: dict[str, UUID],
    made: dict[str, Invitation],
    new: dict[int, str],
) -> tuple[Outcome, UUID | None]:
    if not key:
        return "invalid_address", None
    if key in members:
        return "already_member", None
    if key in known:
        return "already_invited", known[key]
    invitation = made[key]
    # Of two spellings of one address, the first is the one that is invited.
    is_first = new.pop(id(invitation), None) is not None
    return "invited" if is_first else "already_invited", invitation.id


def _valid(address: str) -> str | None:
    try:
        return _EMAIL.validate_python(address)
    except ValidationError:
        return None


def _shown(address: str) -> str:
    """What was sent, without halves of surrogate pairs, which no answer can hold."""
    return address.encode("utf-8", "replace").decode()


async def _keys_of_members(session: Session, keys: set[str]) -> set[str]:
    accounts = await find_accounts_at(session, keys)
    members = await find_members(session, [account.id for account in accounts.values()])
    return {key for key, account in accounts.items() if account.id in members}


async def _require_allowance(session: Session, more: int, now: datetime, limit: int) -> None:
    """TooManyInvitationsError if the tenant would send more than it may in a day. The tenant is locked, so
    parallel calls cannot exceed it together."""
    if more and await queries.count_sent(session, now - DAY) + more > limit:
        raise TooManyInvitationsError(retry_after=3_600, limit=limit)


async def announce(session: Session, made: Sequence[Invitation]) -> None:
    """Store new invitations, and have each mailed."""
    session.add_all(made)
    await session.flush()
    for invitation in made:
        publish(
            session,
            InvitationCreated(
                tenant_id=invitation.tenant_id, invitation_id=invitation.id, role=invitation.role
            ),
        )
        await _mail(session, invitation)


async def _mail(session: Session, invitation: Invitation) -> None:
    await queue_mail(
        session,
        kind=MailKind.INVITATION,
        subject_id=invitation.id,
        give_up_at=invitation.expires_at,
    )


async def list_invitations(
    session: Session, params: PageParams, state: InvitationState | None
) -> InvitationPage:
    """The tenant's invitations, newest first."""
    now = utc_now()
    found = await queries.find_page(
        session, state=state, now=now, after=params.after, limit=params.limit + 1
    )
    shown = found[: params.limit]
    next_cursor = encode_cursor(shown[-1].id) if len(found) > params.limit else None
    return InvitationPage(items=[read(each, now) for each in shown], next_cursor=next_cursor)


async def resend(
    session: Session,
    *,
    principal: TenantPrincipal,
    invitation_id: UUID,
    digester: Digester,
    mails_a_day: int,
) -> InvitationRead:
    """Send a pending invitation once more, also one that has run out: with another secret, for as long as
    a new one."""
    own = await require_actor(session, principal, "members:manage")
    invitation = await _get(session, invitation_id)
    now = utc_now()
    if invitation.state not in ("pending", "expired"):
        raise InvitationClosedError
    require_invitable(own, await find_role(session, invitation.role))
    others = await queries.find_pending(session, [invitation.email_key])
    if invitation.state == "expired" and others:
        raise InvitationClosedError
    await _require_allowance(session, 1, now, mails_a_day)
    subject = digester.digest("throttle", "invitation", str(invitation.id))
    await count_attempt(
        session,
        Limit("invitation_resend_minutes", subject, RESENDS, RESENDS_WINDOW),
        Limit("invitation_resend_day", subject, RESENDS_PER_DAY, DAY),
    )
    await renew(session, invitation, now)
    return read(invitation, now)


async def renew(session: Session, invitation: Invitation, now: datetime) -> None:
    """Have an invitation mailed once more; what went out before is worth nothing from now on."""
    invitation.state, invitation.decided_at = "pending", None
    invitation.sends += 1
    invitation.sent_at, invitation.expires_at = now, now + LIFE
    await queries.delete_tokens(session, invitation.id, before=invitation.sends)
    publish(
        session,
        InvitationResent(tenant_id=invitation.tenant_id, invitation_id=invitation.id),
    )
    await _mail(session, invitation)


async def revoke(session: Session, *, principal: TenantPrincipal, invitation_id: UUID) -> None:
    """Take back an invitation that is pending; if it is revoked already, nothing changes."""
    await require_actor(session, principal, "members:manage")
    invitation = await _get(session, invitation_id)
    if invitation.state in ("accepted", "declined"):
        raise InvitationClosedError
    if invitation.state != "revoked":
        invitation.state, invitation.decided_at = "revoked", utc_now()
        _publish_revoked(session, invitation.tenant_id, [invitation.id])


async def revoke_all_of(session: Session, *, tenant_id: UUID, user_id: UUID, email: str) -> None:
    """Revoke what somebody who is no member any more has sent, and could come back with."""
    now = utc_now()
    revoked = await queries.revoke_all_of(session, user_id, email_key(email), now)
    _publish_revoked(session, tenant_id, revoked)
    for link_id in await queries.revoke_links_of(session, user_id, now):
        publish(session, InvitationLinkRevoked(tenant_id=tenant_id, link_id=link_id))


def _publish_revoked(session: Session, tenant_id: UUID, ids: Sequence[UUID]) -> None:
    for invitation_id in ids:
        publish(session, InvitationRevoked(tenant_id=tenant_id, invitation_id=invitation_id))


async def _get(session: Session, invitation_id: UUID) -> Invitation:
    found = await queries.lock_invitation(session, invitation_id)
    if found is None:
        raise InvitationNotFoundError
    return found


def read(invitation: Invitation, now: datetime) -> InvitationRead:
    """What is shown of an invitation to those who may invite."""
    is_over = invitation.state == "pending" and invitation.expires_at <= now
    return InvitationRead.model_validate(
        invitation.model_dump() | ({"state": "expired"} if is_over else {})
    )


async def forget_closed(session: Session, limit: int) -> None:
    """Delete up to `limit` of the tenant's invitations that ended long ago, and as many links."""
    await queries.delete_closed(session, before=utc_now() - KEEP_CLOSED, limit=limit)
