"""How usage-svc reacts to events of other services. Usage itself goes to the ledger."""

from collections.abc import Sequence
from datetime import timedelta

from stagify import inbox
from stagify.clock import utc_now
from stagify.consumer import BatchHandlers, Handlers, Rejection
from stagify.database import Database, Session, driver_connection
from stagify.events.base import TenantEvent
from stagify.events.receipts import UsageReceiptIssued
from stagify.events.staging import (
    ProjectCancelled,
    ProjectCreated,
    ProjectDeleted,
    ProjectRetried,
    StagingFailed,
    StagingStarted,
    UploadDeleted,
)
from stagify.events.tenant import (
    TenantCreated,
    TenantReactivated,
    TenantSuspended,
    TenantUpdated,
)
from stagify.events.usage import UsageRecorded
from stagify.outbox import publish
from usage_svc.metering.service import Ledger
from usage_svc.meters import STORAGE
from usage_svc.parts import NAME
from usage_svc.plans import service as subscriptions
from usage_svc.plans.schemas import PlanCatalog
from usage_svc.quotas import reservations
from usage_svc.quotas.keys import ReservationKey

# These say which project a reservation is for.
ATTACHING: tuple[type[ProjectCreated | ProjectRetried | StagingStarted], ...] = (
    ProjectCreated,
    ProjectRetried,
    StagingStarted,
)


def _issue_receipt(session: Session, event: TenantEvent, action: str) -> None:
    receipt = UsageReceiptIssued(
        tenant_id=event.tenant_id, action=action, of_event_id=event.event_id
    )
    publish(session, receipt)


# The gateway stops a suspended tenant; nothing changes here, and the receipts confirm it.
async def on_tenant_suspended(session: Session, event: TenantSuspended) -> None:
    _issue_receipt(session, event, "suspended")


async def on_tenant_reactivated(session: Session, event: TenantReactivated) -> None:
    _issue_receipt(session, event, "reactivated")


async def on_project_ended(
    session: Session, event: StagingFailed | ProjectCancelled | ProjectDeleted
) -> None:
    if event.reservation_id is None:
        return
    await reservations.release(
        await driver_connection(session),
        tenant_id=event.tenant_id,
        reservation_id=event.reservation_id,
        now=utc_now(),
    )


async def on_upload_deleted(session: Session, event: UploadDeleted) -> None:
    """If the upload became a project's photo, its use has ended the reservation already."""
    await reservations.release(
        await driver_connection(session),
        tenant_id=event.tenant_id,
        reservation_id=event.reservation_id,
        now=utc_now(),
        meter=STORAGE,
    )


def make_handlers(plans: PlanCatalog) -> Handlers:
    """The handlers of one event at a time.

    `ProjectStaged` needs none: the `UsageRecorded` of the same transaction commits the
    reservation.
    """

    async def on_tenant_created(session: Session, event: TenantCreated) -> None:
        await subscriptions.follow_tenant(session, event, plans)
        _issue_receipt(session, event, "created")

    async def on_tenant_updated(session: Session, event: TenantUpdated) -> None:
        await subscriptions.follow_tenant(session, event, plans)

    return {
        TenantCreated: on_tenant_created,
        TenantUpdated: on_tenant_updated,
        TenantSuspended: on_tenant_suspended,
        TenantReactivated: on_tenant_reactivated,
        StagingFailed: on_project_ended,
        ProjectCancelled: on_project_ended,
        ProjectDeleted: on_project_ended,
        UploadDeleted: on_upload_deleted,
    }


def make_batch_handlers(
    ledger: Ledger, ingest_database: Database, attached_ttl: timedelta
) -> BatchHandlers:
    """The handlers of a whole poll at once, as the role that sees all tenants.

    The other events of a poll are handled before these, so a project's end may come before its
    beginning: events that come late cannot change the final state of a reservation.
    """

    async def on_projects_attached(
        events: Sequence[ProjectCreated | ProjectRetried | StagingStarted],
    ) -> list[Rejection]:
        async with ingest_database.tenant_connection(None) as connection:
            new = await inbox.claim_all(connection, events, NAME)
            # If a project has no reservation yet, the process that stages it makes one later,
            # and `StagingStarted` tells.
            projects = {
                ReservationKey(event.tenant_id, event.reservation_id): event.project_id
                for event in events
                if event.event_id in new and event.reservation_id
            }
            if projects:
                await reservations.attach(connection, projects, ttl=attached_ttl, now=utc_now())
        return []

    return {UsageRecorded: ledger.ingest, **dict.fromkeys(ATTACHING, on_projects_attached)}
