"""One tenant asks for ten times its share: what do the nine others notice?

Run with `python -m proof.load.neighbour [--seconds N]`. Ten tenants at two thirds of what the
platform can do, each with an equal share; then one of them multiplies its own by ten, and in a
third part also holds hundreds of connections that never get to the point. The parts take turns
in three rounds. Bars: the nine keep 95 % of their good answers, and their p99 stays below 1.5 times
what it was. On two cores the platform has one and the generator the other.
"""

import argparse
import asyncio
from collections import Counter
from typing import Any

from proof.figures import Bar, median, percentile, report
from proof.load.customers import Tenant, fill, mix, sign_up_many, wire
from proof.load.offers import Choice, Outcome, Phase, Plan, offer
from proof.load.rig import Rig, difference, running_rig

ROUNDS = 3
TENANTS = 10
LOADED = 0.65
FACTOR = 10
WIDTH = 8
SLOW_CONNECTIONS = 400
NINE, GREEDY = "nine", "greedy"
PARTS = ("equal", "greedy", "greedy and slow")
BARS = [
    *(Bar(f"{part}: good answers of the nine, share", at_least=0.95) for part in PARTS[1:]),
    *(Bar(f"{part}: p99 of the nine, multiple", at_most=1.5) for part in PARTS[1:]),
]


def good_share(outcomes: list[Outcome]) -> float:
    """Of the requests, those with a good answer."""
    return sum(each.is_good for each in outcomes) / len(outcomes)


def p99_ms(outcomes: list[Outcome]) -> float:
    """Of all answers, from when each request was due."""
    return 1000 * percentile([each.seconds for each in outcomes], 0.99)


def find_peak(rig: Rig, choices: list[Choice], seconds: float) -> float:
    """Good answers a second when there is always somebody waiting."""
    phases = [Phase("warm-up", seconds / 2, concurrency=WIDTH)]
    phases.append(Phase("peak", seconds, concurrency=WIDTH))
    measured = offer(Plan(rig.port, choices, phases, rig.cores.generator))
    return sum(each.is_good for each in measured.of("peak")) / seconds


def phases_of_a_round(number: int, share: float, seconds: float) -> list[Phase]:
    equal = {NINE: share * (TENANTS - 1), GREEDY: share}
    unequal = {**equal, GREEDY: share * FACTOR}
    names = [f"{part} {number}" for part in PARTS]
    return [
        Phase(names[0], seconds, equal),
        Phase(names[1], seconds, unequal),
        Phase(names[2], seconds, unequal, slow_connections=SLOW_CONNECTIONS),
    ]


def slow_message(tenant: Tenant) -> bytes:
    """A request that a server has to read to its end."""
    return wire(tenant.account.request("POST", "/v1/uploads", json={"filename": "x" * 4_000}))


def examine(rig: Rig, seconds: float) -> None:
    tenants = sign_up_many(rig.platform, TENANTS)
    asyncio.run(fill(rig.database_url("staging-svc", "app"), tenants))
    nine, greedy = tenants[:-1], tenants[-1:]
    choices = [*mix(nine, NINE), *mix(greedy, GREEDY)]
    rig.pin()
    peak = find_peak(rig, mix(tenants, "all"), seconds)
    share = LOADED * peak / TENANTS
    phases = [
        phase for number in range(ROUNDS) for phase in phases_of_a_round(number, share, seconds)
    ]
    plan = Plan(
        rig.port, choices, phases, rig.cores.generator, slow_messages=[slow_message(greedy[0])]
    )
    cpu = rig.cpu_seconds()
    measured = offer(plan)
    figures: dict[str, Any] = {"peak, good answers/s": peak, "share of each, requests/s": share}
    rounds: dict[str, Any] = {}
    for number in range(ROUNDS):
        rounds[str(number)] = {
            part: {
                "asked": len(found := measured.of(f"{part} {number}", NINE)),
                "good": good_share(found),
                "p50_ms": 1000 * percentile([each.seconds for each in found], 0.5),
                "p99_ms": p99_ms(found),
                "greedy": dict(
                    Counter(str(each.status) for each in measured.of(f"{part} {number}", GREEDY))
                ),
            }
            for part in PARTS
        }
    for part in PARTS[1:]:
        kept = [each[part]["good"] / each["equal"]["good"] for each in rounds.values()]
        slower = [each[part]["p99_ms"] / each["equal"]["p99_ms"] for each in rounds.values()]
        figures[f"{part}: good answers of the nine, share"] = median(kept)
        figures[f"{part}: p99 of the nine, multiple"] = median(slower)
    for part in PARTS:
        p99s = [each[part]["p99_ms"] for each in rounds.values()]
        figures[f"{part}: p99 of the nine, ms"] = median(p99s)
    raw = {
        "rounds": rounds,
        "refusals": dict(measured.codes),
        "generator_cpu_seconds": sum(measured.cpu_seconds.values()),
        "generator_late_seconds": measured.late_seconds,
        "platform_cpu_seconds": difference(cpu, rig.cpu_seconds()),
        "seconds": seconds,
    }
    report("neighbour", figures, raw, bars=BARS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each part")
    options = parser.parse_args()
    with running_rig() as rig:
        examine(rig, options.seconds)


if __name__ == "__main__":
    main()
