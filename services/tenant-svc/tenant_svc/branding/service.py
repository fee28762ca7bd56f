"""How a tenant presents itself to visitors."""

from uuid import UUID

from stagify.database import Session
from tenant_svc.branding.schemas import BrandingColors, BrandingRead
from tenant_svc.tenants import service as tenants

# The platform's own colours: what a tenant shows until it has chosen others.
DEFAULT_COLORS = BrandingColors(primary="#1f4d3a", accent="#c98a3c")


async def get_branding(session: Session, tenant_id: UUID) -> BrandingRead:
    """How the tenant presents itself to visitors."""
    tenant = await tenants.get_tenant(session, tenant_id)
    return BrandingRead(name=tenant.name, colors=DEFAULT_COLORS)
