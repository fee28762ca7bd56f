"""The mails about another address: the code to the new one, and the notes to the old one, with the link that
takes the change back."""

from uuid import UUID

from identity_svc.addresses import queries
from identity_svc.addresses.service import code_hash, undo_token
from identity_svc.digests.service import Digester, new_code
from identity_svc.mail.service import Brand, Mail, Message
from identity_svc.people import service as people
from stagify.clock import utc_now
from stagify.database import Session

UNDO = "https://app.stagify.example/email-undo#token=oLPUOqtsMSeWVSbcJVJpxoSj"
CODE = Mail("email_code", {"code": "493027"})
CHANGING = Mail("email_changing", {"link": UNDO})
CHANGED = Mail("email_changed", {"link": UNDO})


class EmailCodeMail:
    """Writes the mail with the code, which replaces that of an earlier try to send it; None for an address
    that has an account, or that an account has left a short while ago."""

    def __init__(self, digester: Digester, brand: Brand) -> None:
        self._digester = digester
        self._brand = brand

    async def __call__(self, session: Session, change_id: UUID) -> Message | None:
        change = await queries.lock_change(session, change_id)
        if change is None or change.confirmed_at is not None or change.expires_at <= utc_now():
            return None
        if not await people.is_free(session, change.new_email, by=change.user_id):
            return None
        account = await people.get_account(session, change.user_id)
        code = new_code()
        change.code_hash = code_hash(self._digester, change.id, code)
        change.failed_attempts = 0
        return CODE.write(change.new_email, account.locale, self._brand, code=code)


class OldAddressMail:
    """Writes a note to the old address."""

    def __init__(self, mail: Mail, digester: Digester, brand: Brand) -> None:
        self._mail = mail
        self._digester = digester
        self._brand = brand

    async def __call__(self, session: Session, change_id: UUID) -> Message | None:
        change = await queries.lock_change(session, change_id)
        if change is None or change.undo_until <= utc_now():
            return None
        account = await people.get_account(session, change.user_id)
        link = f"{self._brand.url}/email-undo#token={undo_token(self._digester, change.id)}"
        return self._mail.write(change.old_email, account.locale, self._brand, link=link)
