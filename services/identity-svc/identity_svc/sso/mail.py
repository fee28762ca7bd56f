"""The mails about log-in at a company: of one in a new browser, of its end, and of domains that are not proved to
be the company's any more."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from identity_svc.digests.service import Digester
from identity_svc.mail.service import Brands, Mail, Message
from identity_svc.members.service import find_owners
from identity_svc.people import service as people
from identity_svc.sso import queries
from identity_svc.sso.domains import GRACE, record_name, record_value
from stagify.database import Session

ENDED = Mail(
    "sso_ended",
    {
        "link": "https://lakeside.stagify.example/login",
        "reset_link": "https://app.stagify.example/reset",
    },
)
NEW_DEVICE = Mail("sso_new_device", {"link": "https://lakeside.stagify.example/me"})
_DOMAIN = {
    "domain": "lakeside.example",
    "record_name": "_stagify.lakeside.example",
    "record_value": "stagify-domain=mfzgk3tufvqw2zjnfvqw2zi2fvqw2zjn",
    "link": "https://lakeside.stagify.example/office/sso",
}
MISSING = Mail("sso_domain_missing", {**_DOMAIN, "end": datetime(2026, 12, 4, 9, 30, tzinfo=UTC)})
LAPSED = Mail("sso_domain_lapsed", _DOMAIN)


class SsoNote:
    """Writes one of these mails to a person; None if their account has ended. `path` is where its link leads in
    the workspace."""

    def __init__(self, mail: Mail, path: str, brands: Brands, **more: object) -> None:
        self._mail = mail
        self._path = path
        self._brands = brands
        self._more = more

    async def __call__(self, session: Session, user_id: UUID) -> Message | None:
        account = await people.get_account(session, user_id)
        if people.is_erased(account):
            return None
        brand = await self._brands.of_tenant(session, session.info["tenant_id"])
        link = f"{brand.url}{self._path}"
        return self._mail.write(account.email, account.locale, brand, link=link, **self._more)


class SsoDomainMail:
    """Tells the owners that a domain's record is missing, or that it has been for too long; None if that is
    not so any more."""

    def __init__(self, mail: Mail, digester: Digester, brands: Brands) -> None:
        self._mail = mail
        self._digester = digester
        self._brands = brands

    async def __call__(self, session: Session, domain_id: UUID) -> Sequence[Message] | None:
        found = await queries.find_domain_by_id(session, domain_id)
        if found is None:
            return None
        more: dict[str, object] = {}
        if self._mail is MISSING and found.missing_since is not None:
            more["end"] = found.missing_since + GRACE
        elif self._mail is MISSING or found.proved_at is not None:
            return None
        accounts = await people.find_accounts(session, await find_owners(session))
        brand = await self._brands.of_tenant(session, found.tenant_id)
        return [
            self._mail.write(
                account.email,
                account.locale,
                brand,
                domain=found.domain,
                record_name=record_name(found.domain),
                record_value=record_value(self._digester, found.tenant_id, found.domain),
                link=f"{brand.url}/office/sso",
                **more,
            )
            for account in accounts.values()
        ]
