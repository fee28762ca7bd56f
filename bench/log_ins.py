"""What a log-in costs, and what others notice of many log-ins.

Run with `python bench/log_ins.py [--seconds S]`. First argon2id with the parameters of production, per
CPU-second. Then a platform, where some tenants' programs list their projects, without log-ins and while
people of other tenants log in, half as often as the platform can let them in when it has nothing else to do;
both parts take turns. What a log-in costs is what identity-svc takes more of the CPU while people log in,
without its worker, which mails.
"""

import argparse
import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher

from identity_svc.people.passwords import Passwords
from identity_svc.settings import Settings
from proof.figures import Bar, cpu_seconds, median, report
from proof.load.customers import Tenant, fill, sign_up_many, wire
from proof.load.neighbour import find_peak, good_share, p99_ms
from proof.load.offers import Choice, Outcome, Phase, Plan, offer
from proof.load.rig import Rig, difference, running_rig

ROUNDS, LOG_INS = 5, 60
# Requests of programs a second, and the share of the log-ins that the platform could take.
LISTS_A_SECOND, SHARE = 40.0, 0.5
PROGRAMS, PEOPLE = 3, 12
LISTS, PASSWORDS = "lists", "log-ins"
QUIET, BUSY = "quiet", "busy"
SERVICE = "identity-svc api"
BARS = [
    Bar("argon2id, per CPU-second", at_least=45),
    Bar("log-ins that got in, share", at_least=0.99),
    Bar("GET projects of others while people log in: p99, multiple", at_most=2),
]


async def rate(passwords: Passwords, encoded: str) -> float:
    """Right passwords that are checked in a CPU-second of this process."""
    before = cpu_seconds([os.getpid()])
    for _ in range(LOG_INS):
        assert await passwords.verify("correct horse battery staple", encoded)
    return LOG_INS / (cpu_seconds([os.getpid()]) - before)


async def hashing() -> tuple[dict[str, Any], dict[str, Any]]:
    """Several rounds, of which the median counts."""
    fields = Settings.model_fields
    memory, passes = fields["argon2_memory_kib"].default, fields["argon2_time_cost"].default
    settings = Settings.model_construct(
        argon2_memory_kib=memory,
        argon2_time_cost=passes,
        password_hash_threads=1,
        password_hash_queue=LOG_INS,
    )
    hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1)
    passwords = Passwords(settings)
    rates = [
        await rate(passwords, hasher.hash("correct horse battery staple")) for _ in range(ROUNDS)
    ]
    passwords.close()
    return (
        {"argon2id, per CPU-second": median(rates)},
        {"rates": rates, "memory_kib": memory, "passes": passes},
    )


@dataclass(frozen=True)
class Part:
    """A stretch of load: what became of it, and the CPU-seconds of each process meanwhile."""

    lists: Sequence[Outcome]
    log_ins: Sequence[Outcome]
    cpu: dict[str, float]

    def cpu_of(self, prefix: str = "") -> float:
        """The CPU-seconds of the processes whose names begin so."""
        return sum(seconds for name, seconds in self.cpu.items() if name.startswith(prefix))


class Stage:
    """A platform with programs and people."""

    def __init__(self, rig: Rig, seconds: float) -> None:
        self._rig, self._seconds = rig, seconds
        tenants = sign_up_many(rig.platform, PROGRAMS + PEOPLE)
        asyncio.run(fill(rig.database_url("staging-svc", "app"), tenants))
        self._choices = [_lists(tenants[:PROGRAMS]), _log_ins(tenants[PROGRAMS:])]
        rig.pin()
        # Also the warm-up.
        self.peak = find_peak(rig, self._choices[1:], seconds)

    def play(self, rates: dict[str, float]) -> Part:
        """So many requests of each kind a second."""
        before = self._rig.cpu_seconds()
        plan = Plan(
            self._rig.port,
            self._choices,
            [Phase("part", self._seconds, rates)],
            self._rig.cores.generator,
        )
        measured = offer(plan)
        cpu = difference(before, self._rig.cpu_seconds())
        return Part(measured.of("part", LISTS), measured.of("part", PASSWORDS), cpu)


def _lists(tenants: Sequence[Tenant]) -> Choice:
    request = "/v1/projects?limit=20"
    return Choice(LISTS, 1, [wire(each.account.request("GET", request)) for each in tenants])


def _log_ins(tenants: Sequence[Tenant]) -> Choice:
    return Choice(PASSWORDS, 1, [wire(each.account.log_in()) for each in tenants])


def cost(parts: dict[str, list[Part]], prefix: str = "") -> list[float]:
    """Log-ins for each CPU-second that the processes took more than in the quiet part, by round."""
    return [
        sum(each.is_good for each in busy.log_ins) / (busy.cpu_of(prefix) - quiet.cpu_of(prefix))
        for quiet, busy in zip(parts[QUIET], parts[BUSY], strict=True)
    ]


def others(rig: Rig, seconds: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """What programs notice, and what log-ins cost."""
    stage = Stage(rig, seconds)
    rates = {QUIET: {LISTS: LISTS_A_SECOND}}
    rates[BUSY] = {**rates[QUIET], PASSWORDS: SHARE * stage.peak}
    parts: dict[str, list[Part]] = {QUIET: [], BUSY: []}
    for _ in range(ROUNDS):
        for name, played in parts.items():
            played.append(stage.play(rates[name]))
    p99 = {name: [p99_ms([*each.lists]) for each in played] for name, played in parts.items()}
    slower = [busy / quiet for quiet, busy in zip(p99[QUIET], p99[BUSY], strict=True)]
    answers = [each for part in parts[BUSY] for each in part.log_ins]
    return (
        {
            "whole log-ins, per CPU-second of identity-svc": median(cost(parts, SERVICE)),
            "whole log-ins, per CPU-second of everything": median(cost(parts)),
            "log-ins when there is nothing else, a second": stage.peak,
            "log-ins meanwhile, a second": len(answers) / (ROUNDS * seconds),
            "log-ins that got in, share": good_share(answers),
            "GET projects of others: p99, ms": median(p99[QUIET]),
            "GET projects of others while people log in: p99, ms": median(p99[BUSY]),
            "GET projects of others while people log in: p99, multiple": median(slower),
        },
        {
            "p99_ms": p99,
            "log_ins": dict(Counter(str(each.status) for each in answers)),
            "cpu_seconds": {name: [each.cpu for each in played] for name, played in parts.items()},
        },
    )


def main() -> None:
    """Take the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each part")
    seconds = parser.parse_args().seconds
    figures, raw = asyncio.run(hashing())
    with running_rig() as rig:
        noticed, more = others(rig, seconds)
    report("log_ins", figures | noticed, raw | more, bars=BARS)


if __name__ == "__main__":
    main()
