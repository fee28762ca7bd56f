"""A tenant whose sign-up is never confirmed expires, and gives back its slug."""

import dataclasses
from datetime import timedelta
from uuid import UUID

import httpx

from stagify.database import Database
from stagify.events.receipts import IdentityReceiptIssued, StagingReceiptIssued, UsageReceiptIssued
from stagify.events.tenant import TenantDirectoryEntry, TenantExpired
from stagify.ids import new_id
from tenant_svc.lifecycle import service as lifecycle
from tenant_testing import AskForTenant, CreateTenant, Tenant, Upkeep


async def test_unconfirmed_tenant_expires_and_its_slug_is_free_after_the_grace(
    tenant: Tenant,
    client: httpx.AsyncClient,
    platform_headers: dict[str, str],
    upkeep: Upkeep,
    slug: str,
) -> None:
    await tenant.age(timedelta(minutes=61))
    await upkeep()
    taken = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
    assert not taken.json()["available"]
    assert await tenant.statuses() == ["provisioning", "expired"]
    await upkeep()
    free = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
    assert free.json()["available"]
    *_, expired, entry = await tenant.events()
    assert isinstance(expired, TenantExpired)
    assert isinstance(entry, TenantDirectoryEntry)
    assert entry.hosts == []


async def test_receipts_of_other_services_do_not_save_it(tenant: Tenant, upkeep: Upkeep) -> None:
    await tenant.receive(StagingReceiptIssued, UsageReceiptIssued)
    await tenant.age(timedelta(minutes=61))
    await upkeep()
    assert (await tenant.statuses())[-1] == "expired"


async def test_confirmed_tenant_never_expires(tenant: Tenant, upkeep: Upkeep) -> None:
    await tenant.receive(IdentityReceiptIssued)
    await tenant.age(timedelta(days=9))
    await upkeep()
    assert await tenant.statuses() == ["provisioning"]


async def test_late_confirmation_brings_it_back(tenant: Tenant, database: Database) -> None:
    await tenant.receive(StagingReceiptIssued, UsageReceiptIssued)
    await tenant.age(timedelta(minutes=61))
    async with database.tenant(tenant.id) as session:
        assert await lifecycle.expire_tenant(session, tenant_id=tenant.id, grace=timedelta(hours=1))
    await tenant.receive(IdentityReceiptIssued)
    assert await tenant.statuses() == ["provisioning", "expired", "provisioning", "active"]
    async with database.tenant(tenant.id) as session:
        assert not await lifecycle.give_up_tenant(session, tenant_id=tenant.id)


async def test_confirmation_after_the_slug_is_gone_changes_nothing(
    tenant: Tenant, create_tenant: CreateTenant, upkeep: Upkeep, other_tenant_id: UUID
) -> None:
    await tenant.age(timedelta(minutes=61))
    await upkeep()
    await upkeep()
    await create_tenant(other_tenant_id, signup_id=str(new_id()))
    await tenant.receive(IdentityReceiptIssued)
    assert (await tenant.statuses())[-1] == "expired"
    other = dataclasses.replace(tenant, id=other_tenant_id)
    assert await other.statuses() == ["provisioning"]


async def test_creating_an_expired_tenant_again_is_refused(
    ask_for_tenant: AskForTenant, tenant: Tenant, upkeep: Upkeep
) -> None:
    await tenant.age(timedelta(minutes=61))
    await upkeep()
    answer = await ask_for_tenant(tenant.id)
    assert answer.json()["code"] == "tenant_expired"
