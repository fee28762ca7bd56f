"""What a tenant's plan includes: asked of usage-svc, which owns the plans, and kept for a short while.

Sessions show it, so that a page knows with its first answer what to offer. Nobody is let in or refused by
it: whoever sells a feature asks for themselves. So a session is never refused, nor waits for long, because
usage-svc does not answer; then the last answer is shown, or none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from stagify.calls.client import InternalClient
from stagify.calls.usage import EntitlementsRead, read_entitlements
from stagify.clock import utc_now
from stagify.errors import StagifyError

# How long an answer counts as new. A new plan also has another key, as soon as the gateway knows of it.
FRESH = timedelta(seconds=30)
# How long nobody is asked after a call that failed.
PAUSE = timedelta(seconds=5)
TIMEOUT_SECONDS = 0.5
# Bounds the memory; the oldest answers go first.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Answer:
    found: EntitlementsRead
    at: datetime


class Entitlements:
    """Asks usage-svc, and remembers its answers by tenant and plan."""

    def __init__(self, usage: InternalClient) -> None:
        self._usage = usage
        self._answers: dict[tuple[UUID, str | None], _Answer] = {}
        self._asks_again_at: datetime | None = None

    async def find(self, tenant_id: UUID, plan: str | None) -> EntitlementsRead | None:
        """What the tenant's plan includes, which the caller's context says is `plan`; None if that is
        not known because usage-svc is away."""
        key, now = (tenant_id, plan), utc_now()
        last = self._answers.get(key)
        if last is not None and now - last.at < FRESH:
            return last.found
        if self._asks_again_at is None or self._asks_again_at <= now:
            try:
                last = _Answer(await read_entitlements(self._usage, tenant_id), now)
            except StagifyError:
                self._asks_again_at = now + PAUSE
            else:
                self._keep(key, last)
        return None if last is None else last.found

    def _keep(self, key: tuple[UUID, str | None], answer: _Answer) -> None:
        # Taken out first, so that the order of the dictionary is the order of arrival.
        self._answers.pop(key, None)
        self._answers[key] = answer
        if len(self._answers) > MOST:
            del self._answers[next(iter(self._answers))]
