"""Who is calling, as a service sees it."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

# In this order: a member; a program with an API key; anyone on a tenant's host; anyone on the
# platform host; another deployable; an operator; the holder of a share link. Nothing makes the last
# two yet.
Kind = Literal["user", "api_key", "anonymous", "platform", "service", "operator", "share_link"]
_ACTORS = frozenset({"user", "api_key", "operator", "service"})


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller that a token names.

    `subject` is the id of the user or the key, or the name of the service; `credential_id` is the id
    of the session or key that was sent. `anonymous` has a tenant but no subject, `platform` has
    neither.
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
    # When a member last proved who they are, in whole seconds of Unix time.
    auth_time: int | None = None
    # What a session is for and nothing else, such as setting up a second factor; None is no restriction.
    restriction: str | None = None

    @property
    def actor(self) -> str | None:
        """The caller as the actor of events; None for visitors, who are not known."""
        is_known = self.kind in _ACTORS and self.subject is not None
        return f"{self.kind}:{self.subject}" if is_known else None

    def usage_dimensions(self) -> dict[str, str]:
        """Who caused a usage record, as dimensions of `UsageRecorded`."""
        found = {
            "user_id": self.user_id,
            "api_key_id": self.credential_id if self.kind == "api_key" else None,
            "organization_id": self.organization_id,
        }
        return {name: str(value) for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class TenantPrincipal(Principal):
    """A caller on behalf of a tenant: anyone on its host, or a service that acts for it."""

    tenant_id: UUID = field(kw_only=True)
