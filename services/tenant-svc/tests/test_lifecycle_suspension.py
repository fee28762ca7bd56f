"""An active tenant can be suspended and reactivated."""

import pytest

from stagify.database import Database
from stagify.events.tenant import TenantDirectoryEntry, TenantReactivated, TenantSuspended
from tenant_svc.lifecycle import service as lifecycle
from tenant_svc.lifecycle.errors import TenantStatusError
from tenant_svc.tenants import service as tenants
from tenant_svc.tenants.errors import TenantNotFoundError
from tenant_testing import RECEIPTS, Tenant


@pytest.fixture
async def active(tenant: Tenant) -> Tenant:
    """A tenant with all its receipts."""
    await tenant.receive(*RECEIPTS)
    return tenant


async def test_there_and_back(active: Tenant, database: Database) -> None:
    async with database.tenant(active.id) as session:
        await lifecycle.suspend_tenant(session, tenant_id=active.id, reason="unpaid")
    async with database.tenant(active.id) as session:
        await lifecycle.reactivate_tenant(session, tenant_id=active.id)
    suspended, entry, reactivated, again = (await active.events())[-4:]
    assert isinstance(suspended, TenantSuspended)
    assert suspended.reason == "unpaid"
    assert isinstance(entry, TenantDirectoryEntry)
    assert entry.status == "suspended"
    assert isinstance(reactivated, TenantReactivated)
    assert isinstance(again, TenantDirectoryEntry)
    assert again.status == "active"


async def test_only_active_ones_can_be_suspended(tenant: Tenant, database: Database) -> None:
    async with database.tenant(tenant.id) as session:
        with pytest.raises(TenantStatusError):
            await lifecycle.suspend_tenant(session, tenant_id=tenant.id, reason="unpaid")
        with pytest.raises(TenantStatusError):
            await lifecycle.reactivate_tenant(session, tenant_id=tenant.id)


async def test_command_finds_the_tenant_by_its_slug(
    active: Tenant, database: Database, slug: str
) -> None:
    async with database.system() as session:
        assert await tenants.find_tenant_id(session, slug) == active.id
        with pytest.raises(TenantNotFoundError):
            await tenants.find_tenant_id(session, f"{slug}-x")
