"""How a tenant presents itself to visitors."""

from collections.abc import Callable
from uuid import UUID

from stagify.database import Session
from stagify.events.tenant import BrandColors, Branding, BrandingUpdated
from stagify.outbox import publish
from tenant_svc.branding.errors import BrandingChangedError
from tenant_svc.branding.schemas import BrandingUpdate
from tenant_svc.brands import service as brands
from tenant_svc.directory.service import publish_entry
from tenant_svc.tenants import service as tenants

CHANGE_ERRORS = (*tenants.LOOK_UP_ERRORS, BrandingChangedError)


async def get_branding(session: Session, tenant_id: UUID) -> Branding:
    """How the tenant presents itself to visitors."""
    tenant = await tenants.get_tenant(session, tenant_id)
    return await brands.find_branding(session, tenant_id=tenant_id, tenant_name=tenant.name)


async def change_branding(
    session: Session,
    *,
    tenant_id: UUID,
    wanted: BrandingUpdate,
    is_expected: Callable[[Branding], bool],
) -> Branding:
    """Change what `wanted` names, and tell the gateway; BrandingChangedError if the branding is not the
    one that the caller expects. What changes nothing is not told."""
    tenant = await tenants.lock_tenant(session, tenant_id)
    before = await brands.find_branding(session, tenant_id=tenant_id, tenant_name=tenant.name)
    if not is_expected(before):
        raise BrandingChangedError
    if "name" in wanted.model_fields_set:
        await brands.keep_name(session, tenant_id=tenant_id, name=wanted.name)
    if "colors" in wanted.model_fields_set:
        await brands.keep_colors(session, tenant_id=tenant_id, colors=_chosen(wanted))
    after = await brands.find_branding(session, tenant_id=tenant_id, tenant_name=tenant.name)
    changed = [each for each in ("name", "colors") if getattr(before, each) != getattr(after, each)]
    if changed:
        publish(session, BrandingUpdated(tenant_id=tenant_id, changed=changed, colors=after.colors))
        await publish_entry(session, tenant)
    return after


def _chosen(wanted: BrandingUpdate) -> BrandColors | None:
    if wanted.colors is None:
        return None
    return BrandColors(primary=wanted.colors.primary, accent=wanted.colors.accent)
