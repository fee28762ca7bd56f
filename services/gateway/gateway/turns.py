"""How many requests a service works on at a time, and whose turn is next.

A service that is given more than it can work on does not do more, it does everything later. So it
gets as many requests as keep it busy; the others wait here for a moment, and the tenants take
turns. A tenant that has its share running leaves half of the places to the others, and what has
waited too long is refused, so that nobody is answered after having given up.
"""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from gateway import problems
from gateway.limits import Load
from gateway.problems import Refusal

# So long a tenant that asks for nothing still counts when places are shared out.
_RECENT_SECONDS = 1.0


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

    __slots__ = ("asked_at", "queue", "queued_since", "running")

    def __init__(self) -> None:
        self.running = 0
        self.asked_at = 0.0
        self.queue: deque[tuple[Waiting, float]] = deque()
        # Since when there has always been somebody in the queue.
        self.queued_since = 0.0


class Turns:
    """The places at one service. Times are monotonic."""

    def __init__(self, settings: TurnSettings) -> None:
        self._settings = settings
        self._max = settings.max_running
        self._half = (settings.max_running + 1) // 2
        self._share = self._half
        self._tenants: dict[Load, _Tenant] = {}
        # Tenants with a queue, in the order of their turns.
        self._ring: dict[_Tenant, None] = {}
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
            self._share_out()
        tenant.asked_at = now
        if not tenant.queue and self._has_place(tenant):
            self._start(tenant, request)
            return None
        if self.waiting >= self._settings.max_waiting:
            return problems.OVERLOADED
        if not tenant.queue:
            tenant.queued_since = now
            self._ring[tenant] = None
        tenant.queue.append((request, now))
        self.waiting += 1
        return None

    def leave(self, load: Load, now: float) -> None:
        """A request that was started has been worked on."""
        self.running -= 1
        self._tenants[load].running -= 1
        if self.waiting:
            self._go_round(now)

    def _has_place(self, tenant: _Tenant) -> bool:
        return self.running < (self._max if tenant.running < self._share else self._half)

    def _start(self, tenant: _Tenant, request: Waiting) -> None:
        self.running += 1
        tenant.running += 1
        request.start()

    def _go_round(self, now: float) -> None:
        """Give what is free to whoever is next; a tenant that may not is passed over."""
        passed_over: list[_Tenant] = []
        while self._ring and self.running < self._max:
            tenant = next(iter(self._ring))
            del self._ring[tenant]
            if not self._has_place(tenant):
                passed_over.append(tenant)
                continue
            request = self._next(tenant, now)
            if tenant.queue:
                self._ring[tenant] = None
            if request is not None:
                self._start(tenant, request)
        if passed_over:
            # They keep their places at the head.
            self._ring = dict.fromkeys((*passed_over, *self._ring))

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
            request.refuse(problems.OVERLOADED)
        return None

    def _forget(self, now: float) -> None:
        """Leave out the tenants that have asked for nothing lately."""
        self._forget_at = now + _RECENT_SECONDS
        recently = now - _RECENT_SECONDS
        self._tenants = {
            load: tenant
            for load, tenant in self._tenants.items()
            if tenant.running or tenant.queue or tenant.asked_at >= recently
        }
        self._share_out()

    def _share_out(self) -> None:
        # Rounded up; half at most, even for one alone, so that another finds a place at once.
        self._share = min(self._half, -(-self._max // max(1, len(self._tenants))))
