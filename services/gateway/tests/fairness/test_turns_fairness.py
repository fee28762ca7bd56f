"""A service with turns over minutes, in simulated time: what a greedy tenant costs the others."""

import heapq
from random import Random

from gateway.fairness.limits import Limits, LimitSettings, Party, Rate
from gateway.fairness.turns import Turns, TurnSettings
from gateway.wire.refusals import Refusal

MEAN_SECONDS = 0.005
# How much work one request is, as a multiple of the mean.
SIZES = (0.5, 0.5, 1.0, 1.0, 1.0, 2.0)
CAPACITY = 1 / MEAN_SECONDS


class Job:
    """A request of one tenant."""

    def __init__(self, service: "Service", tenant: int, work: float) -> None:
        self.service, self.tenant, self.work = service, tenant, work
        self.asked_at, self.began_at = service.now, 0.0
        self.is_done = False

    def start(self, now: float) -> None:
        self.began_at = now
        self.service.running.append(self)

    def refuse(self, refusal: Refusal) -> None:
        self.is_done = True
        self.service.refused[self.tenant] += 1


class Service:
    """One core that all running requests share evenly, and tenants that ask at random."""

    def __init__(self, rates: list[float], seconds: float) -> None:
        self.turns = Turns(TurnSettings(), Limits(LimitSettings()))
        self.now = 0.0
        self.running: list[Job] = []
        self.refused = [0] * len(rates)
        self.times: list[list[float]] = [[] for _ in rates]
        self._random = Random(1)
        parties = [Party(Rate.of("tenant", 1, 1)) for _ in rates]
        self._lanes = [self.turns.lane_of(party) for party in parties]
        arrivals = [(self._random.expovariate(rate), each) for each, rate in enumerate(rates)]
        heapq.heapify(arrivals)
        while self.now < seconds:
            at, tenant = arrivals[0]
            first = min(self.running, key=lambda job: job.work, default=None)
            if first is not None and self.now + first.work * len(self.running) <= at:
                self._end(first)
                continue
            self._work_until(at)
            gap = self._random.expovariate(rates[tenant])
            heapq.heapreplace(arrivals, (at + gap, tenant))
            self._ask(tenant)

    def _ask(self, tenant: int) -> None:
        job = Job(self, tenant, MEAN_SECONDS * self._random.choice(SIZES))
        refusal = self._lanes[tenant].take_turn(job, self.now)
        if refusal is not None:
            job.refuse(refusal)

    def _end(self, job: Job) -> None:
        self._work_until(self.now + job.work * len(self.running))
        self.running.remove(job)
        self.times[job.tenant].append(self.now - job.asked_at)
        self._lanes[job.tenant].leave_turn(self.now - job.began_at, self.now)

    def _work_until(self, at: float) -> None:
        for job in self.running:
            job.work -= (at - self.now) / len(self.running)
        self.now = at


def p99(times: list[float]) -> float:
    return sorted(times)[len(times) * 99 // 100]


def test_nine_tenants_hardly_notice_a_greedy_tenth() -> None:
    share = 0.065 * CAPACITY
    equal = Service([share] * 10, 60)
    unequal = Service([share] * 9 + [10 * share], 60)
    before = [seconds for times in equal.times[:9] for seconds in times]
    during = [seconds for times in unequal.times[:9] for seconds in times]
    assert sum(unequal.refused[:9]) == 0
    assert p99(during) < 1.5 * p99(before)
    # The tenth has everything that the nine leave.
    assert len(unequal.times[9]) / 60 > 0.95 * (CAPACITY - 9 * share)


def test_ten_times_too_much_is_shed_and_not_queued() -> None:
    service = Service([CAPACITY / 4] * 40, 30)
    answered = [len(times) for times in service.times]
    assert sum(answered) / 30 > 0.95 * CAPACITY
    assert max(answered) < 1.5 * min(answered)
    # Some wait in vain for two seconds at the beginning; then nobody does for long.
    late = [seconds for times in service.times for seconds in times if seconds > 0.5]
    assert len(late) < 3 * CAPACITY
