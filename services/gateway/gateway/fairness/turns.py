"""How many requests a service works on at a time, and whose turn is next.

A service that is given more than it can work on does not do more, it does everything later. So it
gets as many requests as keep it busy, and the others wait here for a moment, where the tenants
take turns. One that has used much more of the service than the others lately gets a place only
while nearly all of them are free: it has what nobody else wants, and the others neither wait for it
nor share the service with many of its requests. What has waited too long is refused, so that nobody
is answered after having given up.
"""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from gateway import problems
from gateway.fairness.limits import Load
from gateway.problems import Refusal

# What tenants used of a service counts half after each of these.
_HALF_LIFE_SECONDS = 1.0
# Used by a tenant, as a multiple of what each would have if all had the same: above, it is greedy,
_GREEDY = 1.5
# and gets places only while less than this share of them is taken.
_GREEDY_SHARE = 0.25
# Tenants that have not asked for so many half-lives are forgotten.
_FORGOTTEN_AFTER = 8
_FEW_TENANTS = 256
# Tenants looked at for one free place: with hundreds in the queue it should stay cheap.
_MOST_PASSED_OVER = 32


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """The limits of one service.

    A request waits up to `patience_seconds`; once its tenant's queue has been standing for that
    long, only up to `busy_patience_seconds`: a standing queue makes everybody late and no one fast
    (Nichols and Jacobson, Controlling Queue Delay, 2012).
    """

    max_running: int = 8
    max_waiting: int = 512
    patience_seconds: float = 2.0
    busy_patience_seconds: float = 0.1


class Waiting(Protocol):
    """A request that waits for its turn."""

    is_done: bool

    def start(self, now: float) -> None:
        """It is its turn at `now`."""

    def refuse(self, refusal: Refusal) -> None:
        """It will not come to its turn."""


class _Tenant:
    """What one tenant has at this service."""

    __slots__ = ("period", "queue", "queued_since", "running", "shed_at", "used")

    def __init__(self) -> None:
        self.running = 0
        # Seconds of the service's places lately, as of the half-life `period`.
        self.used = 0.0
        self.period = -1
        # Made when somebody has to wait: most tenants never do, and a deque is large.
        self.queue: deque[tuple[Waiting, float]] | None = None
        # Since when there has always been somebody in the queue, or somebody just refused.
        self.queued_since = 0.0
        self.shed_at = float("-inf")


class Turns:
    """The places at one service. Times are monotonic."""

    def __init__(self, settings: TurnSettings) -> None:
        self._settings = settings
        self._max = settings.max_running
        self._half = (settings.max_running + 1) // 2
        self._greedy_max = max(1, int(settings.max_running * _GREEDY_SHARE))
        self._tenants: dict[Load, _Tenant] = {}
        self._many_tenants = _FEW_TENANTS
        # Tenants with a queue, in the order of their turns.
        self._ring: dict[_Tenant, None] = {}
        # What all have used lately; and who has asked at all, in this half-life and the one before.
        self._used = 0.0
        self._asking = self._asked_before = 0
        self._period = 0
        self._period_ends = 0.0
        self.running = 0
        self.waiting = 0

    def __len__(self) -> int:
        """Tenants remembered."""
        return len(self._tenants)

    def take(self, load: Load, request: Waiting, now: float) -> Refusal | None:
        """Start `request` now, or when its turn comes; a refusal if too many wait already."""
        if now >= self._period_ends:
            self._begin_period(now)
        tenant = self._tenants.get(load)
        if tenant is None:
            tenant = self._tenants[load] = _Tenant()
        if not tenant.queue and self._has_place(tenant):
            self._start(tenant, request, now)
            return None
        if self.waiting >= self._settings.max_waiting:
            return problems.OVERLOADED
        if not tenant.queue:
            if now - tenant.shed_at > self._settings.patience_seconds:
                tenant.queued_since = now
            self._ring[tenant] = None
        if tenant.queue is None:
            tenant.queue = deque()
        tenant.queue.append((request, now))
        self.waiting += 1
        return None

    def leave(self, load: Load, seconds: float, now: float) -> None:
        """The service has worked on a request for so long."""
        tenant = self._tenants[load]
        if tenant.period != self._period:
            self._fade(tenant)
        tenant.running -= 1
        tenant.used += seconds
        self._used += seconds
        self.running -= 1
        if self.waiting:
            self._go_round(now)

    def _has_place(self, tenant: _Tenant) -> bool:
        if tenant.running >= self._half:
            return False
        if tenant.period != self._period:
            self._fade(tenant)
        tenants = max(self._asking, self._asked_before)
        is_greedy = tenant.used * tenants > self._used * _GREEDY
        return self.running < (self._greedy_max if is_greedy else self._max)

    def _start(self, tenant: _Tenant, request: Waiting, now: float) -> None:
        self.running += 1
        tenant.running += 1
        request.start(now)

    def _go_round(self, now: float) -> None:
        """Give what is free to whoever is next; one that may not have it goes to the end."""
        passed_over = 0
        while self.running < self._max and passed_over < min(len(self._ring), _MOST_PASSED_OVER):
            tenant = next(iter(self._ring))
            del self._ring[tenant]
            if not self._has_place(tenant):
                self._ring[tenant] = None
                passed_over += 1
                continue
            request = self._next(tenant, now)
            if tenant.queue:
                self._ring[tenant] = None
            if request is not None:
                self._start(tenant, request, now)
                passed_over = 0

    def _next(self, tenant: _Tenant, now: float) -> Waiting | None:
        """The first of the queue that still waits and has not waited too long."""
        settings = self._settings
        is_standing = now - tenant.queued_since > settings.patience_seconds
        patience = settings.busy_patience_seconds if is_standing else settings.patience_seconds
        while tenant.queue:
            request, since = tenant.queue.popleft()
            self.waiting -= 1
            if request.is_done:
                continue
            if now - since <= patience:
                return request
            tenant.shed_at = now
            request.refuse(problems.OVERLOADED)
        return None

    def _begin_period(self, now: float) -> None:
        """Half of what was used no longer counts; each tenant's own is looked at when it asks."""
        passed = 1 + int((now - self._period_ends) / _HALF_LIFE_SECONDS)
        self._period += passed
        self._period_ends = now + _HALF_LIFE_SECONDS
        self._used *= 0.5**passed
        self._asked_before = self._asking if passed == 1 else 0
        self._asking = 0
        if len(self._tenants) > self._many_tenants:
            self._forget()

    def _fade(self, tenant: _Tenant) -> None:
        """Bring what `tenant` has used up to the current half-life."""
        tenant.used *= 0.5 ** (self._period - tenant.period)
        tenant.period = self._period
        self._asking += 1

    def _forget(self) -> None:
        """Leave out the tenants that are gone, once there are twice as many as were kept."""
        oldest = self._period - _FORGOTTEN_AFTER
        self._tenants = {
            load: tenant
            for load, tenant in self._tenants.items()
            if tenant.running or tenant.queue or tenant.period > oldest
        }
        self._many_tenants = max(_FEW_TENANTS, 2 * len(self._tenants))
