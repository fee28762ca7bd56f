"""The mail to a member who is asked to be the owner."""

from uuid import UUID

from identity_svc.mail.service import Brands, Mail, Message
from identity_svc.ownership import queries
from identity_svc.people import service as people
from stagify.clock import utc_now
from stagify.database import Session

ASKED = Mail(
    "ownership",
    {"giver": "Ada Lovelace", "link": "https://lakeside.stagify.example/office/team"},
)


class OwnershipMail:
    """Writes the mail; None if the transfer is not open any more."""

    def __init__(self, brands: Brands) -> None:
        self._brands = brands

    async def __call__(self, session: Session, transfer_id: UUID) -> Message | None:
        transfer = await queries.lock_transfer(session, transfer_id)
        if transfer is None or transfer.state != "open" or transfer.expires_at <= utc_now():
            return None
        account = await people.get_account(session, transfer.to_user_id)
        giver = await people.get_account(session, transfer.from_user_id)
        brand = await self._brands.of_tenant(session, transfer.tenant_id)
        return ASKED.write(
            account.email,
            account.locale,
            brand,
            giver=giver.name,
            link=f"{brand.url}/office/team",
        )
