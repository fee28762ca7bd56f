"""Ten times more requests than the platform can handle, for a minute, through the gateway.

Run with `python -m proof.load.overload [--seconds N]`. A closed loop of growing width finds the
peak of good answers; then an open loop offers ten times as many, from so many tenants that no
limit of a single one is met. Bars: good answers stay at 80 % of the peak, everything else is 429
or 503 with Retry-After, ten seconds later all is as before, and no process has grown. On two
cores the platform has one and the generator the other; both sides' CPU time is reported.
"""

import argparse
import asyncio
from collections import Counter
from typing import Any

from proof.customers import photo
from proof.figures import Bar, percentile, report
from proof.load.customers import creates, fill, mix, sign_up_many, upload_many
from proof.load.offers import Choice, Measurements, Outcome, Phase, Plan, offer
from proof.load.rig import Rig, difference, running_rig

TENANTS = 40
UPLOADS = 5
CREATES = 3.0
WIDTHS = (2, 4, 8, 16, 32)
FACTOR = 10
# The state before and after: well below the peak.
CALM_SHARE = 0.4
RECOVERY_SECONDS = 10.0
WINDOW_SECONDS = 5.0
BARS = (
    Bar("share of the peak", at_least=0.8),
    Bar("answered neither well nor by 429 or 503", at_most=0),
    Bar("429 and 503 without Retry-After", at_most=0),
    Bar("recovered after, s", at_most=RECOVERY_SECONDS),
    # Memory that a process takes and returns from one moment to the next.
    Bar("largest growth of a process, share", at_most=0.05),
)


def good_rate(outcomes: list[Outcome], seconds: float) -> float:
    """Good answers a second."""
    return sum(each.is_good for each in outcomes) / seconds


def p99_ms(outcomes: list[Outcome]) -> float:
    """Of the good answers, from when each request was due."""
    return 1000 * percentile([each.seconds for each in outcomes if each.is_good] or [0.0], 0.99)


def find_peak(rig: Rig, choices: list[Choice], seconds: float) -> dict[int, float]:
    """Good answers a second by the number of clients that always wait for one."""
    phases = [Phase(str(width), seconds, concurrency=width) for width in WIDTHS]
    measured = offer(Plan(rig.port, choices, phases, rig.cores.generator))
    if any(not each.is_good for each in measured.outcomes):
        print(f"  some answers in the closed loop were not good: {dict(measured.codes)}")
    return {width: good_rate(measured.of(str(width)), seconds) for width in WIDTHS}


def recovered_after(outcomes: list[Outcome], bar_ms: float, seconds: float) -> float:
    """The seconds until a whole window has only good answers and a p99 below the bar."""
    for start in range(int(seconds - WINDOW_SECONDS) + 1):
        window = [each for each in outcomes if start <= each.due < start + WINDOW_SECONDS]
        if window and all(each.is_good for each in window) and p99_ms(window) <= bar_ms:
            return float(start)
    return float("inf")


def flood(rig: Rig, choices: list[Choice], peak: float, seconds: float) -> Measurements:
    """Calm, overload, calm."""
    calm = {"all": CALM_SHARE * peak}
    phases = [
        Phase("before", max(10.0, seconds / 3), calm),
        Phase("overload", seconds, {"all": FACTOR * peak}),
        Phase("after", RECOVERY_SECONDS + WINDOW_SECONDS, calm),
    ]
    return offer(Plan(rig.port, choices, phases, rig.cores.generator))


def examine(rig: Rig, seconds: float, peak_seconds: float) -> None:
    tenants = sign_up_many(rig.platform, TENANTS)
    asyncio.run(fill(rig.database_url("staging-svc", "app"), tenants))
    uploads = asyncio.run(upload_many(tenants, UPLOADS, photo(700, 560)))
    choices = [*mix(tenants, "all"), creates(tenants, uploads, "all", CREATES)]
    rig.pin()
    # The first loop only makes caches and pools as large as they get.
    find_peak(rig, choices, peak_seconds / 2)
    peaks = find_peak(rig, choices, peak_seconds)
    peak = max(peaks.values())
    print(f"  peak {peak:.0f}/s: {peaks}")
    # The first flood makes buffers and caches as large as they get.
    flood(rig, choices, peak, max(5.0, seconds / 6))
    cpu, memory = rig.cpu_seconds(), rig.memory_mib()
    measured = flood(rig, choices, peak, seconds)
    used, grown = difference(cpu, rig.cpu_seconds()), difference(memory, rig.memory_mib())
    outcomes = measured.of("overload")
    statuses = Counter(each.status for each in outcomes)
    before_ms = p99_ms(measured.of("before"))
    figures = {
        "peak, good answers/s": peak,
        "offered/s": len(outcomes) / seconds,
        "offered, multiple of the peak": len(outcomes) / seconds / peak,
        "good answers/s under overload": good_rate(outcomes, seconds),
        "share of the peak": good_rate(outcomes, seconds) / peak,
        "answered neither well nor by 429 or 503": sum(
            count for status, count in statuses.items() if status not in (200, 202, 429, 503)
        ),
        "429 and 503 without Retry-After": measured.without_retry_after,
        "p99 of good answers before, ms": before_ms,
        "p99 of good answers under overload, ms": p99_ms(outcomes),
        "recovered after, s": recovered_after(
            measured.of("after"), 2 * before_ms, RECOVERY_SECONDS + WINDOW_SECONDS
        ),
        "largest growth of a process, share": max(
            grown[name] / memory[name] for name in memory if name in grown
        ),
    }
    raw: dict[str, Any] = {
        "peaks": peaks,
        "statuses": {str(status): count for status, count in statuses.items()},
        "refusals": dict(measured.codes),
        "generator_cpu_seconds": measured.cpu_seconds,
        "generator_late_seconds": measured.late_seconds,
        "platform_cpu_seconds": used,
        "memory_before_mib": memory,
        "growth_mib": grown,
        "seconds": seconds,
        "tenants": TENANTS,
        "cores": {"platform": [*rig.cores.platform], "generator": [*rig.cores.generator]},
    }
    report("overload", figures, raw, bars=BARS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--peak-seconds", type=float, default=8.0, help="of each width")
    options = parser.parse_args()
    with running_rig() as rig:
        examine(rig, options.seconds, options.peak_seconds)


if __name__ == "__main__":
    main()
