"""The mail to somebody whose second factors are to be taken away."""

from datetime import UTC, datetime
from uuid import UUID

from identity_svc.lost_factors import queries
from identity_svc.mail.service import Brand, Mail, Message
from identity_svc.people import service as people
from stagify.database import Session

ASKED = Mail(
    "factor_reset",
    {
        "link": "https://app.stagify.example/account",
        "end": datetime(2026, 11, 28, 10, 0, tzinfo=UTC),
    },
)


class FactorResetMail:
    """Writes it; None if the person has said no already."""

    def __init__(self, brand: Brand) -> None:
        self._brand = brand

    async def __call__(self, session: Session, user_id: UUID) -> Message | None:
        reset = await queries.find_of(session, user_id)
        if reset is None:
            return None
        account = await people.get_account(session, user_id)
        link = f"{self._brand.url}/account"
        return ASKED.write(account.email, account.locale, self._brand, link=link, end=reset.due_at)
