"""One run: a platform, a stream of commands, a plan of faults, and the reckoning at the end."""

import asyncio
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from faults_customer import Customers, codes
from faults_history import History
from faults_invariants import INTERRUPTED, Difference, Picture, differences, project_of, take
from faults_nemesis import Blow, Nemesis, plan
from faults_recovery import BAR_SECONDS, Recovery
from faults_rest import at_rest
from faults_traffic import Traffic
from faults_world import World

from stagify_local.platform import Platform

QUIET_SECONDS = 2.0
SHOWN = 10
LOG_LINES = 40
LOG_SECOND = re.compile(r'"time":"([^".]+)')
MAX_LINES_A_SECOND = 400

Say = Callable[[str], None]


@dataclass
class Report:
    """What a run did and found; it passed if `failures` is empty."""

    seed: int
    faults: int = 0
    commands: str = ""
    # Seconds to recover after each blow, by what had to work again.
    recoveries: list[dict[str, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def recovery_seconds(self) -> list[float]:
        """For each blow, until the last thing worked again."""
        return [max(took.values()) for took in self.recoveries]

    def __str__(self) -> str:
        took = self.recovery_seconds or [0.0]
        slowest: dict[str, float] = {}
        for recovery in self.recoveries:
            for name, seconds in recovery.items():
                slowest[name] = max(seconds, slowest.get(name, 0.0))
        lines = [
            f"seed {self.seed}: {self.faults} faults, {self.commands}",
            f"recovery: median {statistics.median(took):.1f} s, max {max(took):.1f} s",
            *(f"  {name:<26} at most {slowest[name]:.1f} s" for name in sorted(slowest)),
            *(f"FAILURE {failure}" for failure in self.failures),
        ]
        return "\n".join(lines)


class Run:
    """Everything of one run on a running platform."""

    def __init__(self, platform: Platform, seed: int, *, say: Say) -> None:
        self._platform = platform
        self._say = say
        self._random = Random(seed)
        self.report = Report(seed)
        self._history = History()
        self._world = World.of(platform)
        mailed = partial(codes, platform.mail_dir)
        self._customers = Customers(platform.gateway_port, mailed, self._history, Random(seed + 1))
        set_plan = partial(platform.run, "usage-svc", "set-plan")
        self._traffic = Traffic(set_plan, self._customers, self._history, Random(seed + 2))
        self._nemesis = Nemesis(platform, self._world, self._random)

    async def execute(self, faults: int, *, longest_pause: float, seconds: float) -> Report:
        """Strike until all `faults` were done or `seconds` are over; then check everything."""
        blows = plan(self._random, faults, longest_pause=longest_pause)
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
            for number, blow in enumerate(blows, start=1):
                if time.monotonic() > deadline:
                    self.report.failures.append(f"time was over after {self.report.faults} faults")
                    break
                await asyncio.sleep(self._random.uniform(0, QUIET_SECONDS))
                await self._strike(f"{number}/{len(blows)}", blow, recovery)
            self._traffic.stop()
            await traffic

    async def _strike(self, number: str, blow: Blow, recovery: Recovery) -> None:
        named = ", ".join(str(fault) for fault in blow)
        before = self._nemesis.pids()
        returned = await self._nemesis.strike(blow)
        took = await recovery.wait(returned)
        self.report.faults += len(blow)
        self.report.recoveries.append(took)
        slowest = max(took, key=lambda name: took[name])
        self._say(f"{number:>7} {named}: {took[slowest]:.1f} s ({slowest})")
        late = {name: round(each, 1) for name, each in took.items() if each > BAR_SECONDS}
        if late:
            self.report.failures.append(f"slow to recover from {named}: {late}")
        hit = {fault.target for fault in blow if fault.kind in ("kill", "restart")}
        for name, pid in self._nemesis.pids().items():
            if name not in hit and pid != before[name]:
                tail = self._platform.process(name).tail(30)
                self.report.failures.append(f"{named} ended {name} too:\n{tail}")

    async def _check(self) -> None:
        picture = await take(self._world)
        child = {"photo_undecodable"} if self._nemesis.killed_children else set()
        found = list(differences(self._history, picture, failures=INTERRUPTED | child))
        self.report.failures += [self._explained(each, picture) for each in found[:SHOWN]]
        if len(found) > SHOWN:
            self.report.failures.append(f"and {len(found) - SHOWN} more differences")
        self.report.failures += self._traffic.failures[:SHOWN]
        self.report.failures += sorted(set(self._customers.bugs))[:SHOWN]
        self.report.failures += self._noise()
        self._say(
            f"{len(picture.messages)} messages, {len(picture.objects)} objects,"
            f" {len(picture.rows['projects'])} projects, {len(found)} differences"
        )

    def _noise(self) -> list[str]:
        """Processes that said so much in one second that they must have been spinning."""
        noisy = []
        for name in self._world.ports:
            seconds = Counter(LOG_SECOND.findall(self._platform.log(name)))
            for second, lines in seconds.most_common(1):
                if lines > MAX_LINES_A_SECOND:
                    noisy.append(f"{name} logged {lines} lines within the second {second}")
        return noisy

    def _explained(self, difference: Difference, picture: Picture) -> str:
        """The difference with all that is known of its key: commands, events, log lines."""
        key = difference.key
        names = {each.name for each in self._history.projects if str(each.id) == key}
        slugs = {each.slug for each in self._history.tenants.values() if str(each.id) == key}
        commands = [
            str(each)
            for each in self._history.commands
            if each.subject in names or (each.slug in slugs and each.kind in ("sign up", "plan"))
        ]
        events = [
            str(each)
            for each in picture.messages
            if key in (each.key, each.event_id, project_of(each))
        ]
        logs = [
            f"{name}: {line}"
            for name in self._world.ports
            for line in self._platform.log(name).splitlines()
            if key in line
        ]
        parts = [f"{key}: {difference.text}", *commands, *events, *logs[-LOG_LINES:]]
        return "\n    ".join(parts)
