"""What happens to a tenant: creation, receipts, expiry, suspension, plan."""

import asyncio
import dataclasses
import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from stagify.clock import utc_now
from stagify.consumer import PoisonMessageError
from stagify.database import Database
from stagify.events.billing import PlanChanged
from stagify.events.receipts import (
    IdentityReceiptIssued,
    ReceiptIssued,
    StagingReceiptIssued,
    UsageReceiptIssued,
)
from stagify.events.tenant import (
    TenantActivated,
    TenantCreated,
    TenantDirectoryEntry,
    TenantExpired,
    TenantReactivated,
    TenantSuspended,
    TenantUpdated,
)
from stagify.ids import new_id
from stagify.testing import ContextKeys
from tenant_svc.lifecycle import service as lifecycle
from tenant_svc.lifecycle.errors import TenantStatusError
from tenant_svc.parts import Parts
from tenant_svc.tenants import service as tenants
from tenant_svc.tenants.errors import TenantNotFoundError
from tenant_testing import CreateTenant, Deliver, Published, code

Upkeep = Callable[[], Awaitable[None]]

RECEIPTS = (IdentityReceiptIssued, StagingReceiptIssued, UsageReceiptIssued)


def receipt(cls: type[ReceiptIssued], tenant_id: UUID, action: str = "created") -> ReceiptIssued:
    return cls.model_validate({"tenant_id": tenant_id, "action": action, "of_event_id": new_id()})


async def statuses(published: Published, tenant_id: UUID) -> list[str]:
    """The tenant's status in each of its directory entries."""
    events = await published(tenant_id)
    return [event.status for event in events if isinstance(event, TenantDirectoryEntry)]


@pytest.fixture
def upkeep(parts: Parts) -> Upkeep:
    """A round of upkeep that finds a slug due as soon as its tenant has expired."""
    settings = parts.settings.model_copy(update={"slug_grace_hours": 0})

    async def run() -> None:
        await lifecycle.end_unfinished(dataclasses.replace(parts, settings=settings))

    return run


async def age(database: Database, tenant_id: UUID, by: timedelta) -> None:
    """Let the tenant have been created earlier."""
    async with database.system() as session:
        await session.execute(
            text(
                "UPDATE provisionings SET started_at = started_at - CAST(:by AS interval),"
                " expires_at = expires_at - CAST(:by AS interval) WHERE tenant_id = :tenant"
            ),
            {"by": by, "tenant": tenant_id},
        )


def stuck() -> float:
    value = REGISTRY.get_sample_value("stagify_tenants_stuck_in_provisioning")
    assert value is not None
    return value


class TestCreateTenant:
    async def test_other_services_are_refused(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        wanted: dict[str, Any],
        tenant_id: UUID,
    ) -> None:
        headers = context_keys.service_headers("tenant-svc", "staging-svc")
        answer = await client.put(f"/internal/tenants/{tenant_id}", json=wanted, headers=headers)
        assert code(answer) == (403, "permission_denied")

    @pytest.mark.parametrize(
        "wrong",
        [{"name": " "}, {"name": "a\x00b"}, {"type": "guild"}, {"signup_id": "x"}, {"more": 1}],
    )
    async def test_wrong_body_is_refused(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        wanted: dict[str, Any],
        tenant_id: UUID,
        wrong: dict[str, Any],
    ) -> None:
        answer = await client.put(
            f"/internal/tenants/{tenant_id}", json=wanted | wrong, headers=identity_headers
        )
        assert code(answer) == (422, "invalid_request")

    async def test_twice_is_once(
        self, create_tenant: CreateTenant, published: Published, tenant_id: UUID, slug: str
    ) -> None:
        answers = await asyncio.gather(*(create_tenant(tenant_id) for _ in range(5)))
        assert all(answer == answers[0] for answer in answers)
        events = await published(tenant_id)
        assert [type(event) for event in events] == [TenantCreated, TenantDirectoryEntry]
        entry = events[1]
        assert isinstance(entry, TenantDirectoryEntry)
        assert entry.hosts == [f"{slug}.example.test"]
        assert entry.status == "provisioning"

    async def test_same_id_with_another_body_is_refused(
        self,
        client: httpx.AsyncClient,
        create_tenant: CreateTenant,
        identity_headers: dict[str, str],
        wanted: dict[str, Any],
        tenant_id: UUID,
        slug: str,
    ) -> None:
        await create_tenant(tenant_id)
        for other in ({"name": "Other"}, {"slug": f"{slug}-b"}, {"signup_id": str(new_id())}):
            answer = await client.put(
                f"/internal/tenants/{tenant_id}", json=wanted | other, headers=identity_headers
            )
            assert code(answer) == (409, "tenant_conflict")

    async def test_slug_held_by_another_sign_up_is_refused(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        wanted: dict[str, Any],
        tenant_id: UUID,
        slug: str,
    ) -> None:
        expires_at = (utc_now() + timedelta(minutes=30)).isoformat()
        hold = {"signup_id": str(new_id()), "expires_at": expires_at}
        await client.put(f"/internal/slugs/{slug}", json=hold, headers=identity_headers)
        answer = await client.put(
            f"/internal/tenants/{tenant_id}", json=wanted, headers=identity_headers
        )
        assert code(answer) == (409, "slug_taken")

    async def test_slug_of_another_tenant_is_refused(
        self,
        client: httpx.AsyncClient,
        create_tenant: CreateTenant,
        identity_headers: dict[str, str],
        wanted: dict[str, Any],
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        answer = await client.put(
            f"/internal/tenants/{other_tenant_id}",
            json=wanted | {"signup_id": str(new_id())},
            headers=identity_headers,
        )
        assert code(answer) == (409, "slug_taken")


class TestProvisioning:
    @pytest.mark.parametrize("order", list(itertools.permutations(RECEIPTS)))
    async def test_active_after_the_last_receipt_in_any_order(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        published: Published,
        tenant_id: UUID,
        order: tuple[type[ReceiptIssued], ...],
    ) -> None:
        await create_tenant(tenant_id)
        for cls in order[:-1]:
            await deliver(receipt(cls, tenant_id))
        assert await statuses(published, tenant_id) == ["provisioning"]
        await deliver(receipt(order[-1], tenant_id))
        assert await statuses(published, tenant_id) == ["provisioning", "active"]
        events = await published(tenant_id)
        assert sum(isinstance(event, TenantActivated) for event in events) == 1

    async def test_second_delivery_changes_nothing(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        receipts = [receipt(cls, tenant_id) for cls in RECEIPTS]
        for event in (*receipts, *receipts, *reversed(receipts)):
            await deliver(event)
        assert await statuses(published, tenant_id) == ["provisioning", "active"]

    async def test_three_receipts_of_one_service_are_not_enough(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        for _ in RECEIPTS:
            await deliver(receipt(UsageReceiptIssued, tenant_id))
        assert await statuses(published, tenant_id) == ["provisioning"]

    @pytest.mark.parametrize("action", ["suspended", "some step not known here"])
    async def test_receipts_of_other_steps_do_not_activate(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        published: Published,
        tenant_id: UUID,
        action: str,
    ) -> None:
        await create_tenant(tenant_id)
        for cls in RECEIPTS:
            await deliver(receipt(cls, tenant_id, action))
        assert await statuses(published, tenant_id) == ["provisioning"]

    async def test_receipt_for_an_unknown_tenant_is_poison(
        self, deliver: Deliver, tenant_id: UUID
    ) -> None:
        with pytest.raises(PoisonMessageError):
            await deliver(receipt(UsageReceiptIssued, tenant_id))

    async def test_stuck_tenants_show_in_the_metric(
        self, create_tenant: CreateTenant, database: Database, upkeep: Upkeep, tenant_id: UUID
    ) -> None:
        await create_tenant(tenant_id)
        await upkeep()
        before = stuck()
        await age(database, tenant_id, timedelta(minutes=11))
        await upkeep()
        assert stuck() == before + 1


class TestExpiry:
    async def test_unconfirmed_tenant_expires_and_its_slug_is_free_after_the_grace(
        self,
        client: httpx.AsyncClient,
        platform_headers: dict[str, str],
        create_tenant: CreateTenant,
        database: Database,
        upkeep: Upkeep,
        published: Published,
        tenant_id: UUID,
        slug: str,
    ) -> None:
        await create_tenant(tenant_id)
        await age(database, tenant_id, timedelta(minutes=61))
        await upkeep()
        taken = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        assert not taken.json()["available"]
        assert await statuses(published, tenant_id) == ["provisioning", "expired"]
        await upkeep()
        free = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        assert free.json()["available"]
        *_, expired, entry = await published(tenant_id)
        assert isinstance(expired, TenantExpired)
        assert isinstance(entry, TenantDirectoryEntry)
        assert entry.hosts == []

    async def test_receipts_of_other_services_do_not_save_it(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        database: Database,
        upkeep: Upkeep,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await deliver(receipt(StagingReceiptIssued, tenant_id))
        await deliver(receipt(UsageReceiptIssued, tenant_id))
        await age(database, tenant_id, timedelta(minutes=61))
        await upkeep()
        assert (await statuses(published, tenant_id))[-1] == "expired"

    async def test_confirmed_tenant_never_expires(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        database: Database,
        upkeep: Upkeep,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await deliver(receipt(IdentityReceiptIssued, tenant_id))
        await age(database, tenant_id, timedelta(days=9))
        await upkeep()
        assert await statuses(published, tenant_id) == ["provisioning"]

    async def test_late_confirmation_brings_it_back(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        database: Database,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await deliver(receipt(StagingReceiptIssued, tenant_id))
        await deliver(receipt(UsageReceiptIssued, tenant_id))
        await age(database, tenant_id, timedelta(minutes=61))
        async with database.tenant(tenant_id) as session:
            assert await lifecycle.expire_tenant(
                session, tenant_id=tenant_id, grace=timedelta(hours=1)
            )
        await deliver(receipt(IdentityReceiptIssued, tenant_id))
        assert await statuses(published, tenant_id) == [
            "provisioning",
            "expired",
            "provisioning",
            "active",
        ]
        async with database.tenant(tenant_id) as session:
            assert not await lifecycle.give_up_tenant(session, tenant_id=tenant_id)

    async def test_confirmation_after_the_slug_is_gone_changes_nothing(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        database: Database,
        upkeep: Upkeep,
        published: Published,
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await age(database, tenant_id, timedelta(minutes=61))
        await upkeep()
        await upkeep()
        await create_tenant(other_tenant_id, signup_id=str(new_id()))
        await deliver(receipt(IdentityReceiptIssued, tenant_id))
        assert (await statuses(published, tenant_id))[-1] == "expired"
        assert await statuses(published, other_tenant_id) == ["provisioning"]

    async def test_creating_an_expired_tenant_again_is_refused(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        wanted: dict[str, Any],
        create_tenant: CreateTenant,
        database: Database,
        upkeep: Upkeep,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await age(database, tenant_id, timedelta(minutes=61))
        await upkeep()
        answer = await client.put(
            f"/internal/tenants/{tenant_id}", json=wanted, headers=identity_headers
        )
        assert answer.json()["code"] == "tenant_expired"


class TestSuspension:
    @pytest.fixture
    async def active(self, create_tenant: CreateTenant, deliver: Deliver, tenant_id: UUID) -> UUID:
        await create_tenant(tenant_id)
        for cls in RECEIPTS:
            await deliver(receipt(cls, tenant_id))
        return tenant_id

    async def test_there_and_back(
        self, database: Database, published: Published, active: UUID
    ) -> None:
        async with database.tenant(active) as session:
            await lifecycle.suspend_tenant(session, tenant_id=active, reason="unpaid")
        async with database.tenant(active) as session:
            await lifecycle.reactivate_tenant(session, tenant_id=active)
        suspended, entry, reactivated, again = (await published(active))[-4:]
        assert isinstance(suspended, TenantSuspended)
        assert suspended.reason == "unpaid"
        assert isinstance(entry, TenantDirectoryEntry)
        assert entry.status == "suspended"
        assert isinstance(reactivated, TenantReactivated)
        assert isinstance(again, TenantDirectoryEntry)
        assert again.status == "active"

    async def test_only_active_ones_can_be_suspended(
        self,
        database: Database,
        create_tenant: CreateTenant,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        async with database.tenant(tenant_id) as session:
            with pytest.raises(TenantStatusError):
                await lifecycle.suspend_tenant(session, tenant_id=tenant_id, reason="unpaid")
            with pytest.raises(TenantStatusError):
                await lifecycle.reactivate_tenant(session, tenant_id=tenant_id)

    async def test_command_finds_the_tenant_by_its_slug(
        self, database: Database, active: UUID, slug: str
    ) -> None:
        async with database.system() as session:
            assert await tenants.find_tenant_id(session, slug) == active
            with pytest.raises(TenantNotFoundError):
                await tenants.find_tenant_id(session, f"{slug}-x")


class TestPlan:
    async def test_new_plan_reaches_the_directory_once(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        for _ in range(2):
            await deliver(PlanChanged(tenant_id=tenant_id, plan="pro", previous_plan="free"))
        created, _, updated, entry = await published(tenant_id)
        assert isinstance(created, TenantCreated)
        assert isinstance(updated, TenantUpdated)
        assert updated.plan == "pro"
        assert isinstance(entry, TenantDirectoryEntry)
        assert entry.plan == "pro"

    async def test_plan_not_known_here_is_passed_on(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await deliver(PlanChanged(tenant_id=tenant_id, plan="platinum"))
        entry = (await published(tenant_id))[-1]
        assert isinstance(entry, TenantDirectoryEntry)
        assert entry.plan == "platinum"

    async def test_plan_of_an_unknown_tenant_is_poison(
        self, deliver: Deliver, tenant_id: UUID
    ) -> None:
        with pytest.raises(PoisonMessageError):
            await deliver(PlanChanged(tenant_id=tenant_id, plan="pro"))
