"""What staging-svc does about tenants: each event once, twice, and out of order."""

from uuid import UUID

import pytest

from stagify import inbox
from stagify.database import Database
from stagify.events import Event
from stagify.events.receipts import StagingReceiptIssued
from stagify.events.tenant import TenantCreated, TenantReactivated, TenantSuspended
from stagify.ids import new_id
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.handlers import HANDLERS
from staging_testing import Caller, Published


def created(tenant_id: UUID) -> TenantCreated:
    return TenantCreated(
        tenant_id=tenant_id,
        slug="acme",
        name="Acme",
        type="organization",
        plan="free",
        region="eu",
        owner_user_id=new_id(),
    )


async def deliver(database: Database, event: Event) -> None:
    """As the consumer does it: claim and handle in one transaction of the tenant."""
    assert event.tenant_id is not None
    async with database.tenant(event.tenant_id) as session:
        if await inbox.claim(session, event, "staging-svc"):
            await HANDLERS[type(event)](session, event)


async def status(database: Database, tenant_id: UUID) -> str | None:
    async with database.tenant_connection(tenant_id) as connection:
        found: str | None = await connection.fetchval("SELECT status FROM tenants")
        return found


@pytest.mark.parametrize("times", [1, 2])
async def test_created_tenant_gets_one_receipt(
    database: Database, tenant_id: UUID, published: Published, times: int
) -> None:
    event = created(tenant_id)
    for _ in range(times):
        await deliver(database, event)
    [receipt] = await published(tenant_id)
    assert isinstance(receipt, StagingReceiptIssued)
    assert (receipt.action, receipt.of_event_id) == ("created", event.event_id)
    assert await status(database, tenant_id) == "active"


async def test_a_tenant_of_a_kind_not_known_here_is_a_tenant(
    database: Database, tenant_id: UUID
) -> None:
    unheard_of = {"type": "franchise", "plan": "platinum", "region": "moon"}
    await deliver(database, created(tenant_id).model_copy(update=unheard_of))
    assert await status(database, tenant_id) == "active"


async def test_jobs_of_a_suspended_tenant_wait_until_it_is_back(
    caller: Caller, job_loop: JobLoop, database: Database, published: Published
) -> None:
    await caller.project()
    await deliver(database, TenantSuspended(tenant_id=caller.tenant_id, reason="unpaid"))
    assert not await job_loop.run_next()
    await deliver(database, TenantReactivated(tenant_id=caller.tenant_id))
    assert await job_loop.run_next()
    receipts = [e for e in await published(caller.tenant_id) if isinstance(e, StagingReceiptIssued)]
    assert [receipt.action for receipt in receipts] == ["suspended", "reactivated"]


async def test_late_suspension_does_not_undo_what_came_after(
    database: Database, tenant_id: UUID
) -> None:
    late = TenantSuspended(tenant_id=tenant_id, reason="unpaid")
    await deliver(database, TenantReactivated(tenant_id=tenant_id))
    await deliver(database, late)
    assert await status(database, tenant_id) == "active"


async def test_late_creation_does_not_undo_a_suspension(
    database: Database, tenant_id: UUID
) -> None:
    late = created(tenant_id)
    await deliver(database, TenantSuspended(tenant_id=tenant_id, reason="unpaid"))
    await deliver(database, late)
    assert await status(database, tenant_id) == "suspended"
