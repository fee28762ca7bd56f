"""The mails about API keys: one expires soon, or was found where it should not be."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from identity_svc.api_keys import service
from identity_svc.api_keys.schemas import ApiKeyRead
from identity_svc.mail.service import Brands, Mail, Message
from identity_svc.members.service import find_member, find_owners
from identity_svc.people.service import find_accounts
from stagify.database import Session

_KEY = {
    "name": "Listing importer",
    "start": "stg_live_7QxV2mLp",
    "link": "https://lakeside.stagify.example/office/api-keys",
}
EXPIRES = Mail("api_key_expires", {**_KEY, "end": datetime(2026, 12, 4, 10, 0, tzinfo=UTC)})
REPORTED = Mail("api_key_reported", _KEY)


async def _creator_or_owners(session: Session, key: ApiKeyRead) -> set[UUID]:
    """Whoever made a key; the owners of the workspace, if that is no member any more."""
    is_member = await find_member(session, key.created_by) is not None
    return {key.created_by} if is_member else {*await find_owners(session)}


class ApiKeyExpiresMail:
    """Tells the creator of a key that it expires; None if it was seen to."""

    def __init__(self, brands: Brands) -> None:
        self._brands = brands

    async def __call__(self, session: Session, api_key_id: UUID) -> Sequence[Message] | None:
        key = await service.find_expiring(session, api_key_id)
        if key is None:
            return None
        accounts = await find_accounts(session, await _creator_or_owners(session, key.read))
        brand = await self._brands.of_tenant(session, session.info["tenant_id"])
        return [
            EXPIRES.write(
                account.email,
                account.locale,
                brand,
                name=key.read.name,
                start=key.read.start,
                end=key.expires_at,
                link=f"{brand.url}/office/api-keys",
            )
            for account in accounts.values()
        ]


class ApiKeyReportedMail:
    """Tells the owners of the workspace, and the creator of the key, that it was found and revoked."""

    def __init__(self, brands: Brands) -> None:
        self._brands = brands

    async def __call__(self, session: Session, api_key_id: UUID) -> Sequence[Message] | None:
        key = await service.find_api_key(session, api_key_id)
        if key is None:
            return None
        readers = {*await find_owners(session)} | await _creator_or_owners(session, key)
        accounts = await find_accounts(session, readers)
        brand = await self._brands.of_tenant(session, session.info["tenant_id"])
        return [
            REPORTED.write(
                account.email,
                account.locale,
                brand,
                name=key.name,
                start=key.start,
                link=f"{brand.url}/office/api-keys",
            )
            for account in accounts.values()
        ]
