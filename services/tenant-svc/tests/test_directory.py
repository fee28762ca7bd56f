"""Publishing the directory again."""

from uuid import UUID

from stagify.events.tenant import TenantDirectoryEntry
from tenant_svc.parts import Parts
from tenant_svc.tenants import service as tenants
from tenant_testing import CreateTenant, Published


async def test_every_tenant_with_a_name_is_published_again(
    parts: Parts, create_tenant: CreateTenant, published: Published, tenant_id: UUID
) -> None:
    await create_tenant(tenant_id)
    assert await tenants.republish_tenants(parts) >= 1
    statuses = [e.status for e in await published(tenant_id) if isinstance(e, TenantDirectoryEntry)]
    assert statuses == ["provisioning", "provisioning"]
