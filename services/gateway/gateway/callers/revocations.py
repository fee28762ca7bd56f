"""Recent revocations, kept so that a look-up under way cannot bring back what a credential was worth."""

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from stagify.events import Event, UnknownEvent
from stagify.events.identity import (
    ApiKeyChanged,
    ApiKeyRevoked,
    MemberRemoved,
    MemberRestored,
    MemberRoleChanged,
    MemberRulesChanged,
    ServiceAccountRemoved,
    ServiceAccountUpdated,
    SessionRevoked,
)

T = TypeVar("T", bound=Hashable)


class MemberOf(NamedTuple):
    """A person, or a service account, in a tenant."""

    tenant_id: UUID
    member_id: UUID


def revocation_of(event: Event | UnknownEvent) -> UUID | None:
    """The id of the session or API key that `event` revokes; None if it revokes none."""
    match event:
        case SessionRevoked():
            return event.session_id
        case ApiKeyRevoked():
            return event.api_key_id
        case _:
            return None


def changed_member_of(event: Event | UnknownEvent) -> MemberOf | None:
    """The member whose credentials, whichever they are, are worth something else after `event`; None if
    there is none."""
    match event:
        case MemberRoleChanged() | MemberRemoved() | MemberRestored() | MemberRulesChanged():
            return MemberOf(event.tenant_id, event.user_id)
        case ApiKeyChanged():
            return MemberOf(event.tenant_id, event.service_account_id or event.user_id)
        case ServiceAccountUpdated() | ServiceAccountRemoved():
            return MemberOf(event.tenant_id, event.service_account_id)
        case _:
            return None


class Revocations(Generic[T]):
    """What was revoked, or changed, in the last `keep_seconds`, and when each event arrived."""

    def __init__(self, keep_seconds: float, now: Callable[[], float] = monotonic) -> None:
        self._keep_seconds = keep_seconds
        self._now = now
        self._arrived: dict[T, float] = {}

    def remember(self, subject: T) -> None:
        """Note that an event about it has arrived."""
        now = self._now()
        # Taken out first, so that the order of the dictionary is the order of arrival.
        self._arrived.pop(subject, None)
        self._arrived[subject] = now
        while self._arrived:
            oldest = next(iter(self._arrived))
            if self._arrived[oldest] + self._keep_seconds >= now:
                break
            del self._arrived[oldest]

    def is_dead(self, subject: T) -> bool:
        """Whether there was such an event; the ids of credentials are never used again."""
        return subject in self._arrived

    def has_come_since(self, subject: T, moment: float) -> bool:
        """Whether such an event has arrived since then."""
        return self._arrived.get(subject, moment - 1) >= moment

    def __len__(self) -> int:
        return len(self._arrived)
