"""What has been taken back lately: remembered, so that a look-up under way cannot restore it."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from stagify.events import Event, UnknownEvent
from stagify.events.identity import ApiKeyRevoked, MemberRemoved, MemberRoleChanged, SessionRevoked


@dataclass(frozen=True, slots=True)
class CredentialRevoked:
    """A session or an API key is dead for good."""

    credential_id: UUID


@dataclass(frozen=True, slots=True)
class MembershipChanged:
    """What is known of a user in a tenant is out of date."""

    tenant_id: UUID
    user_id: UUID


Revocation = CredentialRevoked | MembershipChanged


def revocation_of(event: Event | UnknownEvent) -> Revocation | None:
    """What `event` takes back, if anything."""
    match event:
        case SessionRevoked():
            return CredentialRevoked(event.session_id)
        case ApiKeyRevoked():
            return CredentialRevoked(event.api_key_id)
        case MemberRemoved() | MemberRoleChanged():
            return MembershipChanged(event.tenant_id, event.user_id)
        case _:
            return None


class Revocations:
    """The revocations of the last `keep_seconds`, with the time each arrived."""

    def __init__(self, keep_seconds: float, now: Callable[[], float] = monotonic) -> None:
        self._keep_seconds = keep_seconds
        self._now = now
        self._arrived: dict[Revocation, float] = {}

    def remember(self, revocation: Revocation) -> None:
        """Note that `revocation` has arrived."""
        now = self._now()
        # Taken out first, so that the order of the dictionary is the order of arrival.
        self._arrived.pop(revocation, None)
        self._arrived[revocation] = now
        while self._arrived:
            oldest = next(iter(self._arrived))
            if self._arrived[oldest] + self._keep_seconds >= now:
                break
            del self._arrived[oldest]

    def is_dead(self, credential_id: UUID) -> bool:
        """Whether the credential was revoked: ids are never used again."""
        return CredentialRevoked(credential_id) in self._arrived

    def changed_since(self, tenant_id: UUID, user_id: UUID, since: float) -> bool:
        """Whether the membership changed after `since`."""
        arrived = self._arrived.get(MembershipChanged(tenant_id, user_id))
        return arrived is not None and arrived >= since

    def __len__(self) -> int:
        return len(self._arrived)
