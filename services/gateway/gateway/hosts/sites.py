"""Who lives behind a host name: a tenant, or the platform itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from gateway.fairness.limits import Load
from stagify.principal import Principal

if TYPE_CHECKING:
    from gateway.observe.metering import UsageTemplate

SiteStatus = Literal["provisioning", "active", "suspended"]


def identity_fields(tenant_id: UUID | None, principal: str) -> bytes:
    """How a line of the access log says whose request it was; made once for a caller."""
    shown = "" if tenant_id is None else str(tenant_id)
    return f'"tenant_id":"{shown}","principal":"{principal}"'.encode()


UNKNOWN = identity_fields(None, "")


class Caller:
    """Somebody the gateway lets in, with the context tokens made for them so far.

    `tokens` maps an audience to (site, monotonic end, header line): a newer version of the
    tenant's record is another site, so its tokens are made anew.
    """

    __slots__ = ("calls", "identity_fields", "is_anonymous", "principal", "tokens", "usage")

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        # How the access log names them.
        self.identity_fields = identity_fields(principal.tenant_id, principal.kind)
        self.is_anonymous = principal.kind in ("anonymous", "platform")
        self.tokens: dict[str, tuple[Site, float, bytes]] = {}
        # Requests not yet metered.
        self.calls = 0
        # How those are recorded; made when first needed.
        self.usage: UsageTemplate | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One version of what the directory says about a tenant; or the platform host."""

    host: bytes
    name: str
    status: SiteStatus
    visitor: Caller
    load: Load
    tenant_id: UUID | None = None
    # The tenant's id as bytes: the first part of what a credential is known by.
    key: bytes = b""
    # How the access log names the tenant while nobody knows who is calling.
    identity_fields: bytes = UNKNOWN
    hosts: tuple[bytes, ...] = field(default=())

    @property
    def principal(self) -> Principal:
        """The visitor's principal: what every caller of this site has in common."""
        return self.visitor.principal
