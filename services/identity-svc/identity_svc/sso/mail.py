"""The mail to people whose log-in at their company has ended."""

from uuid import UUID

from identity_svc.mail.service import Brands, Mail, Message
from identity_svc.people import service as people
from stagify.database import Session

ENDED = Mail(
    "sso_ended",
    {
        "link": "https://lakeside.stagify.example/login",
        "reset_link": "https://app.stagify.example/reset",
    },
)


class SsoEndedMail:
    """Writes the mail to a person; None if their account has ended."""

    def __init__(self, brands: Brands, app_url: str) -> None:
        self._brands = brands
        self._app_url = app_url

    async def __call__(self, session: Session, user_id: UUID) -> Message | None:
        account = await people.get_account(session, user_id)
        if people.is_erased(account):
            return None
        brand = await self._brands.of_tenant(session, session.info["tenant_id"])
        return ENDED.write(
            account.email,
            account.locale,
            brand,
            link=f"{brand.url}/login",
            reset_link=f"{self._app_url}/reset",
        )
