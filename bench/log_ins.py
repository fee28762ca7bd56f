"""What the password of a log-in costs, and what others notice of many log-ins.

Run with `python bench/log_ins.py [--seconds S]`. First argon2id with the parameters of production, per
CPU-second, which is the part of a log-in that counts. Then a platform, where some tenants' programs list
their projects, without log-ins and while people of other tenants log in as often as one core can check
passwords; both parts take turns.
"""

import argparse
import asyncio
import os
from collections import Counter
from typing import Any

from argon2 import PasswordHasher

from identity_svc.people.passwords import Passwords
from identity_svc.settings import Settings
from proof.figures import Bar, cpu_seconds, median, report
from proof.load.customers import fill, sign_up_many, wire
from proof.load.neighbour import p99_ms
from proof.load.offers import Choice, Phase, Plan, offer
from proof.load.rig import Rig, running_rig

ROUNDS, LOG_INS = 5, 60
# Requests a second: of programs, and of people who log in.
LISTS_A_SECOND, LOG_INS_A_SECOND = 40.0, 45.0
PROGRAMS, PEOPLE = 3, 3
LISTS, PASSWORDS = "lists", "log-ins"
QUIET, BUSY = "quiet", "log-ins"
BARS = [
    Bar("log-ins per CPU-second", at_least=45),
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
        {"log-ins per CPU-second": median(rates)},
        {"rates": rates, "memory_kib": memory, "passes": passes},
    )


def others(rig: Rig, seconds: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """What programs notice."""
    tenants = sign_up_many(rig.platform, PROGRAMS + PEOPLE)
    asyncio.run(fill(rig.database_url("staging-svc", "app"), tenants))
    programs, people = tenants[:PROGRAMS], tenants[PROGRAMS:]
    lists = [wire(each.account.request("GET", "/v1/projects?limit=20")) for each in programs]
    choices = [
        Choice(LISTS, 1, lists),
        Choice(PASSWORDS, 1, [wire(each.account.log_in()) for each in people]),
    ]
    rates = {QUIET: {LISTS: LISTS_A_SECOND}}
    rates[BUSY] = {**rates[QUIET], PASSWORDS: LOG_INS_A_SECOND}
    rig.pin()
    phases = [Phase("warm-up", seconds / 2, rates[BUSY])]
    phases += [
        Phase(f"{part} {number}", seconds, rates[part])
        for number in range(ROUNDS)
        for part in (QUIET, BUSY)
    ]
    measured = offer(Plan(rig.port, choices, phases, rig.cores.generator))
    p99 = {
        part: [p99_ms(measured.of(f"{part} {number}", LISTS)) for number in range(ROUNDS)]
        for part in (QUIET, BUSY)
    }
    answers = [
        each for number in range(ROUNDS) for each in measured.of(f"{BUSY} {number}", PASSWORDS)
    ]
    slower = [busy / quiet for quiet, busy in zip(p99[QUIET], p99[BUSY], strict=True)]
    return (
        {
            "log-ins meanwhile, a second": sum(each.is_good for each in answers)
            / (ROUNDS * seconds),
            "GET projects of others: p99, ms": median(p99[QUIET]),
            "GET projects of others while people log in: p99, ms": median(p99[BUSY]),
            "GET projects of others while people log in: p99, multiple": median(slower),
        },
        {"p99_ms": p99, "log_ins": dict(Counter(str(each.status) for each in answers))},
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
