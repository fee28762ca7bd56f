"""The tenant directory: one record a tenant for the edge, published with every change of it."""

from typing import Protocol
from uuid import UUID

from stagify.database import Session
from stagify.events.tenant import TenantDirectoryEntry
from stagify.outbox import publish
from stagify.settings import ProcessSettings


class ListedTenant(Protocol):
    """What the edge learns of a tenant, beside its hosts."""

    id: UUID
    slug: str
    name: str
    type: str
    status: str
    plan: str
    region: str


class Directory:
    """Writes directory entries; knows the domain that slugs live under."""

    def __init__(self, base_host: str) -> None:
        self._base_host = base_host

    @classmethod
    def from_settings(cls, settings: ProcessSettings) -> "Directory":
        """The directory of the installation these settings describe."""
        return cls(settings.base_host)

    def publish(self, session: Session, tenant: ListedTenant, *, has_host: bool = True) -> None:
        """Tell the edge what `tenant` is now, in the transaction that made it so.

        Without its host the entry stays as a record, and another tenant may have the name.
        """
        entry = TenantDirectoryEntry.model_validate(
            {
                "tenant_id": tenant.id,
                "slug": tenant.slug,
                "name": tenant.name,
                "type": tenant.type,
                "status": tenant.status,
                "plan": tenant.plan,
                "region": tenant.region,
                "hosts": [f"{tenant.slug}.{self._base_host}"] if has_host else [],
            }
        )
        publish(session, entry)
