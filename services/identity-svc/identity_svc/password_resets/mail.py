"""The mails about a new password: the link to choose one, and the note that there is one.

The link's token is made here, while the mail is written, so that it is never stored in plain text. The
worker also finds out only here whether the address has an account.
"""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from identity_svc.digests.service import Digester
from identity_svc.mail.service import Brand, Mail, Message
from identity_svc.password_resets import queries
from identity_svc.password_resets.service import reset_hash
from identity_svc.people import service as people
from stagify.clock import utc_now
from stagify.database import Session

# 144 bits in 24 characters: the link stays short enough for a line of its own in every mail program.
TOKEN_BYTES = 18

RESET = Mail(
    "password_reset",
    {
        "link": "https://app.stagify.example/reset#token=oLPUOqtsMSeWVSbcJVJpxoSj",
        "end": datetime(2026, 11, 27, 10, 0, tzinfo=UTC),
    },
)
CHANGED = Mail("password_changed", {"link": "https://app.stagify.example/reset"})


class PasswordResetMail:
    """Writes the mail with the link, whose token replaces that of an earlier try to send it; None for an
    address without an account."""

    def __init__(self, digester: Digester, brand: Brand) -> None:
        self._digester = digester
        self._brand = brand

    async def __call__(self, session: Session, reset_id: UUID) -> Message | None:
        reset = await queries.lock_reset(session, reset_id)
        if reset is None or reset.expires_at <= utc_now():
            return None
        account = await people.find_account(session, reset.email_key)
        if account is None:
            return None
        token = secrets.token_urlsafe(TOKEN_BYTES)
        reset.user_id = account.id
        reset.token_hash = reset_hash(self._digester, token)
        return RESET.write(
            account.email,
            account.locale,
            self._brand,
            link=f"{self._brand.url}/reset#token={token}",
            end=reset.expires_at,
        )


class PasswordChangedMail:
    """Writes the note that a person has another password."""

    def __init__(self, brand: Brand) -> None:
        self._brand = brand

    async def __call__(self, session: Session, user_id: UUID) -> Message | None:
        account = await people.get_account(session, user_id)
        link = f"{self._brand.url}/reset"
        return CHANGED.write(account.email, account.locale, self._brand, link=link)
