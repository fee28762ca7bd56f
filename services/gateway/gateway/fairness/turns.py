"""How many requests a service works on at a time, and whose turn is next.

A service that is given more than it can work on does not do more; it only does everything later.
So it gets as many requests as keep it busy. The others wait here for a moment, where the parties
(nearly always tenants) take turns, each in a lane of its own. A party that has lately used much
more of the service than the others gets a turn only while most places are free. So it gets what
the others leave, and they neither wait for it nor share the service with many of its requests. A
request that has waited too long is refused, so that nobody is answered after having given up.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from gateway.fairness.limits import Limits, Party
from gateway.wire.decisions import Counted, Waiting
from gateway.wire.refusals import OVERLOADED, Refusal

# After this long, past use of a service counts half.
_HALF_LIFE_SECONDS = 1.0
# A party is greedy if it has used more than this multiple of an equal share …
_GREEDY = 1.5
# … and then gets a turn only while less than this share of the places is taken.
_GREEDY_SHARE = 0.25
# How many lanes are looked at for one free place, so that it stays cheap with hundreds of them.
_MOST_PASSED_OVER = 32


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """The limits of one service.

    A request waits up to `patience_seconds`; once its party's queue has been standing for that
    long, only up to `busy_patience_seconds`: a standing queue makes everybody late and no one fast
    (Nichols and Jacobson, Controlling Queue Delay, 2012).
    """

    max_running: int = 8
    max_waiting: int = 512
    patience_seconds: float = 2.0
    busy_patience_seconds: float = 0.1


class Turns:
    """The turns at one service: what its lanes share. Times are monotonic."""

    def __init__(self, settings: TurnSettings, limits: Limits) -> None:
        self._settings = settings
        self.limits = limits
        self.max_running = settings.max_running
        self.half = (settings.max_running + 1) // 2
        self.greedy_max = max(1, int(settings.max_running * _GREEDY_SHARE))
        # Lanes with a queue, in the order of their turns.
        self._ring: dict[Lane, None] = {}
        # What all have used lately, and how many have asked in this half-life and the one before.
        self.used = 0.0
        self.asking = self.asked_before = 0
        self.period = 0
        self.period_ends = 0.0
        self.running = 0
        self.waiting = 0

    def lane_of(self, party: Party) -> Lane:
        """Where the requests of `party` wait; the same for as long as the party is there."""
        lane: Lane | None = party.lanes.get(self)
        if lane is None:
            lane = party.lanes[self] = Lane(self, party)
        return lane

    def visitors_lane_of(self, party: Party) -> Lane:
        """Where the requests of those wait who come to `party` without a valid credential."""
        key = (self, "visitors")
        lane: Lane | None = party.lanes.get(key)
        if lane is None:
            lane = party.lanes[key] = VisitorsLane(self, party)
        return lane

    def begin_period(self, now: float) -> None:
        """Halve what was used; each lane does so for itself when it next asks."""
        passed = 1 + int((now - self.period_ends) / _HALF_LIFE_SECONDS)
        self.period += passed
        self.period_ends = now + _HALF_LIFE_SECONDS
        self.used *= 0.5**passed
        self.asked_before = self.asking if passed == 1 else 0
        self.asking = 0

    def wait(self, lane: Lane, request: Waiting, now: float) -> Refusal | None:
        """Have `request` wait at the end of its lane."""
        if self.waiting >= self._settings.max_waiting:
            return OVERLOADED
        if lane.wait(request, now, self._settings.patience_seconds):
            self._ring[lane] = None
        self.waiting += 1
        return None

    def go_round(self, now: float) -> None:
        """Give the free places to the lanes in turn; one that may not have a place goes to the end."""
        passed_over = 0
        ring = self._ring
        while self.running < self.max_running and passed_over < min(len(ring), _MOST_PASSED_OVER):
            lane = next(iter(ring))
            del ring[lane]
            if not lane.may_run():
                ring[lane] = None
                passed_over += 1
                continue
            request = self._next(lane, now)
            if lane.queue:
                ring[lane] = None
            if request is not None:
                lane.run(request, now)
                passed_over = 0

    def _next(self, lane: Lane, now: float) -> Waiting | None:
        """The first in the lane that still waits and has not waited too long."""
        settings = self._settings
        is_standing = now - lane.queued_since > settings.patience_seconds
        patience = settings.busy_patience_seconds if is_standing else settings.patience_seconds
        while lane.queue:
            request, since = lane.queue.popleft()
            self.waiting -= 1
            if request.is_done:
                continue
            if now - since <= patience:
                return request
            lane.shed_at = now
            request.refuse(OVERLOADED)
        return None


class Lane:
    """The requests of one party at one service. Implements `Turnstile`."""

    __slots__ = (
        "__weakref__",
        "_limits",
        "_party",
        "_period",
        "_running",
        "_turns",
        "_used",
        "queue",
        "queued_since",
        "shed_at",
    )

    def __init__(self, turns: Turns, party: Party) -> None:
        self._turns = turns
        self._limits = turns.limits
        self._party = party
        self._running = 0
        # Seconds for which it has lately used the service, as of the half-life `_period`.
        self._used = 0.0
        self._period = -1
        # Made when a request has to wait: most never do, and a deque is large.
        self.queue: deque[tuple[Waiting, float]] | None = None
        # Since when a request has always been waiting, or has just been refused.
        self.queued_since = 0.0
        self.shed_at = float("-inf")

    def enter(self, request: Counted, now: float) -> Refusal | None:
        """See `Turnstile`."""
        return self._limits.enter(self._party, now)

    def take_turn(self, request: Waiting, now: float) -> Refusal | None:
        """See `Turnstile`."""
        turns = self._turns
        if now >= turns.period_ends:
            turns.begin_period(now)
        if not self.queue and self.may_run():
            self.run(request, now)
            return None
        return turns.wait(self, request, now)

    def leave_turn(self, seconds: float, now: float) -> None:
        """See `Turnstile`."""
        turns = self._turns
        if self._period != turns.period:
            self._fade()
        self._running -= 1
        self._used += seconds
        turns.used += seconds
        turns.running -= 1
        if turns.waiting:
            turns.go_round(now)

    def become_stream(self, request: Counted) -> Refusal | None:
        """See `Turnstile`."""
        return self._limits.become_stream(self._party)

    def leave(self, request: Counted) -> None:
        """See `Turnstile`. What `Limits.leave` does, without a call: it happens for each request."""
        self._limits.in_flight -= 1
        self._party.in_flight -= 1

    def leave_stream(self, request: Counted) -> None:
        """See `Turnstile`."""
        self._limits.leave_stream(self._party)

    def may_run(self) -> bool:
        """Whether there is a free place that this party may have."""
        turns = self._turns
        if self._running >= turns.half:
            return False
        if self._period != turns.period:
            self._fade()
        parties = max(turns.asked_before, turns.asking)
        is_greedy = self._used * parties > turns.used * _GREEDY
        return turns.running < (turns.greedy_max if is_greedy else turns.max_running)

    def run(self, request: Waiting, now: float) -> None:
        """Let `request` have its turn."""
        self._turns.running += 1
        self._running += 1
        request.start(now)

    def wait(self, request: Waiting, now: float, patience_seconds: float) -> bool:
        """Have `request` wait; True if the queue was empty."""
        is_first = not self.queue
        if is_first and now - self.shed_at > patience_seconds:
            self.queued_since = now
        if self.queue is None:
            self.queue = deque()
        self.queue.append((request, now))
        return is_first

    def _fade(self) -> None:
        """Bring what was used up to the current half-life."""
        turns = self._turns
        self._used *= 0.5 ** (turns.period - self._period)
        self._period = turns.period
        turns.asking += 1


class VisitorsLane(Lane):
    """The requests of a party's visitors; each is counted at its source."""

    __slots__ = ()

    def enter(self, request: Counted, now: float) -> Refusal | None:
        """See `Turnstile`."""
        return self._limits.enter_visitor(request.source, now)

    def become_stream(self, request: Counted) -> Refusal | None:
        """See `Turnstile`."""
        self._limits.visitor_becomes_stream()
        return None

    def leave(self, request: Counted) -> None:
        """See `Turnstile`."""
        self._limits.leave_visitor(request.source)

    def leave_stream(self, request: Counted) -> None:
        """See `Turnstile`."""
        self._limits.leave_visitors_stream(request.source)
