"""Events of tenant-svc, and the directory the gateway keeps in memory."""

from typing import Annotated
from uuid import UUID

from stagify.events.base import TenantEvent
from stagify.personal import Personal
from stagify.topology import Topic


class TenantCreated(TenantEvent):
    """A tenant exists and is being provisioned; each service answers with its receipt."""

    event_type = "stagify.tenant.created.v1"
    topic = Topic.TENANT
    slug: Annotated[str, Personal]
    name: Annotated[str, Personal]
    type: str
    plan: str
    region: str
    owner_user_id: UUID


class TenantActivated(TenantEvent):
    """Every service has provisioned the tenant: it may work."""

    event_type = "stagify.tenant.activated.v1"
    topic = Topic.TENANT


class TenantUpdated(TenantEvent):
    """What others know about the tenant has changed; the event has all values, as they are now."""

    event_type = "stagify.tenant.updated.v1"
    topic = Topic.TENANT
    slug: Annotated[str, Personal]
    name: Annotated[str, Personal]
    plan: str
    region: str


class TenantSuspended(TenantEvent):
    """The tenant may no longer work; its data is kept."""

    event_type = "stagify.tenant.suspended.v1"
    topic = Topic.TENANT
    # Operators type it.
    reason: Annotated[str, Personal]


class TenantReactivated(TenantEvent):
    """A suspended tenant may work again."""

    event_type = "stagify.tenant.reactivated.v1"
    topic = Topic.TENANT


class TenantExpired(TenantEvent):
    """The sign-up for the tenant was never finished: the tenant is gone and its slug is free."""

    event_type = "stagify.tenant.expired.v1"
    topic = Topic.TENANT
    slug: Annotated[str, Personal]


class TenantDirectoryEntry(TenantEvent):
    """The whole record of one tenant, for the gateway; the newest one of each key counts (compacted).

    `hosts` are normalised host names without port. A reader that does not know the `status` lets
    nobody in.
    """

    event_type = "stagify.tenant.directory_entry.v1"
    topic = Topic.DIRECTORY
    slug: Annotated[str, Personal]
    name: Annotated[str, Personal]
    type: str
    status: str
    plan: str
    region: str
    hosts: Annotated[list[str], Personal]
