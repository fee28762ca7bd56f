"""One run: a platform, a stream of commands, a plan of faults, and the checks at the end."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from proof.faults.customers import Customers, codes
from proof.faults.explanation import explained
from proof.faults.history import History
from proof.faults.invariants import differences, take
from proof.faults.nemesis import Nemesis, NotBackError
from proof.faults.network import Network
from proof.faults.plan import JOBS, Blow, plan
from proof.faults.recovery import BAR_SECONDS, Recovery
from proof.faults.report import Report, complaints
from proof.faults.rest import at_rest
from proof.faults.traffic import Traffic
from proof.faults.world import World
from stagify_local.platform import Platform

QUIET_SECONDS = 2.0
SHOWN = 10
# How attempts at jobs ended, according to their process.
ENDED_JOB = re.compile(r'"event":"job.ended".*"outcome":"(\w+)"')

Say = Callable[[str], None]


class Run:
    """Everything of one run on a running platform."""

    def __init__(
        self,
        platform: Platform,
        seed: int,
        *,
        say: Say,
        bar_seconds: float = BAR_SECONDS,
        network: Network | None = None,
    ) -> None:
        self._platform = platform
        self._bar_seconds = bar_seconds
        self._say = say
        self._random = Random(seed)
        self.report = Report(seed)
        self._history = History()
        self._world = World.of(platform)
        mailed = partial(codes, platform.mail_dir)
        self._customers = Customers(platform.gateway_port, mailed, self._history, Random(seed + 1))
        set_plan = partial(platform.run, "usage-svc", "set-plan")
        self._traffic = Traffic(set_plan, self._customers, self._history, Random(seed + 2))
        self._has_network = network is not None
        self._nemesis = Nemesis(platform, self._world, self._random, network)
        self._pids: dict[str, int | None] = {}

    async def execute(self, faults: int, *, longest_pause: float, seconds: float) -> Report:
        """Strike until all `faults` were done or `seconds` are over; then check everything."""
        blows = plan(
            self._random, faults, longest_pause=longest_pause, with_network=self._has_network
        )
        try:
            await self._under_traffic(blows, time.monotonic() + seconds)
            self.report.commands = self._history.counts()
            self._say("waiting for rest")
            self.report.failures += [f"stuck: {each}" for each in await at_rest(self._world)]
            await self._check()
        finally:
            await self._customers.close()
            await self._world.close()
        return self.report

    async def _under_traffic(self, blows: Sequence[Blow], deadline: float) -> None:
        async with asyncio.TaskGroup() as group:
            traffic = group.create_task(self._traffic.run())
            await self._traffic.has_begun.wait()
            first = next(iter(self._history.tenants.values()))
            recovery = Recovery(self._world, self._customers, first)
            self._pids = self._nemesis.pids()
            for number, blow in enumerate(blows, start=1):
                if time.monotonic() > deadline:
                    self.report.failures.append(f"time was over after {self.report.faults} faults")
                    break
                await asyncio.sleep(self._random.uniform(0, QUIET_SECONDS))
                if not await self._strike(f"{number}/{len(blows)}", blow, recovery):
                    break
            self._traffic.stop()
            await traffic

    async def _strike(self, number: str, blow: Blow, recovery: Recovery) -> bool:
        """Whether the run may go on, because everything came back."""
        named = ", ".join(str(fault) for fault in blow)
        try:
            returned = await self._nemesis.strike(blow)
        except NotBackError as error:
            self.report.failures.append(f"{named}: {error}")
            return False
        took = await recovery.wait(returned)
        self.report.recoveries.append(took)
        for fault in blow:
            self.report.kinds[f"{fault.kind} {fault.target}"] += fault.times
        slowest = max(took, key=lambda name: took[name])
        self._say(f"{number:>7} {named}: {took[slowest]:.1f} s ({slowest})")
        late = {name: round(each, 1) for name, each in took.items() if each > self._bar_seconds}
        if late:
            self.report.failures.append(f"slow to recover from {named}: {late}")
        self._check_restarts(blow)
        return True

    def _check_restarts(self, blow: Blow) -> None:
        """Check that only processes that were hit have restarted since the last look."""
        hit = {fault.target for fault in blow if fault.kind in ("kill", "restart")}
        before, self._pids = self._pids, self._nemesis.pids()
        for name, pid in self._pids.items():
            if name not in hit and pid != before[name]:
                tail = self._platform.process(name).tail(30)
                named = ", ".join(str(fault) for fault in blow)
                self.report.failures.append(f"{named} ended {name} too:\n{tail}")

    async def _check(self) -> None:
        picture = await take(self._world)
        lost = self._nemesis.attempts_lost
        found = list(differences(self._history, picture, attempts_lost=lost))
        logs = {name: self._platform.log(name) for name in self._world.ports}
        failures = self.report.failures
        failures += [explained(each, self._history, picture, logs) for each in found[:SHOWN]]
        if len(found) > SHOWN:
            failures.append(f"and {len(found) - SHOWN} more differences")
        failures += self._traffic.failures[:SHOWN]
        failures += sorted(set(self._customers.bugs))[:SHOWN]
        failures += complaints(logs)
        self.report.attempts = Counter(ENDED_JOB.findall(logs[JOBS]))
        ids = {each.event_id for each in picture.messages}
        self._say(
            f"{len(picture.messages)} messages of {len(ids)} events, {len(picture.objects)} objects,"
            f" {len(picture.rows['projects'])} projects, {len(found)} differences"
        )
