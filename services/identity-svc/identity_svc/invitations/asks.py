"""Asking for an invitation with the secret of a link: the way in for somebody without an account.

A request never looks at accounts, members or other invitations; the worker does, a moment later. So neither
the answer nor how long it takes tells who has an account, or belongs to the workspace.
"""

from datetime import timedelta
from uuid import UUID

from identity_svc.invitations import queries
from identity_svc.invitations.errors import InvitationInvalidError
from identity_svc.invitations.models import Invitation, InvitationAsk
from identity_svc.invitations.offers import (
    OFFER_ERRORS,
    Subject,
    find_subject,
    get_offer,
    require_domain,
)
from identity_svc.invitations.service import LIFE, announce, renew
from identity_svc.members.service import find_role
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.people.schemas import email_key
from identity_svc.tenants.service import lock_tenant
from identity_svc.throttling.service import Limit, count_attempt, limits_of_source
from stagify.clock import utc_now
from stagify.database import Session
from stagify.source import Source
from stagify.tasks.queue import enqueue

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Mails by links that one source may ask for in an hour, and that one link causes in a day.
ASKS_PER_HOUR, MAILS_PER_LINK = 30, 200
# A mail that was asked for by a link is not sent again before.
ASK_AGAIN = timedelta(minutes=10)
TASK = "invitation.ask"


async def ask_by_link(parts: Parts, *, token: str, email: str, source: Source) -> None:
    """Note that somebody at an address that a link admits wants to come in."""
    subject = await find_subject(parts, token, source)
    if subject.link_id is None:
        raise InvitationInvalidError
    async with parts.database.system() as session:
        await count_attempt(
            session,
            *limits_of_source(
                parts.digester, "invitation_ask_source_hour", source, ASKS_PER_HOUR, HOUR
            ),
        )
    link_digest = parts.digester.digest("throttle", "link", str(subject.link_id))
    async with parts.database.tenant(subject.tenant_id) as session:
        offer = await get_offer(session, subject)
        assert offer.link is not None
        require_domain(offer.link, email)
        await count_attempt(session, Limit("invitation_link_day", link_digest, MAILS_PER_LINK, DAY))
        ask = InvitationAsk(tenant_id=subject.tenant_id, link_id=subject.link_id, email=email)
        session.add(ask)
        await session.flush()
        await enqueue(session, TASK, {"ask_id": str(ask.id)})


async def answer_ask(session: Session, ask_id: UUID) -> None:
    """Have an invitation mailed to whoever asked, unless they are a member, or were mailed one a moment
    ago; in a transaction of the tenant. Of what became of it meanwhile, nobody is told."""
    tenant_id = session.info["tenant_id"]
    await lock_tenant(session, tenant_id)
    ask = await queries.take_ask(session, ask_id)
    if ask is None:
        return
    try:
        offer = await get_offer(session, Subject(tenant_id, link_id=ask.link_id))
    except OFFER_ERRORS:
        return
    account = await people.find_account(session, ask.email)
    if account is not None and await find_role(session, account.id) is not None:
        return
    now = utc_now()
    await queries.expire(session, now)
    assert offer.link is not None
    key = email_key(ask.email)
    pending = await queries.find_pending(session, [key])
    if key in pending:
        invitation = await queries.lock_invitation(session, pending[key])
        if invitation is not None and invitation.sent_at <= now - ASK_AGAIN:
            await renew(session, invitation, now)
        return
    invitation = Invitation(
        tenant_id=tenant_id,
        email=ask.email,
        email_key=key,
        role=offer.role.key,
        invited_by=offer.link.created_by,
        link_id=offer.link.id,
        expires_at=min(now + LIFE, offer.link.expires_at),
    )
    await announce(session, [invitation])
