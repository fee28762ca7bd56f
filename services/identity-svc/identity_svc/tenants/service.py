"""The copy of a tenant, and identity's receipts.

tenant-svc makes the tenant before identity commits its owner, so `TenantCreated` and the owner
may come in either order, even at the same moment. Both sides write the tenant's one row and
read back the other's mark: the row's lock makes one of them second, and the second issues the
receipt.
"""

from dataclasses import asdict, dataclass
from uuid import UUID

from identity_svc.tenants import queries
from identity_svc.tenants.models import Tenant
from stagify import replicas
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events import TenantEvent
from stagify.events.receipts import IdentityReceiptIssued
from stagify.events.tenant import TenantCreated, TenantUpdated
from stagify.outbox import publish

# What is told together, and the newest event that did so. The receipt for `TenantCreated` names it.
DETAILS = replicas.Facts(Tenant, mark="details_event_id")
STATUS = replicas.Facts(Tenant, mark="status_event_id")
CREATION = replicas.Facts(Tenant, mark="created_event_id")


@dataclass(frozen=True, slots=True)
class NewTenant:
    """What sign-up knows of a tenant."""

    id: UUID
    slug: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class KnownTenant(NewTenant):
    """A tenant that people belong to."""

    status: str


async def get_tenant(session: Session, tenant_id: UUID) -> KnownTenant:
    """The tenant, which is known once anyone belongs to it."""
    tenant = await session.get_one(Tenant, tenant_id)
    assert tenant.slug is not None
    assert tenant.name is not None
    assert tenant.type is not None
    return KnownTenant(tenant.id, tenant.slug, tenant.name, tenant.type, tenant.status)


async def lock_tenant(session: Session, tenant_id: UUID) -> None:
    """Let one transaction a tenant go on at a time, until it ends."""
    await session.get_one(Tenant, tenant_id, with_for_update=True)


async def tenants_after(session: Session, last_id: UUID, limit: int) -> list[UUID]:
    """Ids of the next `limit` tenants in order."""
    return await queries.find_after(session, last_id, limit)


async def record_owner(session: Session, new: NewTenant) -> bool:
    """Note that the owner is in, in the transaction that lets them in; False if it is too late."""
    status, created_event_id = await queries.mark_owner(session, asdict(new), utc_now())
    if status == "expired":
        return False
    if created_event_id is not None:
        issue_receipt(session, new.id, "created", created_event_id)
    return True


async def record_created(session: Session, event: TenantCreated) -> None:
    """Note that the tenant was made, with what newer events have not said yet."""
    await record_details(session, event)
    await _keep(session, CREATION, event, {"type": event.type})
    # Read after the row was locked by writing it: an owner who came before is seen.
    if await queries.has_owner(session, event.tenant_id):
        issue_receipt(session, event.tenant_id, "created", event.event_id)


async def record_details(session: Session, event: TenantCreated | TenantUpdated) -> None:
    """Take over the tenant's details unless a newer event has brought others."""
    told = {name: getattr(event, name) for name in ("slug", "name", "plan", "region")}
    await _keep(session, DETAILS, event, told)


async def record_status(session: Session, event: TenantEvent, status: str) -> None:
    """Take over the tenant's status unless a newer event has brought another."""
    await _keep(session, STATUS, event, {"status": status})


async def _keep(
    session: Session, facts: replicas.Facts, event: TenantEvent, told: dict[str, str]
) -> None:
    key = {"id": event.tenant_id}
    await replicas.keep(session, facts, event.event_id, key=key, values=told)


def issue_receipt(session: Session, tenant_id: UUID, action: str, of_event_id: UUID) -> None:
    """Tell tenant-svc that identity has done its part."""
    receipt = IdentityReceiptIssued(tenant_id=tenant_id, action=action, of_event_id=of_event_id)
    publish(session, receipt)
