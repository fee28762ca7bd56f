"""Recent revocations, kept so that a look-up under way cannot bring a credential back."""

from collections.abc import Callable
from time import monotonic
from uuid import UUID

from stagify.events import Event, UnknownEvent
from stagify.events.identity import ApiKeyRevoked, SessionRevoked


def revocation_of(event: Event | UnknownEvent) -> UUID | None:
    """The id of the session or API key that `event` revokes; None if it revokes none."""
    match event:
        case SessionRevoked():
            return event.session_id
        case ApiKeyRevoked():
            return event.api_key_id
        case _:
            return None


class Revocations:
    """The credentials revoked in the last `keep_seconds`, and when each event arrived."""

    def __init__(self, keep_seconds: float, now: Callable[[], float] = monotonic) -> None:
        self._keep_seconds = keep_seconds
        self._now = now
        self._arrived: dict[UUID, float] = {}

    def remember(self, credential_id: UUID) -> None:
        """Note that the credential is revoked."""
        now = self._now()
        # Taken out first, so that the order of the dictionary is the order of arrival.
        self._arrived.pop(credential_id, None)
        self._arrived[credential_id] = now
        while self._arrived:
            oldest = next(iter(self._arrived))
            if self._arrived[oldest] + self._keep_seconds >= now:
                break
            del self._arrived[oldest]

    def is_dead(self, credential_id: UUID) -> bool:
        """Whether the credential was revoked; ids are never used again."""
        return credential_id in self._arrived

    def __len__(self) -> int:
        return len(self._arrived)
