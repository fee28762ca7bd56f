"""The tenant directory: one record of each tenant for the gateway, published at every change."""

from typing import Protocol
from uuid import UUID

from stagify.database import Session
from stagify.events.tenant import TenantDirectoryEntry
from stagify.outbox import publish
from tenant_svc.brands import service as brands
from tenant_svc.hosts import service as hosts


class ListedTenant(Protocol):
    """What the gateway learns about a tenant, besides its hosts and its branding."""

    id: UUID
    slug: str
    name: str
    type: str
    status: str
    plan: str
    region: str


async def publish_entry(session: Session, tenant: ListedTenant, *, has_host: bool = True) -> None:
    """Publish what `tenant` is now, for the gateway, in the transaction that changed it.

    Without its host the entry stays as a record, and another tenant may have the name.
    """
    entry = TenantDirectoryEntry(
        tenant_id=tenant.id,
        slug=tenant.slug,
        name=tenant.name,
        type=tenant.type,
        status=tenant.status,
        plan=tenant.plan,
        region=tenant.region,
        hosts=[hosts.host_of(session, tenant.slug)] if has_host else [],
        branding=await brands.find_branding(session, tenant_id=tenant.id, tenant_name=tenant.name),
    )
    publish(session, entry)
