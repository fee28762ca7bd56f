"""What happens to a tenant: receipts, expiry, suspension; and the commands of operators."""

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
from stagify.events import Event
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
from tenant_svc import lifecycle, service
from tenant_svc.cli import republish_all
from tenant_svc.directory import Directory
from tenant_svc.errors import TenantNotFoundError, TenantStatusError
from tenant_svc.settings import Settings
from tenant_svc.worker import Sweep

Deliver = Callable[[Event], Awaitable[None]]
Published = Callable[[UUID], Awaitable[list[Event]]]
CreateTenant = Callable[..., Awaitable[dict[str, Any]]]

RECEIPTS = (IdentityReceiptIssued, StagingReceiptIssued, UsageReceiptIssued)


def receipt(cls: type[ReceiptIssued], tenant_id: UUID, action: str = "created") -> ReceiptIssued:
    return cls.model_validate({"tenant_id": tenant_id, "action": action, "of_event_id": new_id()})


async def statuses(published: Published, tenant_id: UUID) -> list[str]:
    """The tenant's status in each of its directory entries."""
    events = await published(tenant_id)
    return [event.status for event in events if isinstance(event, TenantDirectoryEntry)]


@pytest.fixture
def sweep(database: Database, directory: Directory, settings: Settings) -> Sweep:
    """A sweep that finds a slug due as soon as its tenant has expired."""
    return Sweep(database, directory, settings.model_copy(update={"slug_grace_hours": 0}))


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

    async def test_receipts_of_other_steps_do_not_activate(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        for cls in RECEIPTS:
            await deliver(receipt(cls, tenant_id, "suspended"))
        assert await statuses(published, tenant_id) == ["provisioning"]

    async def test_receipt_for_an_unknown_tenant_is_poison(
        self, deliver: Deliver, tenant_id: UUID
    ) -> None:
        with pytest.raises(PoisonMessageError):
            await deliver(receipt(UsageReceiptIssued, tenant_id))

    async def test_stuck_tenants_show_in_the_metric(
        self, create_tenant: CreateTenant, database: Database, sweep: Sweep, tenant_id: UUID
    ) -> None:
        await create_tenant(tenant_id)
        await sweep.run()
        before = stuck()
        await age(database, tenant_id, timedelta(minutes=11))
        await sweep.run()
        assert stuck() == before + 1


class TestExpiry:
    async def test_unconfirmed_tenant_expires_and_its_slug_is_free_after_the_grace(
        self,
        client: httpx.AsyncClient,
        platform_headers: dict[str, str],
        create_tenant: CreateTenant,
        database: Database,
        sweep: Sweep,
        published: Published,
        tenant_id: UUID,
        slug: str,
    ) -> None:
        await create_tenant(tenant_id)
        await age(database, tenant_id, timedelta(minutes=61))
        await sweep.run()
        taken = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        assert not taken.json()["available"]
        assert await statuses(published, tenant_id) == ["provisioning", "expired"]
        await sweep.run()
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
        sweep: Sweep,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await deliver(receipt(StagingReceiptIssued, tenant_id))
        await deliver(receipt(UsageReceiptIssued, tenant_id))
        await age(database, tenant_id, timedelta(minutes=61))
        await sweep.run()
        assert (await statuses(published, tenant_id))[-1] == "expired"

    async def test_confirmed_tenant_never_expires(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        database: Database,
        sweep: Sweep,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await deliver(receipt(IdentityReceiptIssued, tenant_id))
        await age(database, tenant_id, timedelta(days=9))
        await sweep.run()
        assert await statuses(published, tenant_id) == ["provisioning"]

    async def test_late_confirmation_brings_it_back(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        database: Database,
        directory: Directory,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await deliver(receipt(StagingReceiptIssued, tenant_id))
        await deliver(receipt(UsageReceiptIssued, tenant_id))
        await age(database, tenant_id, timedelta(minutes=61))
        async with database.tenant(tenant_id) as session:
            assert await lifecycle.expire_tenant(
                session, tenant_id=tenant_id, grace=timedelta(hours=1), directory=directory
            )
        await deliver(receipt(IdentityReceiptIssued, tenant_id))
        assert await statuses(published, tenant_id) == [
            "provisioning",
            "expired",
            "provisioning",
            "active",
        ]
        async with database.tenant(tenant_id) as session:
            assert not await lifecycle.release_slug(
                session, tenant_id=tenant_id, directory=directory
            )

    async def test_confirmation_after_the_slug_is_gone_changes_nothing(
        self,
        create_tenant: CreateTenant,
        deliver: Deliver,
        database: Database,
        sweep: Sweep,
        published: Published,
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await age(database, tenant_id, timedelta(minutes=61))
        await sweep.run()
        await sweep.run()
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
        sweep: Sweep,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        await age(database, tenant_id, timedelta(minutes=61))
        await sweep.run()
        answer = await client.put(
            f"/internal/tenants/{tenant_id}", json=wanted, headers=identity_headers
        )
        assert answer.json()["code"] == "tenant_expired"

    async def test_lapsed_holds_are_swept(
        self, database: Database, sweep: Sweep, slug: str
    ) -> None:
        async with database.system() as session:
            await service.hold_slug(session, slug=slug, signup_id=new_id(), expires_at=utc_now())
        await sweep.run()
        async with database.system() as session:
            count = text("SELECT count(*) FROM slugs WHERE slug = :slug")
            assert (await session.execute(count, {"slug": slug})).scalar_one() == 0


class TestSuspension:
    @pytest.fixture
    async def active(self, create_tenant: CreateTenant, deliver: Deliver, tenant_id: UUID) -> UUID:
        await create_tenant(tenant_id)
        for cls in RECEIPTS:
            await deliver(receipt(cls, tenant_id))
        return tenant_id

    async def test_there_and_back(
        self, database: Database, directory: Directory, published: Published, active: UUID
    ) -> None:
        async with database.tenant(active) as session:
            await lifecycle.suspend_tenant(
                session, tenant_id=active, reason="unpaid", directory=directory
            )
        async with database.tenant(active) as session:
            await lifecycle.reactivate_tenant(session, tenant_id=active, directory=directory)
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
        directory: Directory,
        create_tenant: CreateTenant,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        async with database.tenant(tenant_id) as session:
            with pytest.raises(TenantStatusError):
                await lifecycle.suspend_tenant(
                    session, tenant_id=tenant_id, reason="unpaid", directory=directory
                )
            with pytest.raises(TenantStatusError):
                await lifecycle.reactivate_tenant(session, tenant_id=tenant_id, directory=directory)

    async def test_command_finds_the_tenant_by_its_slug(
        self, database: Database, active: UUID, slug: str
    ) -> None:
        async with database.system() as session:
            assert await service.find_tenant_id(session, slug) == active
            with pytest.raises(TenantNotFoundError):
                await service.find_tenant_id(session, f"{slug}-x")


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

    async def test_plan_of_an_unknown_tenant_is_poison(
        self, deliver: Deliver, tenant_id: UUID
    ) -> None:
        with pytest.raises(PoisonMessageError):
            await deliver(PlanChanged(tenant_id=tenant_id, plan="pro"))


class TestRepublish:
    async def test_every_tenant_with_a_name_is_published_again(
        self,
        database: Database,
        directory: Directory,
        create_tenant: CreateTenant,
        published: Published,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        assert await republish_all(database, directory) >= 1
        assert await statuses(published, tenant_id) == ["provisioning", "provisioning"]
