"""The mail that asks somebody into a tenant. Its secret is made here, so that it is never stored in plain
text; a second try to send it has another secret, and both work, because the first may have arrived."""

import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from identity_svc.digests.service import Digester
from identity_svc.invitations import queries
from identity_svc.invitations.models import Invitation, InvitationToken
from identity_svc.invitations.service import TOKEN_BYTES, invitation_hash
from identity_svc.mail.service import Brands, Mail, Message
from identity_svc.people import service as people
from identity_svc.people.schemas import Locale
from identity_svc.tenants.service import find_tenant
from identity_svc.throttling.service import (
    Limit,
    TooManyAttemptsError,
    count_attempt,
    mailbox_of,
)
from stagify.clock import utc_now
from stagify.database import Session

# Of all tenants together. Whoever is asked more often sees the invitations when they are logged in.
PER_MAILBOX, PER_MAILBOX_WINDOW = 20, timedelta(days=1)
# What people call themselves goes to strangers in our name: it is no longer than this, and no link.
MAX_NAME = 64
_LIKE_A_LINK = re.compile(r"://|www\.|\w\.\w", re.IGNORECASE)

_LINK = "https://app.stagify.example/join#token=4cRhmV0LJkEcHa8zL1s7QxXb2Zo"
_END = datetime(2026, 12, 4, 9, 30, tzinfo=UTC)
INVITED = Mail(
    "invitation",
    {"inviter": "Ada Lovelace", "note": "See you on Monday.", "link": _LINK, "end": _END},
)
# Of an address that asked for it itself, by a link.
ASKED_FOR = Mail("invitation_asked_for", {"link": _LINK, "end": _END})
_SOMEBODY: dict[Locale, str] = {"en": "Somebody", "de": "Jemand"}


class InvitationMail:
    """Writes the mail of an invitation, with a new secret; None if there is nothing to accept any more, or
    if the mailbox gets too many."""

    def __init__(self, digester: Digester, brands: Brands) -> None:
        self._digester = digester
        self._brands = brands

    async def __call__(self, session: Session, invitation_id: UUID) -> Message | None:
        invitation = await queries.lock_invitation(session, invitation_id)
        if invitation is None or invitation.state != "pending":
            return None
        tenant = await find_tenant(session, invitation.tenant_id)
        if tenant is None or tenant.status not in ("active", "provisioning"):
            return None
        if invitation.expires_at <= utc_now() or not await self._may_get(session, invitation.email):
            return None
        return await self._write(session, invitation)

    async def _may_get(self, session: Session, email: str) -> bool:
        subject = self._digester.digest("throttle", "mailbox", mailbox_of(email))
        limit = Limit("invitation_mailbox_day", subject, PER_MAILBOX, PER_MAILBOX_WINDOW)
        try:
            # The only limit, so nothing was counted that would have to be undone.
            await count_attempt(session, limit)
        except TooManyAttemptsError:
            return False
        return True

    async def _write(self, session: Session, invitation: Invitation) -> Message:
        account = await people.find_account(session, invitation.email)
        inviter = await people.get_account(session, invitation.invited_by)
        locale = cast(Locale | None, invitation.locale) if account is None else account.locale
        token = secrets.token_urlsafe(TOKEN_BYTES)
        session.add(
            InvitationToken(
                token_hash=invitation_hash(self._digester, token),
                tenant_id=invitation.tenant_id,
                invitation_id=invitation.id,
                send=invitation.sends,
            )
        )
        brand = await self._brands.of_tenant(session, invitation.tenant_id)
        brand = replace(brand, name=shown_name(brand.name) or brand.host)
        to = invitation.email if account is None else account.email
        # People accept on the platform's own host.
        common = {
            "link": f"{self._brands.platform.url}/join#token={token}",
            "end": invitation.expires_at,
        }
        if invitation.link_id is not None:
            return ASKED_FOR.write(to, locale, brand, **common)
        return INVITED.write(
            to,
            locale,
            brand,
            inviter=shown_name(inviter.name) or _SOMEBODY[locale or "en"],
            note=invitation.message,
            **common,
        )


def shown_name(name: str) -> str | None:
    """What somebody calls themselves, or their workspace; None if it is not fit for mails to strangers."""
    return None if len(name) > MAX_NAME or _LIKE_A_LINK.search(name) else name
