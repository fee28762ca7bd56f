"""The mails about a new password: the link to choose one, and the note that there is one.

The link's token is made here, while the mail is written, so that it is never stored in plain text. The
worker also finds out only here whether the address has an account.
"""

import secrets
from datetime import UTC
from uuid import UUID

from identity_svc.digests.service import Digester
from identity_svc.mail.service import Message, Text, Texts, write
from identity_svc.password_resets import queries
from identity_svc.password_resets.service import reset_hash
from identity_svc.people import service as people
from stagify.clock import utc_now
from stagify.database import Session

# 144 bits in 24 characters: the link stays short enough for a line of its own in every mail program.
TOKEN_BYTES = 18

RESET: Texts = {
    "en": Text(
        subject="Choose a new password for StagifyAI",
        text=(
            "Someone, probably you, asked for a new password for your StagifyAI account.\n"
            "Choose one here, until {end:%H:%M} UTC:\n\n"
            "{link}\n\n"
            "The link works once. A new password logs you out everywhere.\n\n"
            "If it was not you, ignore this mail: your password stays as it is.\n"
        ),
    ),
    "de": Text(
        subject="Wählen Sie ein neues Passwort für StagifyAI",
        text=(
            "Jemand, vermutlich Sie, hat ein neues Passwort für Ihr Konto bei StagifyAI angefordert.\n"
            "Wählen Sie es bis {end:%H:%M} UTC hier:\n\n"
            "{link}\n\n"
            "Der Link gilt einmal. Mit dem neuen Passwort werden Sie überall abgemeldet.\n\n"
            "Wenn Sie es nicht waren, ignorieren Sie diese Mail: Ihr Passwort bleibt, wie es ist.\n"
        ),
    ),
}
CHANGED: Texts = {
    "en": Text(
        subject="Your StagifyAI password was changed",
        text=(
            "The password of your StagifyAI account was changed, and all other sessions have ended.\n\n"
            "If it was not you, choose a new one at once:\n\n"
            "{link}\n"
        ),
    ),
    "de": Text(
        subject="Ihr Passwort für StagifyAI wurde geändert",
        text=(
            "Das Passwort Ihres Kontos bei StagifyAI wurde geändert, und alle anderen Sitzungen sind "
            "beendet.\n\n"
            "Wenn Sie es nicht waren, wählen Sie sofort ein neues:\n\n"
            "{link}\n"
        ),
    ),
}


class PasswordResetMail:
    """Writes the mail with the link, whose token replaces that of an earlier try to send it; None for an
    address without an account."""

    def __init__(self, digester: Digester, app_url: str) -> None:
        self._digester = digester
        self._app_url = app_url

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
        return write(
            account.email,
            RESET,
            account.locale,
            link=f"{self._app_url}/reset#token={token}",
            end=reset.expires_at.astimezone(UTC),
        )


class PasswordChangedMail:
    """Writes the note that a person has another password."""

    def __init__(self, app_url: str) -> None:
        self._app_url = app_url

    async def __call__(self, session: Session, user_id: UUID) -> Message | None:
        account = await people.get_account(session, user_id)
        return write(account.email, CHANGED, account.locale, link=f"{self._app_url}/reset")
