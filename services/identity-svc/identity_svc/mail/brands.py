"""How a mail looks: as the platform, or as the tenant that it comes from."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from identity_svc.settings import Settings
from identity_svc.tenants import service as tenants
from stagify.brands import PLATFORM_TOKENS, are_colors
from stagify.database import Session
from stagify.events.tenant import BrandTokens

PLATFORM_NAME = "StagifyAI"


@dataclass(frozen=True, slots=True)
class Brand:
    """Whom a mail comes from. Links in it begin with `url`, whose host is the stored one: never one that
    a request has named."""

    name: str
    url: str
    tokens: BrandTokens = PLATFORM_TOKENS
    logo_url: str | None = None
    is_platform: bool = False

    @property
    def host(self) -> str:
        """The host of `url`, as people read it."""
        return urlsplit(self.url).netloc


class Brands:
    """The looks of mails."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.platform = Brand(PLATFORM_NAME, settings.app_url, is_platform=True)

    async def of_tenant(self, session: Session, tenant_id: UUID) -> Brand:
        """The look of a tenant, as tenant-svc has told it last."""
        look = await tenants.get_look(session, tenant_id)
        tokens = look.tokens
        if tokens is None or not are_colors(tokens.light, tokens.dark):
            tokens = PLATFORM_TOKENS
        url = self._settings.tenant_url(look.slug)
        return Brand(look.name, url, tokens, _own(look.logo_url, url))


def _own(logo_url: str | None, url: str) -> str | None:
    """The address of the logo, if the tenant's own host has it: a mail loads no picture from elsewhere."""
    if logo_url is None:
        return None
    full = urljoin(url, logo_url)
    return full if full.startswith(f"{url}/") else None
