"""Reading and keeping what tenants have chosen to look like. Who may change it is in `branding`."""

from functools import lru_cache
from uuid import UUID

from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.tenant import BrandColors, Branding, BrandTokens
from tenant_svc.brands import rules
from tenant_svc.brands.models import Brand

# The platform's own colours: what a tenant shows until it has chosen others.
DEFAULT_COLORS = BrandColors(primary="#1f4d3a", accent="#c98a3c")


@lru_cache(maxsize=1)
def default_tokens() -> BrandTokens:
    """What is shown for the platform's own colours."""
    return rules.tokens_of(DEFAULT_COLORS)


async def find_branding(session: Session, *, tenant_id: UUID, tenant_name: str) -> Branding:
    """How the tenant presents itself; it need not have chosen anything."""
    brand = await session.get(Brand, tenant_id)
    return _branding(brand, tenant_name)


def _branding(brand: Brand | None, tenant_name: str) -> Branding:
    name = brand.name if brand is not None and brand.name is not None else tenant_name
    if brand is None or brand.primary_color is None or brand.accent_color is None:
        return Branding(name=name, colors=DEFAULT_COLORS, tokens=default_tokens())
    return Branding(
        name=name,
        colors=BrandColors(primary=brand.primary_color, accent=brand.accent_color),
        tokens=BrandTokens.model_validate(brand.tokens),
    )


async def keep_name(session: Session, *, tenant_id: UUID, name: str | None) -> None:
    """Show the tenant under this name, or under its own. Its row is locked."""
    brand = await _row(session, tenant_id)
    brand.name = name


async def keep_colors(session: Session, *, tenant_id: UUID, colors: BrandColors | None) -> None:
    """Show the tenant in these colours, or in those of the platform. Its row is locked."""
    brand = await _row(session, tenant_id)
    brand.primary_color = None if colors is None else colors.primary
    brand.accent_color = None if colors is None else colors.accent
    brand.tokens = None if colors is None else rules.tokens_of(colors).model_dump()


async def renew_tokens(session: Session, *, tenant_id: UUID) -> None:
    """Let the contrast guard of this release look at the tenant's colours again. Its row is locked."""
    brand = await session.get(Brand, tenant_id)
    if brand is not None and brand.primary_color is not None and brand.accent_color is not None:
        colors = BrandColors(primary=brand.primary_color, accent=brand.accent_color)
        brand.tokens = rules.tokens_of(colors).model_dump()


async def _row(session: Session, tenant_id: UUID) -> Brand:
    brand = await session.get(Brand, tenant_id)
    if brand is None:
        brand = Brand(tenant_id=tenant_id)
        session.add(brand)
        # From here on it is found again in this transaction.
        await session.flush()
    brand.updated_at = utc_now()
    return brand
