"""What staging-svc does when a tenant is created, suspended or reactivated."""

from typing import Literal
from uuid import UUID

from stagify import replicas
from stagify.database import Session
from staging_svc.queue import service as queue
from staging_svc.tenants.models import Tenant

Status = Literal["active", "suspended"]

STATUS = replicas.Facts(Tenant, mark="status_event_id")


async def set_status(session: Session, tenant_id: UUID, status: Status, *, event_id: UUID) -> bool:
    """Record a tenant's status; False if a newer one is known."""
    key = {"tenant_id": tenant_id, "id": tenant_id}
    return await replicas.keep(session, STATUS, event_id, key=key, values={"status": status})


async def suspend(session: Session, tenant_id: UUID, *, event_id: UUID) -> None:
    """Stop waiting jobs from being taken; running ones are finished."""
    if await set_status(session, tenant_id, "suspended", event_id=event_id):
        await queue.hold_all(session)


async def reactivate(session: Session, tenant_id: UUID, *, event_id: UUID) -> None:
    """Allow the waiting jobs to be taken again."""
    if await set_status(session, tenant_id, "active", event_id=event_id):
        await queue.release_all(session)
