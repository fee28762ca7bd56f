"""What usage-svc does about the facts of other services. Usage itself goes to `ledger`."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.clock import utc_now
from stagify.consumer import BatchHandlers, Handlers
from stagify.database import driver_connection
from stagify.events.receipts import ReceiptAction, UsageReceiptIssued
from stagify.events.staging import (
    ProjectCreated,
    ProjectDeleted,
    StagingFailed,
    StagingStarted,
)
from stagify.events.tenant import (
    TenantCreated,
    TenantReactivated,
    TenantSuspended,
    TenantUpdated,
)
from stagify.events.usage import UsageRecorded
from stagify.outbox import publish
from usage_svc import reservations, service
from usage_svc.ledger import Ledger
from usage_svc.plans import PlanCatalog

RECEIPTS: dict[type[TenantCreated | TenantSuspended | TenantReactivated], ReceiptAction] = {
    TenantCreated: "created",
    TenantSuspended: "suspended",
    TenantReactivated: "reactivated",
}


def _issue_receipt(
    session: AsyncSession, event: TenantCreated | TenantSuspended | TenantReactivated
) -> None:
    receipt = UsageReceiptIssued(
        tenant_id=event.tenant_id, action=RECEIPTS[type(event)], of_event_id=event.event_id
    )
    publish(session, receipt)


async def on_tenant_updated(session: AsyncSession, event: TenantUpdated) -> None:
    assert event.tenant_id is not None
    await service.rename_subscription(session, tenant_id=event.tenant_id, slug=event.slug)


async def on_tenant_paused(
    session: AsyncSession, event: TenantSuspended | TenantReactivated
) -> None:
    # The edge stops a suspended tenant; here nothing changes, and the receipt says so.
    _issue_receipt(session, event)


async def on_project_ended(session: AsyncSession, event: StagingFailed | ProjectDeleted) -> None:
    if event.reservation_id is None or event.tenant_id is None:
        return
    await reservations.release(
        await driver_connection(session),
        tenant_id=event.tenant_id,
        reservation_id=event.reservation_id,
        now=utc_now(),
    )


def make_handlers(plans: PlanCatalog, attached_ttl: timedelta) -> Handlers:
    """The handlers of one event at a time.

    `ProjectStaged` needs none: the `UsageRecorded` of the same transaction commits the
    reservation. A project without a reservation gets one later, from the worker that stages
    it, and `StagingStarted` tells.
    """

    async def on_tenant_created(session: AsyncSession, event: TenantCreated) -> None:
        assert event.tenant_id is not None
        await service.open_subscription(
            session, tenant_id=event.tenant_id, slug=event.slug, plan=event.plan, plans=plans
        )
        _issue_receipt(session, event)

    async def on_project_taken_up(
        session: AsyncSession, event: ProjectCreated | StagingStarted
    ) -> None:
        if event.reservation_id is None or event.tenant_id is None:
            return
        await reservations.attach(
            await driver_connection(session),
            tenant_id=event.tenant_id,
            reservation_id=event.reservation_id,
            project_id=event.project_id,
            ttl=attached_ttl,
            now=utc_now(),
        )

    return {
        TenantCreated: on_tenant_created,
        TenantUpdated: on_tenant_updated,
        TenantSuspended: on_tenant_paused,
        TenantReactivated: on_tenant_paused,
        ProjectCreated: on_project_taken_up,
        StagingStarted: on_project_taken_up,
        StagingFailed: on_project_ended,
        ProjectDeleted: on_project_ended,
    }


def make_batch_handlers(ledger: Ledger) -> BatchHandlers:
    """The handlers of a whole poll at once."""
    return {UsageRecorded: ledger.ingest}
