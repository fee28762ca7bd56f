"""The notes about second factors. They say that something has happened and no more: a mail is read by
others too."""

from uuid import UUID

from identity_svc.mail.service import Brand, Mail, Message
from identity_svc.people import service as people
from stagify.database import Session

CHANGED = Mail("factors_changed", {"link": "https://app.stagify.example/reset"})
CODE_USED = Mail("recovery_code_used", {"link": "https://app.stagify.example/reset"})


class FactorNote:
    """Writes a note to a person that leads to a new password."""

    def __init__(self, mail: Mail, brand: Brand) -> None:
        self._mail = mail
        self._brand = brand

    async def __call__(self, session: Session, user_id: UUID) -> Message | None:
        account = await people.get_account(session, user_id)
        link = f"{self._brand.url}/reset"
        return self._mail.write(account.email, account.locale, self._brand, link=link)
