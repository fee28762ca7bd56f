"""Who is calling, as far as a service knows."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

# A member; a program of theirs; anyone on a tenant's host; anyone on the platform's; another
# deployable. Nobody makes the last two yet: the platform's own people, and who has a share link.
Kind = Literal["user", "api_key", "anonymous", "platform", "service", "operator", "share_link"]
_ACTORS = frozenset({"user", "api_key", "operator", "service"})


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller, as the token says.

    `subject` is the user's or the key's id, or a service's name; `credential_id` the session or
    key that was shown; `anonymous` has a tenant and no subject, `platform` neither.
    """

    kind: Kind
    issuer: str
    subject: str | None = None
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    credential_id: UUID | None = None
    role: str | None = None
    permissions: frozenset[str] = field(default_factory=frozenset)
    organization_id: UUID | None = None
    plan: str | None = None
    region: str | None = None
    tenant_status: str | None = None
    slug: str | None = None

    @property
    def actor(self) -> str | None:
        """Who they are in the events they cause; None for visitors, whom nobody knows."""
        return f"{self.kind}:{self.subject}" if self.kind in _ACTORS else None

    def usage_dimensions(self) -> dict[str, str]:
        """Who caused a usage record: the dimensions `UsageRecorded` knows."""
        found = {
            "user_id": self.user_id,
            "api_key_id": self.credential_id if self.kind == "api_key" else None,
            "organization_id": self.organization_id,
        }
        return {name: str(value) for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class TenantPrincipal(Principal):
    """A caller on behalf of a tenant: whoever is on its host, or a service that acts for it."""

    tenant_id: UUID = field(kw_only=True)
