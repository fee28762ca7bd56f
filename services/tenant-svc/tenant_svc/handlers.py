"""How tenant-svc reacts to events of other services."""

from stagify.consumer import Handlers, PoisonMessageError
from stagify.database import Session
from stagify.events.billing import PlanChanged
from stagify.events.receipts import (
    IdentityReceiptIssued,
    ReceiptIssued,
    StagingReceiptIssued,
    UsageReceiptIssued,
)
from tenant_svc.lifecycle import service as lifecycle
from tenant_svc.sign_in import service as sign_in
from tenant_svc.tenants.errors import TenantNotFoundError

SERVICES: dict[type[ReceiptIssued], str] = {
    IdentityReceiptIssued: "identity",
    StagingReceiptIssued: "staging",
    UsageReceiptIssued: "usage",
}


async def on_receipt_issued(session: Session, event: ReceiptIssued) -> None:
    try:
        await lifecycle.record_receipt(
            session,
            tenant_id=event.tenant_id,
            service=SERVICES[type(event)],
            action=event.action,
            of_event_id=event.of_event_id,
        )
    except TenantNotFoundError as error:
        raise PoisonMessageError("receipt for an unknown tenant") from error


async def on_plan_changed(session: Session, event: PlanChanged) -> None:
    try:
        is_new = await lifecycle.change_plan(
            session, tenant_id=event.tenant_id, plan=event.plan, event_id=event.event_id
        )
    except TenantNotFoundError as error:
        raise PoisonMessageError("plan of an unknown tenant") from error
    if is_new and event.mfa_required:
        await sign_in.require_by_default(session, event.tenant_id)


HANDLERS: Handlers = {
    IdentityReceiptIssued: on_receipt_issued,
    StagingReceiptIssued: on_receipt_issued,
    UsageReceiptIssued: on_receipt_issued,
    PlanChanged: on_plan_changed,
}
