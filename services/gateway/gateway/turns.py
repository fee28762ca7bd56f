"""How many requests a service works on at a time, and whose turn is next.

A service that is given more than it can work on does not do more, it does everything later. So it
gets as many requests as keep it busy, and the others wait here for a moment, where the tenants
take turns. One that has used much more of the service than the others lately gets a place only
while half of them are free: it has all that nobody else wants, and nobody waits for it. What has
waited too long is refused, so that nobody is answered after having given up.
"""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from gateway import problems
from gateway.limits import Load
from gateway.problems import Refusal

# What tenants used of a service counts half after each of these.
_HALF_LIFE_SECONDS = 1.0
# Used by a tenant, as a multiple of what each would have if all had the same: above, it is greedy.
_GREEDY = 1.5
_NOTHING_SECONDS = 0.001
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

    def start(self) -> None:
        """It is its turn."""

    def refuse(self, refusal: Refusal) -> None:
        """It will not come to its turn."""


class _Tenant:
    """What one tenant has at this service."""

    __slots__ = ("queue", "queued_since", "running", "shed_at", "used")

    def __init__(self) -> None:
        self.running = 0
        # Seconds of the service's places lately.
        self.used = 0.0
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
        self._tenants: dict[Load, _Tenant] = {}
        # Tenants with a queue, in the order of their turns.
        self._ring: dict[_Tenant, None] = {}
        self._used = 0.0
        self._forget_at = 0.0
        self.running = 0
        self.waiting = 0

    def take(self, load: Load, request: Waiting, now: float) -> Refusal | None:
        """Start `request` now, or when its turn comes; a refusal if too many wait already."""
        if now >= self._forget_at:
            self._forget(now)
        tenant = self._tenants.get(load)
        if tenant is None:
            tenant = self._tenants[load] = _Tenant()
        if not tenant.queue and self._has_place(tenant):
            self._start(tenant, request)
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
        tenant.running -= 1
        tenant.used += seconds
        self._used += seconds
        self.running -= 1
        if self.waiting:
            self._go_round(now)

    def _has_place(self, tenant: _Tenant) -> bool:
        if tenant.running >= self._half:
            return False
        is_greedy = tenant.used * len(self._tenants) > self._used * _GREEDY
        return self.running < (self._half if is_greedy else self._max)

    def _start(self, tenant: _Tenant, request: Waiting) -> None:
        self.running += 1
        tenant.running += 1
        request.start()

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
                self._start(tenant, request)
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

    def _forget(self, now: float) -> None:
        """Let what was used fade, and leave out the tenants that used next to nothing."""
        self._forget_at = now + _HALF_LIFE_SECONDS
        for tenant in self._tenants.values():
            tenant.used /= 2
        self._tenants = {
            load: tenant
            for load, tenant in self._tenants.items()
            if tenant.running or tenant.queue or tenant.used > _NOTHING_SECONDS
        }
        self._used = sum(tenant.used for tenant in self._tenants.values())
