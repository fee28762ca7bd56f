"""What staging-svc does about the events of tenant-svc."""

from stagify.consumer import Handlers
from stagify.database import Session
from stagify.events import TenantEvent
from stagify.events.receipts import StagingReceiptIssued
from stagify.events.tenant import TenantCreated, TenantReactivated, TenantSuspended
from stagify.outbox import publish
from staging_svc.tenants import service


async def on_tenant_created(session: Session, event: TenantCreated) -> None:
    await service.set_status(session, event.tenant_id, "active", event_id=event.event_id)
    _issue_receipt(session, event, "created")


async def on_tenant_suspended(session: Session, event: TenantSuspended) -> None:
    await service.suspend(session, event.tenant_id, event_id=event.event_id)
    _issue_receipt(session, event, "suspended")


async def on_tenant_reactivated(session: Session, event: TenantReactivated) -> None:
    await service.reactivate(session, event.tenant_id, event_id=event.event_id)
    _issue_receipt(session, event, "reactivated")


def _issue_receipt(session: Session, event: TenantEvent, action: str) -> None:
    publish(
        session,
        StagingReceiptIssued(tenant_id=event.tenant_id, action=action, of_event_id=event.event_id),
    )


HANDLERS: Handlers = {
    TenantCreated: on_tenant_created,
    TenantSuspended: on_tenant_suspended,
    TenantReactivated: on_tenant_reactivated,
}
