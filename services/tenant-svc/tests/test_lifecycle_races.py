"""Two processes change one tenant at the same moment: each lock, and each second look after it."""

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from stagify.database import Database, Session
from stagify.events.billing import PlanChanged
from stagify.events.receipts import IdentityReceiptIssued, StagingReceiptIssued, UsageReceiptIssued
from stagify.events.tenant import TenantActivated, TenantSuspended
from stagify.ids import new_id
from stagify.testing import comes_to_wait
from tenant_svc.handlers import HANDLERS
from tenant_svc.hosts import service as hosts
from tenant_svc.lifecycle import service as lifecycle
from tenant_svc.lifecycle.errors import TenantStatusError
from tenant_svc.tenants import service as tenants
from tenant_testing import RECEIPTS, AskForTenant, CreateTenant, Tenant, receipt

GRACE = timedelta(hours=1)
LATE = timedelta(minutes=61)


async def expire(database: Database, tenant: Tenant) -> bool:
    async with database.tenant(tenant.id) as session:
        return await lifecycle.expire_tenant(session, tenant_id=tenant.id, grace=GRACE)


async def give_up(database: Database, tenant: Tenant) -> bool:
    async with database.tenant(tenant.id) as session:
        return await lifecycle.give_up_tenant(session, tenant_id=tenant.id)


async def suspend(database: Database, tenant: Tenant) -> None:
    async with database.tenant(tenant.id) as session:
        await lifecycle.suspend_tenant(session, tenant_id=tenant.id, reason="unpaid")


class TestReceipts:
    async def test_three_at_once_never_leave_it_stuck(
        self, create_tenant: CreateTenant, tenant: Tenant
    ) -> None:
        for _ in range(20):
            each = await another(create_tenant, tenant)
            await asyncio.gather(*(each.receive(cls) for cls in RECEIPTS))
            assert await each.statuses() == ["provisioning", "active"]

    async def test_the_last_two_wait_for_each_other(
        self, tenant: Tenant, database: Database
    ) -> None:
        await tenant.receive(StagingReceiptIssued)
        async with database.tenant(tenant.id) as session:
            await handle(session, receipt(UsageReceiptIssued, tenant.id))
            await session.flush()
            last = asyncio.create_task(tenant.receive(IdentityReceiptIssued))
            assert await comes_to_wait(database, last)
        await last
        assert await tenant.statuses() == ["provisioning", "active"]
        events = await tenant.events()
        assert sum(isinstance(event, TenantActivated) for event in events) == 1


class TestExpiry:
    async def test_one_confirmed_between_the_search_and_the_expiry_stays(
        self, tenant: Tenant, database: Database
    ) -> None:
        await tenant.age(LATE)
        await tenant.receive(IdentityReceiptIssued)
        assert not await expire(database, tenant)
        assert await tenant.statuses() == ["provisioning"]

    async def test_one_activated_between_the_search_and_the_expiry_stays(
        self, tenant: Tenant, database: Database
    ) -> None:
        await tenant.age(LATE)
        await tenant.receive(*RECEIPTS)
        assert not await expire(database, tenant)
        assert await tenant.statuses() == ["provisioning", "active"]

    async def test_one_that_is_not_due_stays(self, tenant: Tenant, database: Database) -> None:
        assert not await expire(database, tenant)
        assert await tenant.statuses() == ["provisioning"]

    async def test_one_that_is_being_confirmed_stays(
        self, tenant: Tenant, database: Database
    ) -> None:
        await tenant.age(LATE)
        async with database.tenant(tenant.id) as session:
            await handle(session, receipt(IdentityReceiptIssued, tenant.id))
            await session.flush()
            expiry = asyncio.create_task(expire(database, tenant))
            assert await comes_to_wait(database, expiry)
        assert not await expiry
        assert await tenant.statuses() == ["provisioning"]

    async def test_one_that_is_expiring_is_brought_back(
        self, tenant: Tenant, database: Database
    ) -> None:
        await tenant.age(LATE)
        async with database.tenant(tenant.id) as session:
            await lifecycle.expire_tenant(session, tenant_id=tenant.id, grace=GRACE)
            await session.flush()
            confirmation = asyncio.create_task(tenant.receive(IdentityReceiptIssued))
            assert await comes_to_wait(database, confirmation)
        await confirmation
        assert await tenant.statuses() == ["provisioning", "expired", "provisioning"]

    async def test_two_rounds_of_upkeep_expire_it_once(
        self, tenant: Tenant, database: Database
    ) -> None:
        await tenant.age(LATE)
        assert sorted(await asyncio.gather(*(expire(database, tenant) for _ in range(4)))) == [
            False,
            False,
            False,
            True,
        ]
        assert await tenant.statuses() == ["provisioning", "expired"]


class TestGivingUp:
    @pytest.fixture
    async def expired(self, tenant: Tenant, database: Database) -> Tenant:
        """A tenant whose grace is over."""
        await tenant.age(LATE)
        async with database.tenant(tenant.id) as session:
            assert await lifecycle.expire_tenant(session, tenant_id=tenant.id, grace=-GRACE)
        return tenant

    async def test_one_that_came_back_in_between_keeps_its_slug(
        self, expired: Tenant, database: Database, slug: str
    ) -> None:
        await expired.receive(IdentityReceiptIssued)
        assert not await give_up(database, expired)
        async with database.system() as session:
            assert await hosts.find_tenant_id(session, slug) == expired.id

    async def test_one_that_is_coming_back_keeps_its_slug(
        self, expired: Tenant, database: Database, slug: str
    ) -> None:
        async with database.tenant(expired.id) as session:
            await handle(session, receipt(IdentityReceiptIssued, expired.id))
            await session.flush()
            end = asyncio.create_task(give_up(database, expired))
            assert await comes_to_wait(database, end)
        assert not await end
        async with database.system() as session:
            assert await hosts.find_tenant_id(session, slug) == expired.id

    async def test_two_rounds_of_upkeep_give_it_up_once(
        self, expired: Tenant, database: Database
    ) -> None:
        ends = await asyncio.gather(*(give_up(database, expired) for _ in range(4)))
        assert sorted(ends) == [False, False, False, True]

    async def test_a_slug_whose_row_is_locked_is_looked_at_again(
        self, expired: Tenant, database: Database, slug: str
    ) -> None:
        """The lock of the slug's own row, which others take without that of the tenant's."""
        async with database.tenant(expired.id) as session:
            assert await hosts.keep_slug(session, slug, tenant_id=expired.id)
            await session.flush()

            async def free() -> bool:
                async with database.tenant(expired.id) as other:
                    return await hosts.free_slug(other, slug, tenant_id=expired.id)

            freeing = asyncio.create_task(free())
            assert await comes_to_wait(database, freeing)
        assert not await freeing

    async def test_a_slug_that_is_being_freed_is_not_kept(
        self, expired: Tenant, database: Database, slug: str
    ) -> None:
        async with database.tenant(expired.id) as session:
            assert await hosts.free_slug(session, slug, tenant_id=expired.id)
            await session.flush()

            async def keep() -> bool:
                async with database.tenant(expired.id) as other:
                    return await hosts.keep_slug(other, slug, tenant_id=expired.id)

            keeping = asyncio.create_task(keep())
            assert await comes_to_wait(database, keeping)
        assert not await keeping


class TestOperators:
    async def test_two_suspend_it_once(self, tenant: Tenant, database: Database) -> None:
        await tenant.receive(*RECEIPTS)
        async with database.tenant(tenant.id) as session:
            await lifecycle.suspend_tenant(session, tenant_id=tenant.id, reason="unpaid")
            await session.flush()
            second = asyncio.create_task(suspend(database, tenant))
            assert await comes_to_wait(database, second)
        with pytest.raises(TenantStatusError):
            await second
        events = await tenant.events()
        assert sum(isinstance(event, TenantSuspended) for event in events) == 1

    async def test_a_change_of_plan_and_a_suspension_both_stay(
        self, tenant: Tenant, database: Database
    ) -> None:
        await tenant.receive(*RECEIPTS)
        async with database.tenant(tenant.id) as session:
            await handle(session, PlanChanged(tenant_id=tenant.id, plan="pro"))
            await session.flush()
            second = asyncio.create_task(suspend(database, tenant))
            assert await comes_to_wait(database, second)
        await second
        async with database.tenant(tenant.id) as session:
            found = await tenants.get_tenant(session, tenant.id)
            assert (found.plan, found.status) == ("pro", "suspended")
        # The last word in the directory knows of both.
        last = (await tenant.events())[-1]
        assert (last.plan, last.status) == ("pro", "suspended")  # type: ignore[attr-defined]


class TestCreation:
    async def test_a_second_call_waits_and_finds_the_first_ones_tenant(
        self,
        ask_for_tenant: AskForTenant,
        database: Database,
        tenant_id: UUID,
        wanted: dict[str, Any],
        slug: str,
    ) -> None:
        signup_id = UUID(wanted["signup_id"])
        async with database.system() as session:
            # Makes the row.
            await hosts.lock_slug(session, slug=slug, signup_id=signup_id)
        async with database.system() as session:
            await hosts.lock_slug(session, slug=slug, signup_id=signup_id)
            call = asyncio.ensure_future(ask_for_tenant(tenant_id))
            assert await comes_to_wait(database, call)
        assert (await call).status_code == 200

    async def test_five_equal_calls_make_one(
        self, ask_for_tenant: AskForTenant, tenant_id: UUID, slug: str
    ) -> None:
        answers = await asyncio.gather(*(ask_for_tenant(tenant_id) for _ in range(5)))
        assert [answer.status_code for answer in answers] == [200] * 5
        assert len({answer.text for answer in answers}) == 1

    async def test_of_two_sign_ups_for_one_slug_one_gets_it(
        self, ask_for_tenant: AskForTenant, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        ours, theirs = await asyncio.gather(
            ask_for_tenant(tenant_id), ask_for_tenant(other_tenant_id, signup_id=str(new_id()))
        )
        assert sorted((ours.status_code, theirs.status_code)) == [200, 409]


async def handle(session: Session, event: Any) -> None:
    """Handle an event in a transaction that stays open."""
    await HANDLERS[type(event)](session, event)


async def another(create_tenant: CreateTenant, tenant: Tenant) -> Tenant:
    """One more tenant like the given one."""
    made = dataclasses.replace(tenant, id=new_id())
    slug = f"t{made.id.hex[-16:]}"
    await create_tenant(made.id, signup_id=str(new_id()), slug=slug)
    return made
