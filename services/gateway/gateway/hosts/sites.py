"""A site is what a host name leads to: a tenant, the platform itself, or its operators' console."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from gateway.fairness.limits import Party
from stagify.principal import Principal

SiteKind = Literal["tenant", "platform", "ops"]
SiteStatus = Literal["provisioning", "active", "suspended"]


class Who:
    """Whose request it is, as far as that is known; observers get it with the record."""

    __slots__ = ("is_anonymous", "log_fields", "tenant_id")

    def __init__(self, tenant_id: UUID | None, kind: str) -> None:
        self.tenant_id = tenant_id
        # Whose calls are not metered.
        self.is_anonymous = True
        # What the access log writes about it; made once, not for each line.
        shown = "" if tenant_id is None else str(tenant_id)
        self.log_fields = f'"tenant_id":"{shown}","principal":"{kind}"'.encode()


NOBODY = Who(None, "")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Site:
    """One version of what the directory says about a tenant; or a host of the platform's own."""

    host: bytes
    name: str
    status: SiteStatus
    # The principal of a visitor, who has no credential; holds what all callers of the site share.
    visitor: Principal
    party: Party
    # The caller as long as only the tenant is known.
    unidentified: Who = NOBODY
    # The tenant's id as bytes: the first part of the keys of its credentials.
    key: bytes = b""
    hosts: tuple[bytes, ...] = field(default=())
    kind: SiteKind = "tenant"
    # How the tenant presents itself, as the JSON of `Branding`: read only for its pages, and a tenth of the
    # size. Empty if nothing is known.
    branding: bytes = b""

    @property
    def tenant_id(self) -> UUID | None:
        """The tenant's id; None on a host of the platform's own."""
        return self.unidentified.tenant_id
