"""Events of tenant-svc, and the directory the gateway keeps in memory."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

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


class SignInRulesChanged(TenantEvent):
    """How people sign in to the tenant. From `mfa_due_at` on, sessions without a second factor may do
    nothing but set one up; None asks for none."""

    event_type = "stagify.tenant.sign_in_rules_changed.v1"
    topic = Topic.TENANT
    mfa_due_at: AwareDatetime | None


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


class _Value(BaseModel):
    """Base of the parts of an event that have parts themselves."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class BrandColors(_Value):
    """The colours that a tenant has chosen, as `#rrggbb`."""

    primary: str
    accent: str


class BrandTheme(_Value):
    """How the colours of a brand are shown on light or on dark pages, as `#rrggbb`: all of them legible.

    `brand` fills areas, `on_brand` is the text on them, `brand_text` is the brand's colour as text on
    the page, `brand_ring` outlines what has the focus.
    """

    brand: str
    on_brand: str
    brand_text: str
    brand_ring: str


class BrandTokens(_Value):
    """A brand on light and on dark pages."""

    light: BrandTheme
    dark: BrandTheme


class Branding(_Value):
    """How a tenant presents itself to visitors."""

    name: str
    colors: BrandColors
    tokens: BrandTokens
    logo_url: str | None = None


class BrandingUpdated(TenantEvent):
    """What visitors see of the tenant has changed. `changed` says what: `name`, `colors`; the colours
    are those that are now chosen. The name is in the directory only."""

    event_type = "stagify.branding.updated.v1"
    topic = Topic.TENANT
    changed: list[str]
    colors: BrandColors


class TenantDirectoryEntry(TenantEvent):
    """The whole record of one tenant, for the gateway; the newest one of each key counts (compacted).

    `hosts` are normalised host names without port. A reader that does not know the `status` lets
    nobody in. Entries from before November 2026 have no `branding`: the tenant is shown as the platform
    is.
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
    # Its name is one that people chose.
    branding: Annotated[Branding | None, Personal] = None
