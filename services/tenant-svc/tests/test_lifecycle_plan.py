"""A tenant's new plan reaches the directory."""

from uuid import UUID

import pytest

from stagify.consumer import PoisonMessageError
from stagify.events.billing import PlanChanged
from stagify.events.tenant import TenantCreated, TenantDirectoryEntry, TenantUpdated
from tenant_testing import Deliver, Tenant


async def test_new_plan_reaches_the_directory_once(tenant: Tenant) -> None:
    for _ in range(2):
        await tenant.deliver(PlanChanged(tenant_id=tenant.id, plan="pro", previous_plan="free"))
    created, _, updated, entry = await tenant.events()
    assert isinstance(created, TenantCreated)
    assert isinstance(updated, TenantUpdated)
    assert updated.plan == "pro"
    assert isinstance(entry, TenantDirectoryEntry)
    assert entry.plan == "pro"


async def test_plan_not_known_here_is_passed_on(tenant: Tenant) -> None:
    await tenant.deliver(PlanChanged(tenant_id=tenant.id, plan="platinum"))
    entry = (await tenant.events())[-1]
    assert isinstance(entry, TenantDirectoryEntry)
    assert entry.plan == "platinum"


async def test_plan_of_an_unknown_tenant_is_poison(deliver: Deliver, tenant_id: UUID) -> None:
    with pytest.raises(PoisonMessageError):
        await deliver(PlanChanged(tenant_id=tenant_id, plan="pro"))
